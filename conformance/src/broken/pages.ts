/** Lists that page wrongly. */
import { isStateBackendError, type StateListItem } from '@flujo-state/core'
import { type BrokenBackend, brokenBackend, brokenStore } from './broken-backend.js'
import { askingInstead, slice } from './lists.js'

export const brokenPages: readonly BrokenBackend[] = [
  brokenStore(
    'offset-off-by-one',
    'skips one row more than asked',
    ['PAG-01', 'PAG-04'],
    askingInstead(({ offset }) => ({ offset: offset ? offset + 1 : offset })),
  ),
  brokenStore(
    'offset-needs-limit',
    'an offset without a limit is passed over',
    ['PAG-03', 'PAG-04'],
    askingInstead(({ limit, offset }) => ({ offset: limit === undefined ? undefined : offset })),
  ),
  brokenStore(
    'limit-zero-is-all',
    'a limit of 0 is taken for none',
    ['PAG-02'],
    askingInstead(({ limit }) => ({ limit: limit || undefined })),
  ),
  brokenStore(
    'limit-plus-one',
    'forgets to drop the row it looked ahead for',
    ['PAG-01', 'PAG-08'],
    askingInstead(({ limit }) => ({ limit: limit ? limit + 1 : limit })),
  ),
  brokenStore(
    'default-cap-1000',
    'never gives more than 1,000 rows',
    ['PAG-07[snapshots]'],
    askingInstead(({ limit }) => ({ limit: Math.min(limit ?? 1_000, 1_000) })),
  ),
  brokenStore(
    'limit-int32',
    'large limits overflow',
    ['PAG-03'],
    askingInstead(({ limit }) => ({ limit: limit === undefined ? undefined : Math.max(0, limit | 0) })),
  ),
  brokenBackend('negative-limit-all', 'a limit of -1 means all', ['PAG-06'], ({ backend }) => ({
    listWorkflows: (filter = {}) =>
      backend.listWorkflows({ ...filter, limit: filter.limit === -1 ? undefined : filter.limit }),
  })),
  brokenBackend('limit-rounded', 'fractional limits are rounded', ['PAG-06'], ({ backend }) => ({
    listStates: async (filter = {}) => {
      try {
        return await backend.listStates(filter)
      } catch (error) {
        if (!isStateBackendError(error, 'VALIDATION') || !Number.isFinite(filter.limit)) throw error
        return backend.listStates({ ...filter, limit: Math.floor(Math.abs(filter.limit ?? 0)) })
      }
    },
  })),
  brokenBackend(
    'filter-after-page',
    'takes the page first and filters it then',
    ['PAG-05', 'BGT-06'],
    ({ backend }) => ({
      listBackgroundTasks: async ({ parentRunId, ...filter } = {}) => {
        const all = await backend.listWorkflows()
        const page = slice(
          all.sort((a, b) => b.updatedAt.getTime() - a.updatedAt.getTime()),
          filter,
        )
        return page.filter(
          (row) => row.isBackgroundTask && (parentRunId === undefined || row.parentRunId === parentRunId),
        )
      },
    }),
  ),
  brokenBackend(
    'pages-remembered',
    'later pages come from the list as it was first',
    ['PAG-09'],
    ({ backend, memory }) => ({
      listStates: async ({ limit, offset, ...filter } = {}) => {
        const all = memory.get('all') ?? (await backend.listStates({ ...filter, limit, offset }))
        if (limit === undefined && offset === undefined) memory.set('all', all)
        return slice(all as StateListItem[], memory.has('all') ? { limit, offset } : {})
      },
    }),
  ),
]
