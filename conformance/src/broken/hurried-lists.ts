/** What a hurried author gets wrong in lists: cursors, merged pages, windows, counters that are kept. */
import type { RunQuery, StateQuery, StateSummaryRow } from '@flujo-state/core'
import { ReferenceStore } from '../reference-store.js'
import { afterwards } from './altered-store.js'
import { type BrokenBackend, brokenBackend, brokenStore } from './broken-backend.js'
import { slice, whole } from './lists.js'

/** A store that answers queries for several statuses by one query for each. */
class StatusByStatus extends ReferenceStore {
  override async listStates({ statuses, ...query }: StateQuery) {
    if (statuses === undefined || statuses.length < 2) return super.listStates({ ...query, statuses })
    const parts = await Promise.all(statuses.map((status) => super.listStates({ ...whole(query), statuses: [status] })))
    return slice(parts.flat(), query)
  }
}

/** A store that takes the first rows that match, in the order of insertion, and sorts those. */
class SortedAfterLimit extends ReferenceStore {
  override async listStates(query: StateQuery) {
    const rows = await super.listStates(whole(query))
    const known = new Set(rows)
    if (query.limit === undefined) return slice(rows, query)
    const first = this.tables.states.filter((row) => known.has(row)).slice(0, (query.offset ?? 0) + query.limit)
    return slice(
      rows.filter((row) => first.some(({ runId }) => runId === row.runId)),
      query,
    )
  }
}

/** A store that keeps its times as texts of digits. */
const asText = (time: number) => String(time)
const inWindow = (time: number, { from, before }: StateQuery) =>
  (from === undefined || asText(time) >= asText(from)) && (before === undefined || asText(time) < asText(before))

