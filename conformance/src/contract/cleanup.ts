import { WORKFLOW_STATUSES, type WorkflowStatus } from '@flujo-state/core'
import type { RuleContext } from '../context.js'
import { around, DAY, fromNow, HOUR, idsWhere, many, save, saveInOrder, sortedIds } from '../fixtures/workflows.js'
import { type Rule, rule, ruleFor } from '../rule.js'

const CLEANUP = { requires: ['states', 'cleanup'] } as const
const WITH_RUNS = { requires: ['states', 'runs', 'cleanup'] } as const
const WITH_PLACEHOLDERS = { requires: ['states', 'runs', 'evaluations', 'cleanup'] } as const

/** A workflow that ended so many milliseconds ago. */
function ended(t: RuleContext, runId: string, ago: number, status: WorkflowStatus = 'completed') {
  return save(t, runId, { status, updatedAt: fromNow(t, -ago), createdAt: fromNow(t, -ago) })
}

async function left(t: RuleContext): Promise<string[]> {
  return sortedIds(await t.backend.listStates())
}

export const cleanupRules: readonly Rule[] = [
  rule(
    'CLN-01',
    'cleanupOldWorkflows deletes exactly the ended workflows that are too old, and says how many.',
    CLEANUP,
    async (t) => {
      await ended(t, 'old completed', 40 * DAY, 'completed')
      await ended(t, 'old failed', 31 * DAY, 'failed')
      await ended(t, 'old cancelled', 400 * DAY, 'cancelled')
      await ended(t, 'young completed', 29 * DAY, 'completed')
      await ended(t, 'young failed', HOUR, 'failed')
      t.assert.equal(await t.backend.cleanupOldWorkflows({ daysOld: 30 }), 3, 'the count')
      t.assert.equal(await left(t), ['young completed', 'young failed'])
      t.assert.equal(await t.backend.loadState('old failed'), null, 'loadState of a deleted one')
    },
  ),

  ruleFor(
    'CLN-02',
    'Only what is older than daysOld goes: at the edge itself it stays, one millisecond before it goes.',
    CLEANUP,
    { '7 days': 7, '30 days': 30, '400 days': 400 },
    async (t, daysOld) => {
      t.clock.set(new Date('2026-03-20T15:30:00.500Z'))
      const cases = around(fromNow(t, -daysOld * DAY))
      await saveInOrder(
        t,
        cases.map(({ runId, time }) => [runId, { status: 'completed', updatedAt: time }]),
      )
      t.assert.equal(await t.backend.cleanupOldWorkflows({ daysOld }), idsWhere(cases, false).length, 'the count')
      t.assert.equal(await left(t), idsWhere(cases, true))
      t.clock.advance(1)
      t.assert.equal(await t.backend.cleanupOldWorkflows({ daysOld }), 1, 'one millisecond later')
    },
  ),

  rule(
    'CLN-03',
    'An older time on the date of the cutoff goes, a later time on that date stays.',
    CLEANUP,
    async (t) => {
      t.clock.set(new Date('2026-03-20T12:00:00.000Z'))
      await save(t, 'earlier that day', { status: 'completed', updatedAt: new Date('2026-03-10T11:59:59.999Z') })
      await save(t, 'later that day', { status: 'completed', updatedAt: new Date('2026-03-10T12:00:00.001Z') })
      t.assert.equal(await t.backend.cleanupOldWorkflows({ daysOld: 10 }), 1, 'the count')
      t.assert.equal(await left(t), ['later that day'])
    },
  ),

  rule('CLN-04', 'updatedAt decides, not createdAt.', CLEANUP, async (t) => {
    await save(t, 'old, ended just now', {
      status: 'completed',
      createdAt: fromNow(t, -90 * DAY),
      updatedAt: fromNow(t, -HOUR),
    })
    await save(t, 'dated back', { status: 'completed', createdAt: fromNow(t, -HOUR), updatedAt: fromNow(t, -90 * DAY) })
    t.assert.equal(await t.backend.cleanupOldWorkflows(), 1, 'the count')
    t.assert.equal(await left(t), ['old, ended just now'])
  }),

  rule('CLN-05', 'Work in progress is never deleted by age: running and paused workflows stay.', CLEANUP, async (t) => {
    for (const status of WORKFLOW_STATUSES) await ended(t, status, 1_000 * DAY, status)
    t.assert.equal(await t.backend.cleanupOldWorkflows({ daysOld: 0 }), 3, 'the count')
    t.assert.equal(await left(t), ['paused', 'running'])
  }),

  rule(
    'CLN-06',
    'The default is 30 days; 0 takes everything updated before now; later times stay.',
    CLEANUP,
    async (t) => {
      await ended(t, 'a: 30 days and 1 ms', 30 * DAY + 1)
      await ended(t, 'b: 30 days', 30 * DAY)
      await ended(t, 'c: 1 ms', 1)
      await ended(t, 'd: now', 0)
      await ended(t, 'e: tomorrow', -DAY)
      t.assert.equal(await t.backend.cleanupOldWorkflows(), 1, 'by default')
      t.assert.equal(await left(t), ['b: 30 days', 'c: 1 ms', 'd: now', 'e: tomorrow'], 'after the default')
      t.assert.equal(await t.backend.cleanupOldWorkflows({ daysOld: 0 }), 2, 'with 0')
      t.assert.equal(await left(t), ['d: now', 'e: tomorrow'], 'after 0')
    },
  ),

  rule('CLN-07', 'Fractions of a day count: 0.5 is twelve hours.', CLEANUP, async (t) => {
    await ended(t, 'older', 12 * HOUR + 1)
    await ended(t, 'edge', 12 * HOUR)
    await ended(t, 'younger', 11 * HOUR)
    t.assert.equal(await t.backend.cleanupOldWorkflows({ daysOld: 0.5 }), 1, 'the count')
    t.assert.equal(await left(t), ['edge', 'younger'])
  }),

  ruleFor(
    'CLN-08',
    'Options that cannot be meant are refused, and nothing is deleted.',
    CLEANUP,
    {
      'negative days': { options: { daysOld: -1 }, path: '$.daysOld' },
      'NaN days': { options: { daysOld: Number.NaN }, path: '$.daysOld' },
      'infinite days': { options: { daysOld: Number.POSITIVE_INFINITY }, path: '$.daysOld' },
      'days as text': { options: { daysOld: '30' }, path: '$.daysOld' },
      'null days': { options: { daysOld: null }, path: '$.daysOld' },
      'an unknown status': { options: { statuses: ['done'] }, path: '$.statuses[0]' },
      'statuses that are no array': { options: { statuses: 'failed' }, path: '$.statuses' },
      'dryRun as text': { options: { dryRun: 'yes' }, path: '$.dryRun' },
      'a signal that is none': { options: { signal: {} }, path: '$.signal' },
      'an onProgress that is no function': { options: { onProgress: true }, path: '$.onProgress' },
      'an unknown option': { options: { olderThan: 5 }, path: '$.olderThan' },
    },
    async (t, { options, path }) => {
      await ended(t, 'old', 90 * DAY)
      await t.assert.rejects(() => t.backend.cleanupOldWorkflows(options as object), 'VALIDATION', { path })
      t.assert.equal(await left(t), ['old'])
    },
  ),

  rule(
    'CLN-09',
    'The count is the number of runs gone, the others are as they were, and a second call deletes nothing.',
    CLEANUP,
    async (t) => {
      for (const [index, status] of [...WORKFLOW_STATUSES, ...WORKFLOW_STATUSES].entries())
        await ended(t, `run ${index}`, (index * 7 - 5) * DAY, status)
      const before = await t.dump()
      const count = await t.backend.cleanupOldWorkflows()
      const after = await t.dump()
      const kept = new Set(after.states.map(({ runId }) => runId))
      t.assert.equal(count, before.states.length - after.states.length, 'the count')
      t.assert.equal(count, 3, 'the count')
      t.assert.equal(
        after.workflows,
        before.workflows.filter(({ runId }) => kept.has(runId)),
        'the others',
      )
      t.assert.equal(await t.backend.cleanupOldWorkflows(), 0, 'a second call')
      t.assert.equal(await t.dump(), after, 'after the second call')
    },
  ),

  rule(
    'CLN-10',
    'One call deletes any number: 1,010 old among 1,030 go at once.',
    { ...CLEANUP, timeoutMs: 30_000 },
    async (t) => {
      await many(1_030, (n) => ended(t, `run ${n}`, n < 1_010 ? 40 * DAY : DAY))
      t.assert.equal(await t.backend.cleanupOldWorkflows(), 1_010, 'the count')
      t.assert.equal((await t.backend.listStates()).length, 20, 'what is left')
    },
  ),

  ruleFor(
    'CLN-15',
    'Statuses that are named replace the terminal ones: exactly those are deleted, work in progress included.',
    CLEANUP,
    {
      running: ['running'],
      'paused and failed': ['paused', 'failed'],
      all: [...WORKFLOW_STATUSES],
      none: [],
    } satisfies Record<string, WorkflowStatus[]>,
    async (t, statuses: WorkflowStatus[]) => {
      for (const status of WORKFLOW_STATUSES) {
        await ended(t, `old ${status}`, 40 * DAY, status)
        await ended(t, `young ${status}`, DAY, status)
      }
      t.assert.equal(await t.backend.cleanupOldWorkflows({ statuses }), statuses.length, 'the count')
      const gone = new Set<string>(statuses.map((status) => `old ${status}`))
      const all = WORKFLOW_STATUSES.flatMap((status) => [`old ${status}`, `young ${status}`])
      t.assert.equal(await left(t), all.filter((runId) => !gone.has(runId)).sort())
    },
  ),

  rule('CLN-23', 'A daysOld beyond all times deletes nothing.', CLEANUP, async (t) => {
    await save(t, 'year 1', { status: 'completed', updatedAt: new Date('0001-01-01T00:00:00.000Z') })
    for (const daysOld of [1e6, 1e300, Number.MAX_VALUE])
      t.assert.equal(await t.backend.cleanupOldWorkflows({ daysOld }), 0, `daysOld ${daysOld}`)
    t.assert.equal(await left(t), ['year 1'])
  }),

  rule(
    'CLN-17',
    'A run without a snapshot is judged by its run record, one with a snapshot by the snapshot.',
    WITH_RUNS,
    async (t) => {
      const old = fromNow(t, -40 * DAY)
      const young = fromNow(t, -DAY)
      await t.backend.saveRunStart({ runId: 'old run', status: 'failed', updatedAt: old })
      await t.backend.saveRunStart({ runId: 'old running', status: 'running', updatedAt: old })
      await t.backend.saveRunStart({ runId: 'young run', status: 'failed', updatedAt: young })
      await t.backend.saveRunStart({ runId: 'snapshot young', status: 'failed', updatedAt: old })
      await save(t, 'snapshot young', { status: 'failed', updatedAt: young })
      await t.backend.saveRunStart({ runId: 'snapshot old', status: 'failed', updatedAt: young })
      await save(t, 'snapshot old', { status: 'failed', updatedAt: old })
      t.assert.equal(await t.backend.cleanupOldWorkflows(), 2, 'the count')
      t.assert.equal(sortedIds(await t.backend.listRuns()), ['old running', 'snapshot young', 'young run'])
      t.assert.equal(await left(t), ['snapshot young'])
    },
  ),

  rule(
    'CLN-16',
    'Placeholder runs age out like ended ones, but only when no statuses are named.',
    WITH_PLACEHOLDERS,
    async (t) => {
      const { backend } = t
      await backend.persistEvaluation('placeholder', { score: 1 })
      await backend.saveRunEnd('placeholder, ended', {})
      await backend.saveRunStart({ runId: 'started' })
      t.clock.advance(31 * DAY)
      await backend.persistEvaluation('young placeholder', { score: 1 })
      const all = ['placeholder', 'placeholder, ended', 'started', 'young placeholder']
      for (const statuses of [['completed', 'failed', 'cancelled'], ['paused'], []] satisfies WorkflowStatus[][])
        t.assert.equal(await backend.cleanupOldWorkflows({ statuses }), 0, `statuses: ${statuses}`)
      t.assert.equal(sortedIds(await backend.listRuns()), all, 'after statuses were named')
      t.assert.equal(await backend.cleanupOldWorkflows({ dryRun: true }), 2, 'dryRun')
      t.assert.equal(await backend.cleanupOldWorkflows(), 2, 'by default')
      t.assert.equal(sortedIds(await backend.listRuns()), ['started', 'young placeholder'], 'after the default')
    },
  ),

  rule(
    'CLN-22',
    'Work in progress that is asked for by name goes, placeholders stay even then.',
    WITH_PLACEHOLDERS,
    async (t) => {
      await t.backend.persistEvaluation('placeholder', { score: 1 })
      await t.backend.saveRunStart({ runId: 'started' })
      t.clock.advance(31 * DAY)
      t.assert.equal(await t.backend.cleanupOldWorkflows({ statuses: ['running'] }), 1, 'the count')
      t.assert.equal(sortedIds(await t.backend.listRuns()), ['placeholder'])
    },
  ),
]
