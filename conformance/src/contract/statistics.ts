import { type StatusCounts, WORKFLOW_STATUSES, type WorkflowStats, type WorkflowSummary } from '@flujo-state/core'
import fc from 'fast-check'
import { around, DAY, fromNow, HOUR, idsWhere, many, save, saveInOrder } from '../fixtures/workflows.js'
import { type Rule, rule } from '../rule.js'

const STATS = { requires: ['states', 'stats'] } as const
const ZEROS: StatusCounts = { running: 0, paused: 0, completed: 0, failed: 0, cancelled: 0 }

/** The statistics as anybody would count them. */
function fold(workflows: readonly WorkflowSummary[], now: Date): WorkflowStats {
  const count = (rows: readonly WorkflowSummary[]) =>
    Object.fromEntries(
      WORKFLOW_STATUSES.map((status) => [status, rows.filter((row) => row.status === status).length]),
    ) as StatusCounts
  const times = workflows.flatMap(({ executionTimeMs }) => (executionTimeMs === null ? [] : [executionTimeMs]))
  return {
    totalWorkflows: workflows.length,
    statusCounts: count(workflows),
    recentWorkflows24h: workflows.filter(({ createdAt }) => createdAt.getTime() >= now.getTime() - DAY).length,
    averageExecutionTimeMs: times.length === 0 ? 0 : times.reduce((sum, time) => sum + time, 0) / times.length,
    backgroundStatusCounts: count(workflows.filter(({ isBackgroundTask }) => isBackgroundTask)),
  }
}

function randomStates(now: number) {
  const state = fc.record({
    status: fc.constantFrom(...WORKFLOW_STATUSES),
    isBackgroundTask: fc.boolean(),
    executionTimeMs: fc.option(fc.double({ min: 0, max: 1e9, noNaN: true })),
    createdAt: fc.integer({ min: -2 * DAY, max: DAY }).map((offset) => new Date(now + offset)),
  })
  return fc.sample(state, { seed: 20260301, numRuns: 80 })
}

