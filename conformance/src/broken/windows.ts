/** Statistics and lists of failures that look at the wrong rows or the wrong window. */
import type { WorkflowStats, WorkflowSummary } from '@flujo-state/core'
import { type BrokenBackend, brokenBackend, type Wrapped } from './broken-backend.js'
import { slice, whole } from './lists.js'

const HOUR = 3_600_000
const EVER = { hoursBack: 24 * 366 * 4_000 }

/** Statistics with something wrong in them. */
function brokenStats(
  name: string,
  wrong: string,
  breaks: readonly string[],
  change: (stats: WorkflowStats, workflows: readonly WorkflowSummary[], world: Wrapped) => object,
): BrokenBackend {
  return brokenBackend(name, wrong, breaks, (world) => ({
    getWorkflowStats: async () => {
      const stats = await world.backend.getWorkflowStats()
      return { ...stats, ...change(stats, await world.backend.listWorkflows(), world) }
    },
  }))
}

const count = (rows: readonly WorkflowSummary[], counts: (row: WorkflowSummary) => boolean) =>
  rows.filter(counts).length
const average = (numbers: readonly number[]) => numbers.reduce((sum, n) => sum + n, 0) / (numbers.length || 1)

/** Failed workflows, filtered once more or by something else. */
function brokenFailures(
  name: string,
  wrong: string,
  breaks: readonly string[],
  wanted: (row: WorkflowSummary, window: { readonly now: number; readonly from: number }) => boolean,
): BrokenBackend {
  return brokenBackend(name, wrong, breaks, ({ backend, env }) => ({
    getFailedWorkflows: async ({ hoursBack = 24, ...paging } = {}) => {
      // Refuses what has to be refused.
      await backend.getFailedWorkflows({ hoursBack, ...paging })
      const now = env.clock.now().getTime()
      const all = await backend.getFailedWorkflows({ ...whole(paging), ...EVER })
      return slice(
        all.filter((row) => wanted(row, { now, from: now - hoursBack * HOUR })),
        paging,
      )
    },
  }))
}

const text = (time: number) => new Date(time).toISOString()

