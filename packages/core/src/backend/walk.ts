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
    after = { time: last.createdAt, id: last.runId }
  }
}

export async function allPages<R extends ListedRow>(
  list: (page: { limit: number; after?: Position }) => MaybePromise<readonly R[]>,
): Promise<R[]> {
  const rows: R[] = []
  for await (const chunk of walk(list)) for (const row of chunk) rows.push(row)
  return rows
}