export const statisticsRules: readonly Rule[] = [
  rule('STT-01', 'An empty store has zeros everywhere, for all five statuses.', STATS, async (t) => {
    t.assert.equal(await t.backend.getWorkflowStats(), {
      totalWorkflows: 0,
      statusCounts: ZEROS,
      recentWorkflows24h: 0,
      averageExecutionTimeMs: 0,
      backgroundStatusCounts: ZEROS,
    })
  }),

  rule('STT-02', 'totalWorkflows is the number of states, and the sum of statusCounts.', STATS, async (t) => {
    const statuses = ['running', 'running', 'failed', 'completed', 'completed', 'completed'] as const
    await saveInOrder(
      t,
      statuses.map((status, n) => [`run ${n}`, { status, isBackgroundTask: n % 2 === 0 }]),
    )
    await save(t, 'run 0', { status: 'running' })
    const stats = await t.backend.getWorkflowStats()
    t.assert.equal(stats.totalWorkflows, 6, 'totalWorkflows')
    t.assert.equal(stats.statusCounts, { ...ZEROS, running: 2, failed: 1, completed: 3 }, 'statusCounts')
  }),

  rule(
    'STT-03',
    'statusCounts follow every change of a state at once: replaced, updated, deleted, saved again.',
    STATS,
    async (t) => {
      const counts = async () => (await t.backend.getWorkflowStats()).statusCounts
      await saveInOrder(
        t,
        ['a', 'b'].map((runId) => [runId, { status: 'running' }]),
      )
      t.assert.equal(await counts(), { ...ZEROS, running: 2 }, 'saved')
      await save(t, 'a', { status: 'paused' })
      t.assert.equal(await counts(), { ...ZEROS, running: 1, paused: 1 }, 'replaced')
      await t.backend.updateState('b', { status: 'failed' })
      t.assert.equal(await counts(), { ...ZEROS, paused: 1, failed: 1 }, 'updated')
      await t.backend.deleteState('a')
      t.assert.equal(await counts(), { ...ZEROS, failed: 1 }, 'deleted')
      await save(t, 'a', { status: 'completed' })
      t.assert.equal(await counts(), { ...ZEROS, failed: 1, completed: 1 }, 'saved again')
    },
  ),

  rule(
    'STT-04',
    'recentWorkflows24h counts states created in the last 24 hours, the edge and later times included.',
    STATS,
    async (t) => {
      t.clock.set(new Date('2026-03-05T15:30:00.500Z'))
      const cases = around(fromNow(t, -DAY))
      await saveInOrder(
        t,
        cases.map(({ runId, time }) => [runId, { createdAt: time }]),
      )
      t.assert.equal((await t.backend.getWorkflowStats()).recentWorkflows24h, idsWhere(cases, true).length)
      t.clock.advance(1)
      t.assert.equal(
        (await t.backend.getWorkflowStats()).recentWorkflows24h,
        idsWhere(cases, true).length - 1,
        '1 ms later',
      )
    },
  ),

  rule(
    'STT-05',
    'averageExecutionTimeMs is the mean over the states that have one, 0 counted, whatever their status.',
    STATS,
    async (t) => {
      const times = [0, 10, null, 20.5, 2 ** 40, null, 0.1]
      await saveInOrder(
        t,
        times.map((executionTimeMs, n) => [`${n}`, { executionTimeMs, status: WORKFLOW_STATUSES[n % 5] ?? 'running' }]),
      )
      const { averageExecutionTimeMs } = await t.backend.getWorkflowStats()
      t.assert.near(averageExecutionTimeMs, (0 + 10 + 20.5 + 2 ** 40 + 0.1) / 5)
    },
  ),

  rule(
    'STT-06',
    'backgroundStatusCounts count background tasks only; statusCounts count those too.',
    STATS,
    async (t) => {
      await saveInOrder(t, [
        ['task 1', { status: 'running', isBackgroundTask: true }],
        ['task 2', { status: 'failed', isBackgroundTask: true }],
        ['workflow', { status: 'running', isBackgroundTask: false }],
        [
          'workflow with a look-alike',
          { status: 'running', metadata: { isBackgroundTask: true }, taskId: 'x', parentRunId: 'y' },
        ],
      ])
      const stats = await t.backend.getWorkflowStats()
      t.assert.equal(stats.backgroundStatusCounts, { ...ZEROS, running: 1, failed: 1 }, 'backgroundStatusCounts')
      t.assert.equal(stats.statusCounts, { ...ZEROS, running: 3, failed: 1 }, 'statusCounts')
      t.assert.equal(stats.totalWorkflows, 4, 'totalWorkflows')
    },
  ),

  rule('STT-07', 'Every number of the statistics is a finite JavaScript number.', STATS, async (t) => {
    for (const what of ['of an empty store', 'of a store with a task']) {
      const { statusCounts, backgroundStatusCounts, ...numbers } = await t.backend.getWorkflowStats()
      const all = { ...numbers, ...statusCounts, ...backgroundStatusCounts }
      for (const [name, value] of Object.entries(all))
        t.assert.ok(Number.isFinite(value), `${name} ${what} is ${typeof value} ${value}`)
      await save(t, 'task', { isBackgroundTask: true, executionTimeMs: 1.5 })
    }
  }),

  rule(
    'STT-08',
    'The statistics are those that can be counted from listWorkflows, on random data.',
    STATS,
    async (t) => {
      const states = randomStates(t.clock.now().getTime())
      await many(states.length, (n) => save(t, `run ${n}`, states[n]))
      await many(states.length / 4, (n) => save(t, `run ${n}`, states[states.length - 1 - n]))
      const { averageExecutionTimeMs: expectedAverage, ...expected } = fold(
        await t.backend.listWorkflows(),
        t.clock.now(),
      )
      const { averageExecutionTimeMs, ...stats } = await t.backend.getWorkflowStats()
      t.assert.equal(stats, expected, 'counts')
      t.assert.near(averageExecutionTimeMs, expectedAverage, 'averageExecutionTimeMs')
    },
  ),

  rule('STT-10', 'recentWorkflows24h looks at createdAt, not at updatedAt.', STATS, async (t) => {
    await save(t, 'old, just written', { createdAt: fromNow(t, -3 * DAY), updatedAt: fromNow(t, 0) })
    t.assert.equal((await t.backend.getWorkflowStats()).recentWorkflows24h, 0, 'an old one')
    await save(t, 'new, dated back', { createdAt: fromNow(t, -HOUR), updatedAt: fromNow(t, -3 * DAY) })
    t.assert.equal((await t.backend.getWorkflowStats()).recentWorkflows24h, 1, 'and a new one')
  }),

  rule(
    'STT-11',
    'The statistics follow statuses moved through the run record, and do not count runs without a state.',
    { requires: ['states', 'stats', 'runs'] },
    async (t) => {
      await saveInOrder(
        t,
        ['a', 'b', 'c'].map((runId) => [runId, { status: 'running' }]),
      )
      await t.backend.saveRunEnd('a', { status: 'failed' })
      await t.backend.saveRunStart({ runId: 'b', status: 'paused' })
      await t.backend.deleteRun('c')
      await t.backend.saveRunStart({ runId: 'no state' })
      const stats = await t.backend.getWorkflowStats()
      t.assert.equal(stats.statusCounts, { ...ZEROS, failed: 1, paused: 1 }, 'statusCounts')
      t.assert.equal(stats.totalWorkflows, 2, 'totalWorkflows')
    },
  ),

  rule(
    'STT-12',
    'The statistics follow cleanup and the marking of stale tasks at once.',
    { requires: ['states', 'stats', 'cleanup', 'backgroundTasks'] },
    async (t) => {
      const old = { updatedAt: fromNow(t, -40 * DAY), createdAt: fromNow(t, -40 * DAY) }
      await saveInOrder(t, [
        ['old', { ...old, status: 'completed', executionTimeMs: 100 }],
        ['stale', { ...old, status: 'running', isBackgroundTask: true, executionTimeMs: 4 }],
        ['young', { status: 'completed', executionTimeMs: 2 }],
      ])
      await t.backend.cleanupOldWorkflows()
      await t.backend.cleanupStaleBackgroundTasks()
      const stats = await t.backend.getWorkflowStats()
      t.assert.equal(stats.statusCounts, { ...ZEROS, completed: 1, failed: 1 }, 'statusCounts')
      t.assert.equal(stats.backgroundStatusCounts, { ...ZEROS, failed: 1 }, 'backgroundStatusCounts')
      t.assert.near(stats.averageExecutionTimeMs, 3, 'averageExecutionTimeMs')
    },
  ),
]
