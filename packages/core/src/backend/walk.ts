import { isBehind, type Place } from '../rules/order.js'
import type { MaybePromise, Position } from '../state-store.js'

/** Rows read from a store at a time, where core walks a whole list. */
const CHUNK = 500

interface ListedRow {
  readonly runId: string
  readonly createdAt: number
}

/** Walks a list of a store that is ordered by `createdAt`, chunk by chunk. */
export async function* walk<R extends ListedRow>(
  list: (page: { limit: number; after?: Position }) => MaybePromise<readonly R[]>,
  start?: Position,
): AsyncGenerator<readonly R[], void, undefined> {
  let after = start
  for (;;) {
    const rows = await list(after === undefined ? { limit: CHUNK } : { limit: CHUNK, after })
    if (rows.length > 0) yield rows
    const last = rows.at(-1)
    if (last === undefined || rows.length < CHUNK) return
    after = placeToGoOn({ time: last.createdAt, id: last.runId }, after)
  }
}

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
