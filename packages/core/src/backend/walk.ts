import { isBehind, type Place } from '../rules/order.js'
import type { MaybePromise, Position } from '../state-store.js'

/** Rows read from a store at a time, where core walks a whole list: more with every chunk, but few enough to read in some milliseconds. */
const FIRST_CHUNK = 500
const LARGEST_CHUNK = 2000

interface ListedRow {
  readonly runId: string
  readonly createdAt: number
}

/** Lets others have their turn of the event loop: stores and codecs that never wait would keep it until the last chunk. */
export const turn = () => new Promise<void>((resolve) => void setImmediate(resolve))

/** Walks a list of a store that is ordered by `createdAt`, chunk by chunk. `first` is how many rows may be enough. */
export async function* walk<R extends ListedRow>(
  list: (page: { limit: number; after?: Position }) => MaybePromise<readonly R[]>,
  start?: Position,
  first = FIRST_CHUNK,
): AsyncGenerator<readonly R[], void, undefined> {
  let after = start
  for (let limit = Math.min(first, FIRST_CHUNK); ; limit = Math.min(limit * 2, LARGEST_CHUNK)) {
    const rows = await list(after === undefined ? { limit } : { limit, after })
    const [newest, oldest] = [rows[0], rows.at(-1)]
    if (newest === undefined || oldest === undefined) return
    placeToGoOn(placeOf(newest), after)
    yield rows
    if (rows.length < limit) return
    after = placeOf(oldest)
    await turn()
  }
}

const placeOf = ({ createdAt, runId }: ListedRow): Place => ({ time: createdAt, id: runId })

/** The place where the next page begins: behind the one where this page did, or the walk would never end. */
export function placeToGoOn(last: Place, after: Position | undefined): Position {
  if (after === undefined || isBehind(last, after)) return last
  throw new TypeError('the store gave rows that are not behind the position it was asked to go on from')
}

export async function allPages<R extends ListedRow>(
  list: (page: { limit: number; after?: Position }) => MaybePromise<readonly R[]>,
): Promise<R[]> {
  const rows: R[] = []
  for await (const chunk of walk(list)) for (const row of chunk) rows.push(row)
  return rows
}