export const brokenWindows: readonly BrokenBackend[] = [
  brokenBackend('stats-count-writes', 'counts saves, not states', ['STT-02', 'STT-03'], ({ backend, memory }) => ({
    saveState: (runId, state, options) => {
      const counts = (memory.get('counts') ?? {}) as Record<string, number>
      memory.set('counts', { ...counts, [state.status]: (counts[state.status] ?? 0) + 1 })
      return backend.saveState(runId, state, options)
    },
    getWorkflowStats: async () => {
      const stats = await backend.getWorkflowStats()
      return { ...stats, statusCounts: { ...stats.statusCounts, ...(memory.get('counts') as object) } }
    },
  })),
  brokenBackend(
    'stats-cached',
    'shows the statistics of the call before',
    ['STT-03', 'STT-12'],
    ({ backend, memory }) => ({
      getWorkflowStats: async () => {
        const now = await backend.getWorkflowStats()
        const before = memory.get('stats') ?? now
        memory.set('stats', now)
        return before as WorkflowStats
      },
      cleanupOldWorkflows: async (options) => {
        memory.set('stats', await backend.getWorkflowStats())
        return backend.cleanupOldWorkflows(options)
      },
    }),
  ),
  brokenStats('recent-by-updatedAt', 'the last 24 hours are those of updatedAt', ['STT-10'], (_, rows, { env }) => ({
    recentWorkflows24h: count(rows, ({ updatedAt }) => updatedAt.getTime() >= env.clock.now().getTime() - 24 * HOUR),
  })),
  brokenStats('recent-strict', 'the last 24 hours leave out their edge', ['STT-04', 'TIM-03'], (_, rows, { env }) => ({
    recentWorkflows24h: count(rows, ({ createdAt }) => createdAt.getTime() > env.clock.now().getTime() - 24 * HOUR),
  })),
  brokenStats(
    'recent-text-compare',
    'times are compared as texts, `T` against space',
    ['STT-04'],
    (_, rows, { env }) => {
      const from = text(env.clock.now().getTime() - 24 * HOUR).replace('T', ' ')
      return { recentWorkflows24h: count(rows, ({ createdAt }) => text(createdAt.getTime()) >= from) }
    },
  ),
  brokenStats('recent-future-hidden', 'times after now do not count as recent', ['STT-04'], (stats, rows, { env }) => ({
    recentWorkflows24h: stats.recentWorkflows24h - count(rows, ({ createdAt }) => createdAt > env.clock.now()),
  })),
  brokenStats('tasks-not-in-total', 'background tasks are not among the workflows', ['STT-06'], (_, rows) => ({
    totalWorkflows: count(rows, ({ isBackgroundTask }) => !isBackgroundTask),
  })),
  brokenStats('counts-as-strings', "counts come as the driver's texts", ['STT-07', 'STT-02'], ({ totalWorkflows }) => ({
    totalWorkflows: String(totalWorkflows),
  })),
  brokenStats('average-counts-null', 'a missing time counts as 0 in the average', ['STT-05', 'STT-08'], (_, rows) => ({
    averageExecutionTimeMs: average(rows.map(({ executionTimeMs }) => executionTimeMs ?? 0)),
  })),
  brokenStats('average-skips-zero', 'an execution time of 0 does not count in the average', ['STT-05'], (_, rows) => ({
    averageExecutionTimeMs: average(rows.flatMap(({ executionTimeMs }) => executionTimeMs || [])),
  })),
  brokenStats(
    'average-of-completed',
    'the average is that of completed workflows',
    ['STT-05', 'STT-08'],
    (_, rows) => ({
      averageExecutionTimeMs: average(
        rows.filter(({ status }) => status === 'completed').flatMap(({ executionTimeMs }) => executionTimeMs ?? []),
      ),
    }),
  ),
  brokenStats('empty-statistics-null', 'the average of nothing is null', ['STT-01', 'STT-07'], (stats) => ({
    averageExecutionTimeMs: stats.averageExecutionTimeMs || null,
  })),

  brokenBackend('failed-includes-cancelled', 'cancelled workflows count as failed', ['FLD-01'], ({ backend }) => ({
    getFailedWorkflows: (filter) =>
      filter === undefined
        ? backend.listWorkflows({ status: ['failed', 'cancelled'] })
        : backend.getFailedWorkflows(filter),
  })),
  brokenFailures(
    'failed-by-createdAt',
    'the window of failures is on createdAt',
    ['FLD-02', 'FLD-07'],
    ({ createdAt }, { from }) => createdAt.getTime() >= from,
  ),
  brokenFailures(
    'failed-strict',
    'the window of failures leaves out its edge',
    ['FLD-02', 'FLD-05', 'TIM-03'],
    ({ updatedAt }, { from }) => updatedAt.getTime() > from,
  ),
  brokenFailures(
    'failed-text-compare',
    'times of failures are compared as texts, `T` against space',
    ['FLD-02', 'TIM-02'],
    ({ updatedAt }, { from }) => text(updatedAt.getTime()) >= text(Math.max(0, from)).replace('T', ' '),
  ),
  brokenFailures(
    'failed-future-hidden',
    'failures after now are hidden',
    ['FLD-02', 'FLD-05', 'FLD-09'],
    ({ updatedAt }, { now, from }) => updatedAt.getTime() >= from && updatedAt.getTime() <= now,
  ),
  brokenFailures(
    'failed-skips-background',
    'failed background tasks are left out',
    ['FLD-08'],
    ({ isBackgroundTask, updatedAt }, { from }) => !isBackgroundTask && updatedAt.getTime() >= from,
  ),
  brokenBackend('failed-drops-error', 'failures come without their message', ['FLD-04'], ({ backend }) => ({
    getFailedWorkflows: async (filter) =>
      (await backend.getFailedWorkflows(filter)).map((row) => ({ ...row, errorMessage: null })),
  })),
  brokenBackend('failed-whole-hours', 'fractions of an hour are dropped', ['FLD-05'], ({ backend }) => ({
    getFailedWorkflows: ({ hoursBack = 24, ...filter } = {}) =>
      backend.getFailedWorkflows({ ...filter, hoursBack: Math.trunc(hoursBack) }),
  })),
  brokenBackend(
    'failed-zero-is-default',
    'a window of 0 hours is taken for the default',
    ['FLD-05'],
    ({ backend }) => ({
      getFailedWorkflows: (filter = {}) =>
        backend.getFailedWorkflows({ ...filter, hoursBack: filter.hoursBack || undefined }),
    }),
  ),
]
