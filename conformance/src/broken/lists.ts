/** Lists that order or filter wrongly. */
import type { StateQuery, StateSummaryRow, WorkflowFilter } from '@flujo-state/core'
import { ReferenceStore } from '../reference-store.js'
import type { Store } from './altered-store.js'
import { type BrokenBackend, brokenBackend, brokenStore } from './broken-backend.js'

const NAMES = ['pipelineId', 'pipelineName', 'pipelineVersion'] as const

/** The page of a list that is there as a whole. */
export function slice<T>(items: readonly T[], { limit, offset = 0 }: Pick<WorkflowFilter, 'limit' | 'offset'>): T[] {
  return items.slice(offset, limit === undefined ? undefined : offset + limit)
}

/** The filter without what cuts a page off. */
export function whole<F extends object>(filter: F): F {
  return { ...filter, limit: undefined, offset: undefined }
}

/** A store whose lists of snapshots answer another question than they were asked. */
export function askingInstead(change: (query: StateQuery) => Partial<StateQuery>): Store {
  return class extends ReferenceStore {
    override listStates(query: StateQuery) {
      return super.listStates({ ...query, ...change(query) })
    }
  }
}

/** A store that sorts the snapshots of a list its own way, and pages after that. */
function sortingBy(compare: (a: StateSummaryRow, b: StateSummaryRow, order: StateQuery['order']) => number) {
  return class extends ReferenceStore {
    override async listStates(query: StateQuery) {
      // A walk from page to page would never end.
      if (query.after !== undefined) return super.listStates(query)
      const kept = new Set(await super.listStates(whole(query)))
      // The table is in the order of insertion, and sorting is stable.
      const rows = this.tables.states.filter((row) => kept.has(row))
      return slice(
        rows.sort((a, b) => compare(a, b, query.order)),
        query,
      )
    }
  }
}