export const hurriedLists: readonly BrokenBackend[] = [
  brokenStore(
    'after-ignored',
    'a list begins at its beginning whatever `after` says',
    ['CUR-01', 'CUR-02', 'CUR-08', 'CUR-14'],
    class extends ReferenceStore {
      override listStates({ after: _ignored, ...query }: StateQuery) {
        return super.listStates(query)
      }
    },
  ),
  brokenStore(
    'after-inclusive',
    'a page begins with the row whose cursor it was given',
    ['CUR-02', 'CUR-01'],
    class extends ReferenceStore {
      override listRuns({ after, ...query }: RunQuery) {
        // The next id there is: what is behind it begins with the row itself.
        return super.listRuns({ ...query, after: after && { ...after, id: `${after.id}\u0000` } })
      }
    },
  ),
  brokenStore(
    'cursor-of-the-other-order',
    'a cursor is compared with createdAt, also where the order is that of updatedAt',
    ['CUR-01', 'CUR-09'],
    class extends ReferenceStore {
      override async listStates({ after, ...query }: StateQuery) {
        const rows = await super.listStates(after ? whole(query) : query)
        return after ? slice(rows.filter(this.isBehind(after)), query) : rows
      }
      private isBehind({ time, id }: NonNullable<StateQuery['after']>) {
        return (row: StateSummaryRow) => row.createdAt < time || (row.createdAt === time && row.runId < id)
      }
    },
  ),
  brokenStore(
    'offset-from-the-beginning',
    'with a cursor, the offset still counts from the beginning of the list',
    ['CUR-03'],
    class extends ReferenceStore {
      override async listRuns({ offset = 0, ...query }: RunQuery) {
        if (query.after === undefined) return super.listRuns({ ...query, offset })
        const skipped = await super.listRuns({ ...query, after: undefined, limit: offset })
        const rows = await super.listRuns({ ...query, limit: undefined })
        return slice(
          rows.filter((row) => !skipped.some(({ runId }) => runId === row.runId)),
          { limit: query.limit },
        )
      }
    },
  ),
  brokenStore(
    'evaluation-cursor-by-time-only',
    'the cursor of an evaluation skips the others of its time',
    ['CUR-13', 'EVL-10'],
    class extends ReferenceStore {
      override listEvaluations({ after, ...query }: Parameters<ReferenceStore['listEvaluations']>[0]) {
        return super.listEvaluations({ ...query, after: after && { ...after, sequence: 0 } })
      }
    },
  ),
  brokenStore('statuses-one-by-one', 'several statuses are listed one after the other', ['LST-13'], StatusByStatus),
  brokenStore('sorted-after-limit', 'a page is cut off first and sorted then', ['PAG-01', 'PAG-09'], SortedAfterLimit),
  brokenStore(
    'ended-runs-last',
    'ended runs are kept apart, and listed behind the others',
    ['RUN-08'],
    class extends ReferenceStore {
      override async listRuns(query: RunQuery) {
        if (query.after !== undefined) return super.listRuns(query)
        const rows = await super.listRuns(whole(query))
        const ended = rows.filter((row) => row.endedAt !== null)
        return slice([...rows.filter((row) => row.endedAt === null), ...ended], query)
      }
    },
  ),
  brokenStore(
    'window-on-the-page',
    'a window is applied to the page, not to the list',
    ['PAG-10'],
    class extends ReferenceStore {
      override async listStates({ from, before, ...query }: StateQuery) {
        const page = await super.listStates(query)
        const inside = await super.listStates({ order: query.order, from, before })
        return page.filter((row) => inside.includes(row))
      }
    },
  ),
  brokenStore(
    'times-as-digits',
    'times are compared as texts of digits',
    ['LST-21'],
    class extends ReferenceStore {
      override async listStates(query: StateQuery) {
        const rows = await super.listStates({ ...whole(query), from: undefined, before: undefined })
        return slice(
          rows.filter((row) => inWindow(row[query.order], query)),
          query,
        )
      }
    },
  ),
  brokenBackend(
    'evaluations-cap-100',
    'never gives more than 100 evaluations',
    ['PAG-07[evaluations]'],
    ({ backend }) => ({
      listEvaluations: (filter = {}) =>
        backend.listEvaluations({
          ...filter,
          limit: filter.limit === undefined ? undefined : Math.min(filter.limit, 100),
        }),
    }),
  ),
  brokenBackend('placeholders-hidden', 'listRuns hides placeholders', ['PLH-08'], ({ backend }) => ({
    listRuns: async (filter = {}) => {
      const runs = await backend.listRuns(whole(filter))
      return slice(
        runs.filter(({ placeholder }) => !placeholder),
        filter,
      )
    },
  })),
  brokenStore(
    'parents-make-tasks',
    'a workflow with a parent counts as a background task',
    ['BGT-01'],
    class extends ReferenceStore {
      override async listStates({ isBackgroundTask, ...query }: StateQuery) {
        const rows = await super.listStates(whole(query))
        return slice(
          rows.filter((row) => !isBackgroundTask || row.isBackgroundTask || row.parentRunId !== null),
          query,
        )
      }
    },
  ),
  brokenStore(
    'counts-keep-deleted-runs',
    'the counts that are kept follow deleteState, and forget deleteRun',
    ['STT-12'],
    class extends afterwards(({ changes }, tables) => {
      if (changes.some(({ kind }) => kind === 'delete-run')) deletions.set(tables, (deletions.get(tables) ?? 0) + 1)
    }) {
      countStates(recentFrom: number) {
        const { states } = this.tables
        const gone = Array.from({ length: deletions.get(this.tables) ?? 0 }, () => completed)
        const timed = states.flatMap(({ executionTimeMs }) => executionTimeMs ?? [])
        return {
          byStatus: [
            ...states.map(({ status, isBackgroundTask }) => ({ status, isBackgroundTask, count: 1 })),
            ...gone,
          ],
          recent: states.filter(({ createdAt }) => createdAt >= recentFrom).length,
          executionTime: { count: timed.length, total: timed.reduce((sum, ms) => sum + ms, 0) },
        }
      }
    },
  ),
]

/** How many runs were deleted from each storage. */
const deletions = new WeakMap<object, number>()
const completed = { status: 'completed', isBackgroundTask: false, count: 1 } as const
