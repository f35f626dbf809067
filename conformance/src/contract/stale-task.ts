/** cleanupStaleBackgroundTasks: tasks whose worker has died. */
import { WORKFLOW_STATUSES } from '@flujo-state/core'
import type { RuleContext } from '../context.js'
import { around, DAY, fromNow, HOUR, idsOf, idsWhere, many, saveInOrder, sortedIds } from '../fixtures/workflows.js'
import { type Rule, rule, ruleFor } from '../rule.js'
import { staleTask } from './stale-task-races.js'

const TASKS = { requires: ['states', 'backgroundTasks'] } as const
const WITH_CLAIMS = { requires: ['states', 'backgroundTasks', 'claims'] } as const
const running = { status: 'running', isBackgroundTask: true } as const

async function failedNow(t: RuleContext): Promise<string[]> {
  return sortedIds(await t.backend.listWorkflows({ status: 'failed' }))
}

export const staleTaskRules: readonly Rule[] = [
  rule(
    'BGT-09',
    'Exactly the running tasks updated before the window are marked, and counted; at its edge they stay.',
    TASKS,
    async (t) => {
      t.clock.set(new Date('2026-03-20T15:30:00.500Z'))
      const cases = around(fromNow(t, -6 * HOUR))
      await saveInOrder(
        t,
        cases.map(({ runId, time }) => [runId, { ...running, updatedAt: time }]),
      )
      const before = idsWhere(cases, false)
      t.assert.equal(await t.backend.cleanupStaleBackgroundTasks({ staleHours: 6 }), before.length, 'the count')
      t.assert.equal(await failedNow(t), before)
      t.clock.advance(1)
      t.assert.equal(await t.backend.cleanupStaleBackgroundTasks({ staleHours: 6 }), 1, 'one millisecond later')
      t.assert.equal(await failedNow(t), [...before, 'at-the-edge'].sort(), 'one millisecond later')
    },
  ),

  rule(
    'BGT-10',
    'A marked task is failed, says timeout in backgroundError, is updated now; all else stays as it was.',
    TASKS,
    async (t) => {
      await t.backend.saveState('task', t.gen.fullState({ ...running, backgroundError: null }))
      const before = t.assert.present(await t.backend.loadState('task'), 'the task')
      t.clock.advance(HOUR)
      t.assert.equal(await t.backend.cleanupStaleBackgroundTasks(), 1, 'the count')
      const after = t.assert.present(await t.backend.loadState('task'), 'the marked task')
      const { backgroundError, version } = after
      t.assert.equal(after, { ...before, status: 'failed', updatedAt: t.clock.now(), backgroundError, version })
      t.assert.ok(/time[- ]?(d )?out/i.test(backgroundError ?? ''), `backgroundError says timeout: ${backgroundError}`)
      t.assert.ok(version > before.version, `the version grows: ${before.version}, then ${version}`)
    },
  ),

  rule(
    'BGT-11',
    'Tasks that do not run, and running workflows that are no tasks, are left alone.',
    TASKS,
    async (t) => {
      for (const status of WORKFLOW_STATUSES) if (status !== 'running') await staleTask(t, status, { status })
      await staleTask(t, 'no task', {
        isBackgroundTask: false,
        metadata: { isBackgroundTask: true },
        taskId: 'x',
        parentRunId: 'y',
      })
      const before = await t.dump()
      t.assert.equal(await t.backend.cleanupStaleBackgroundTasks({ staleHours: 0 }), 0, 'the count')
      t.assert.equal(await t.dump(), before)
    },
  ),

  rule(
    'BGT-12',
    'Marked tasks are in getFailedBackgroundTasks at once; a second call marks nothing.',
    TASKS,
    async (t) => {
      await staleTask(t, 'a', { parentRunId: 'p' })
      await staleTask(t, 'b')
      t.assert.equal(await t.backend.cleanupStaleBackgroundTasks(), 2, 'the count')
      t.assert.equal(idsOf(await t.backend.getFailedBackgroundTasks({ hoursBack: 0 })), ['b', 'a'], 'failed now')
      t.assert.equal(idsOf(await t.backend.getFailedBackgroundTasks({ parentRunId: 'p' })), ['a'], 'of the parent')
      t.assert.equal(await t.backend.listBackgroundTasks({ status: 'running' }), [], 'still running')
      t.assert.equal(await t.backend.cleanupStaleBackgroundTasks(), 0, 'a second call')
      t.clock.advance(9 * DAY)
      t.assert.equal(await t.backend.cleanupStaleBackgroundTasks(), 0, 'a call days later')
    },
  ),

  ruleFor(
    'BGT-15',
    'Options that cannot be meant are refused, and nothing is marked.',
    TASKS,
    {
      'negative hours': { options: { staleHours: -1 }, path: '$.staleHours' },
      'NaN hours': { options: { staleHours: Number.NaN }, path: '$.staleHours' },
      'infinite hours': { options: { staleHours: Number.POSITIVE_INFINITY }, path: '$.staleHours' },
      'hours as text': { options: { staleHours: '24' }, path: '$.staleHours' },
      'null hours': { options: { staleHours: null }, path: '$.staleHours' },
      'an unknown option': { options: { hours: 24 }, path: '$.hours' },
    },
    async (t, { options, path }) => {
      await staleTask(t, 'task')
      await t.assert.rejects(() => t.backend.cleanupStaleBackgroundTasks(options as object), 'VALIDATION', { path })
      t.assert.equal(await failedNow(t), [])
    },
  ),

  rule(
    'BGT-18',
    'The default is 24 hours; fractions count; 0 marks every task updated before now.',
    TASKS,
    async (t) => {
      const offsets = [-DAY - 1, -DAY, -HOUR / 2 - 1, -HOUR / 2, -1, 0, 1]
      await saveInOrder(
        t,
        offsets.map((offset, n) => [`${n}`, { ...running, updatedAt: fromNow(t, offset) }]),
      )
      const marked: number[] = []
      for (const options of [undefined, { staleHours: 1e300 }, { staleHours: 0.5 }, { staleHours: 0 }])
        marked.push(await t.backend.cleanupStaleBackgroundTasks(options))
      t.assert.equal(marked, [1, 0, 2, 2], 'by default, beyond all times, half an hour, 0')
      t.assert.equal(sortedIds(await t.backend.listWorkflows({ status: 'running' })), ['5', '6'], 'still running')
    },
  ),

  rule('BGT-19', 'A task with a live lease is not stale, however long ago it was updated.', WITH_CLAIMS, async (t) => {
    for (const runId of ['live', 'expired', 'released']) await staleTask(t, runId)
    await t.backend.claimRun('live', { owner: 'worker', leaseMs: 60_001 })
    await t.backend.claimRun('expired', { owner: 'worker', leaseMs: 60_000 })
    await t.backend.releaseLease(await t.backend.claimRun('released', { owner: 'worker', leaseMs: 60_000 }))
    t.clock.advance(60_000)
    t.assert.equal(await t.backend.cleanupStaleBackgroundTasks(), 2, 'the count')
    t.assert.equal(await failedNow(t), ['expired', 'released'])
    t.clock.advance(1)
    t.assert.equal(await t.backend.cleanupStaleBackgroundTasks(), 1, 'when the last lease has expired')
  }),

  rule(
    'BGT-20',
    'Marking makes a late worker stale: its lease is refused and its write changes nothing.',
    WITH_CLAIMS,
    async (t) => {
      await staleTask(t, 'task')
      const lease = await t.backend.claimRun('task', { owner: 'late', leaseMs: HOUR })
      t.clock.advance(HOUR)
      t.assert.equal(await t.backend.cleanupStaleBackgroundTasks(), 1, 'the count')
      const before = await t.dump()
      await t.assert.rejects(() => t.backend.updateState('task', { status: 'completed' }, { lease }), 'STALE_LEASE')
      await t.assert.rejects(() => t.backend.renewLease(lease, { leaseMs: HOUR }), 'STALE_LEASE')
      t.assert.equal(await t.dump(), before, 'after the late writes')
      const next = await t.backend.claimRun('task', { owner: 'next', leaseMs: HOUR })
      t.assert.ok(next.fence > lease.fence, `the fence grows: ${lease.fence}, then ${next.fence}`)
    },
  ),

  rule(
    'BGT-21',
    'Marking moves the run record too: failed, and ended now.',
    { requires: ['states', 'backgroundTasks', 'runs'] },
    async (t) => {
      await t.backend.saveRunStart({ runId: 'task', status: 'running' })
      await staleTask(t, 'task')
      t.assert.equal(await t.backend.cleanupStaleBackgroundTasks(), 1, 'the count')
      const { status, endedAt, updatedAt } = t.assert.present(await t.backend.getRunDetails('task'), 'the run')
      t.assert.equal(
        { status, endedAt, updatedAt },
        { status: 'failed', endedAt: t.clock.now(), updatedAt: t.clock.now() },
      )
    },
  ),

  rule(
    'BGT-22',
    'Several callers at once settle each task once: their counts add up. Hundreds go in one call.',
    TASKS,
    async (t) => {
      await many(230, (n) => staleTask(t, `task ${n}`))
      const counts = await Promise.all([1, 2, 3].map(() => t.backend.cleanupStaleBackgroundTasks()))
      t.assert.equal(
        counts.reduce((sum, count) => sum + count, 0),
        230,
        `the sum of ${counts.join(', ')}`,
      )
      t.assert.equal((await t.backend.listBackgroundTasks({ status: 'failed' })).length, 230, 'marked')
    },
  ),

  rule(
    'BGT-23',
    'Callers of several instances settle each task once: their counts add up.',
    { ...TASKS, needs: ['second'] },
    async (t) => {
      const other = await t.second()
      await many(60, (n) => staleTask(t, `task ${n}`))
      const counts = await Promise.all([t.backend, other].map((backend) => backend.cleanupStaleBackgroundTasks()))
      t.assert.equal(
        counts.reduce((sum, count) => sum + count, 0),
        60,
        `the sum of ${counts.join(', ')}`,
      )
      t.assert.equal((await other.listBackgroundTasks({ status: 'failed' })).length, 60, 'marked')
    },
  ),
]
