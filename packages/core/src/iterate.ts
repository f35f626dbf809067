import { StateBackendError } from './errors.js'
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
 * @throws what `list` throws; `IO` if it gives a page again that it gave before, as a backend does that ignores `after`
 */
export async function* iterate<T extends ListItem, const F extends object = object>(
  list: (filter: F & Pageable) => Promise<readonly T[]>,
  filter?: F & Pageable,
): AsyncGenerator<T, void, undefined> {
  const limit = filter?.limit ?? PAGE_SIZE
  let page = { ...filter, limit } as F & Pageable
  for (;;) {
    const items = await list(page)
    yield* items
    const last = items.at(-1)
    if (last === undefined || items.length < limit) return
    const after = cursorOf(last)
    if (after === page.after)
      throw new StateBackendError('IO', 'iterate: the list gave the same page again, the walk would never end')
    // The offset was for the first page only.
    page = { ...page, offset: undefined, after }
  }
}