export const brokenLists: readonly BrokenBackend[] = [
  brokenStore(
    'order-ascending',
    'lists come oldest first',
    ['LST-02', 'FLD-03', 'BGT-04'],
    sortingBy((a, b, order) => a[order] - b[order] || (a.runId < b.runId ? 1 : -1)),
  ),
  brokenStore(
    'order-by-updatedAt',
    'lists of workflows are ordered by updatedAt',
    ['LST-02', 'LST-11'],
    sortingBy((a, b) => b.updatedAt - a.updatedAt || (a.runId < b.runId ? 1 : -1)),
  ),
  brokenStore(
    'ties-by-insertion',
    'rows of the same time come in the order of insertion',
    ['LST-03', 'FLD-03', 'BGT-04'],
    sortingBy((a, b, order) => b[order] - a[order]),
  ),
  brokenStore(
    'ties-ascending',
    'rows of the same time come by ascending id',
    ['LST-03', 'FLD-03', 'BGT-04'],
    sortingBy((a, b, order) => b[order] - a[order] || Buffer.compare(Buffer.from(a.runId), Buffer.from(b.runId))),
  ),
  brokenStore(
    'ties-utf16',
    'ids are compared by UTF-16 units, not by code points',
    ['LST-03', 'FLD-03', 'BGT-04'],
    sortingBy((a, b, order) => b[order] - a[order] || (a.runId < b.runId ? 1 : -1)),
  ),
  brokenStore(
    'ties-by-locale',
    'ids are compared as a dictionary would',
    ['LST-03'],
    sortingBy((a, b, order) => b[order] - a[order] || b.runId.localeCompare(a.runId, 'en')),
  ),
  brokenBackend(
    'status-filter-stale',
    'the status filter looks at the first status',
    ['LST-05', 'LST-11'],
    (world) => ({
      saveState: (runId, state, options) => {
        if (!world.memory.has(runId)) world.memory.set(runId, state.status)
        return world.backend.saveState(runId, state, options)
      },
      listWorkflows: async ({ status, ...filter } = {}) => {
        const all = await world.backend.listWorkflows(whole(filter))
        const wanted = [status ?? all.map((row) => row.status)].flat() as unknown[]
        return slice(
          all.filter(({ runId }) => wanted.includes(world.memory.get(runId))),
          filter,
        )
      },
    }),
  ),
  brokenBackend('pipeline-prefix', 'filters by pipeline match prefixes', ['LST-06'], ({ backend }) => ({
    listWorkflows: async ({ pipelineId = '', pipelineName = '', pipelineVersion = '', ...filter } = {}) => {
      const prefixes = { pipelineId, pipelineName, pipelineVersion }
      const all = await backend.listWorkflows(whole(filter))
      return slice(
        all.filter((row) => NAMES.every((name) => row[name].startsWith(prefixes[name]))),
        filter,
      )
    },
  })),
  brokenBackend('pipeline-case-fold', 'filters by pipeline ignore case', ['LST-06'], ({ backend }) => ({
    listWorkflows: async ({ pipelineName, ...filter } = {}) => {
      const all = await backend.listWorkflows(whole(filter))
      const wanted = (name: string) => pipelineName === undefined || name.toLowerCase() === pipelineName.toLowerCase()
      return slice(
        all.filter((row) => wanted(row.pipelineName)),
        filter,
      )
    },
  })),
  brokenStore(
    'filters-or',
    'a row need only match one of the filters',
    ['LST-07', 'BGT-03'],
    class extends ReferenceStore {
      override async listStates({ order, limit, offset, after, isBackgroundTask, ...filters }: StateQuery) {
        const base = { order, isBackgroundTask, after }
        const given = Object.entries(filters).filter(([, value]) => value !== undefined)
        const all = await super.listStates(base)
        const each = await Promise.all(given.map(([name, value]) => super.listStates({ ...base, [name]: value })))
        const matches = (row: StateSummaryRow) => given.length === 0 || each.some((rows) => rows.includes(row))
        return slice(all.filter(matches), { limit, offset })
      }
    },
  ),
  brokenBackend(
    'unknown-filter-ignored',
    'a filter nobody knows is passed over',
    ['LST-08', 'LST-20'],
    ({ backend }) => ({
      listWorkflows: (filter) => backend.listWorkflows(filter?.status === undefined ? undefined : filter),
      listStates: ({ status, limit, offset, after } = {}) => backend.listStates({ status, limit, offset, after }),
    }),
  ),
  brokenBackend('empty-filter-is-none', 'an empty text does not filter', ['LST-09'], ({ backend }) => ({
    listWorkflows: ({ pipelineName, ...filter } = {}) =>
      backend.listWorkflows({ ...filter, pipelineName: pipelineName || undefined }),
  })),
  brokenBackend('summary-leaks-context', 'lists carry the payloads', ['LST-10', 'LST-18'], ({ backend }) => ({
    listWorkflows: async (filter) => {
      const rows = await backend.listWorkflows(filter)
      return Promise.all(
        rows.map(async (row) =>
          Object.assign(row, { pipelineContext: (await backend.loadState(row.runId))?.pipelineContext }),
        ),
      )
    },
  })),
  brokenBackend(
    'runs-in-workflows',
    'run records without a snapshot are listed as workflows',
    ['LST-12', 'CON-23'],
    ({ backend }) => ({
      listStates: async (filter) => {
        const states = await backend.listStates(filter)
        const runs = (await backend.listRuns()).filter((run) => !states.some(({ runId }) => runId === run.runId))
        return [
          ...states,
          ...runs.map(({ runId, status, createdAt, updatedAt }) => ({ runId, status, createdAt, updatedAt })),
        ]
      },
    }),
  ),
  brokenStore(
    'empty-statuses-are-all',
    'an empty array of statuses does not filter',
    ['LST-13', 'BGT-03'],
    askingInstead(({ statuses }) => ({ statuses: statuses?.length === 0 ? undefined : statuses })),
  ),
  brokenStore(
    'created-after-strict',
    'createdAfter leaves out its own millisecond',
    ['LST-14'],
    askingInstead(({ order, from }) => (order === 'createdAt' && from !== undefined ? { from: from + 1 } : {})),
  ),
  brokenStore(
    'created-before-inclusive',
    'createdBefore takes in its own millisecond',
    ['LST-14', 'LST-15'],
    askingInstead(({ order, before }) => (order === 'createdAt' && before !== undefined ? { before: before + 1 } : {})),
  ),
  brokenStore(
    'updates-listed-twice',
    'a workflow is listed once for each write',
    ['LST-01', 'STA-04'],
    class extends ReferenceStore {
      override async listStates(query: StateQuery) {
        const rows = await super.listStates(query)
        return rows.flatMap((row) => (row.version > 1 ? [row, row] : row))
      }
    },
  ),
  brokenStore(
    'created-window-on-updatedAt',
    'createdAfter and createdBefore look at updatedAt',
    ['LST-17'],
    class extends ReferenceStore {
      override async listStates({ from, before, ...query }: StateQuery) {
        const updated = await super.listStates({ order: 'updatedAt', from, before })
        const rows = await super.listStates(query)
        return query.order === 'updatedAt'
          ? super.listStates({ ...query, from, before })
          : rows.filter((row) => updated.includes(row))
      }
    },
  ),
]
