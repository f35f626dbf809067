import type { Cursor } from './models/paging.js'
import { cursorOf, type ListItem } from './rules/cursor.js'

const PAGE_SIZE = 100

interface Pageable {
  readonly limit?: number | undefined
  readonly offset?: number | undefined
  readonly after?: Cursor | undefined
}

/**
 * Walks a whole list, page by page: `for await (const run of iterate((filter) => backend.listRuns(filter), { status: 'failed' }))`.
 * `limit` is the page size (100). Items that keep their place meanwhile come exactly once.
 * @throws what `list` throws
 */
export async function* iterate<F extends Pageable, T extends ListItem>(
  list: (filter: F) => Promise<readonly T[]>,
  filter: F = {} as F,
): AsyncGenerator<T, void, undefined> {
  const limit = filter.limit ?? PAGE_SIZE
  let page: F = { ...filter, limit }
  for (;;) {
    const items = await list(page)
    yield* items
    const last = items.at(-1)
    if (last === undefined || items.length < limit) return
    const { offset: _onlyForTheFirstPage, ...rest } = page
    page = { ...(rest as F), after: cursorOf(last) }
  }
}
