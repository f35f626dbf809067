/** What cleanup does to a run as a whole: all of it or nothing, never under a live lease, and how a call is watched and stopped. */
import { isStateBackendError, type WorkflowStatePatch } from '@flujo-state/core'
import type { RuleContext } from '../context.js'
import { DAY, fromNow, HOUR, many, save, sortedIds, ticks } from '../fixtures/workflows.js'
import { type Rule, rule, ruleFor } from '../rule.js'

const CLEANUP = { requires: ['states', 'cleanup'] } as const
const WITH_CLAIMS = { requires: ['states', 'cleanup', 'claims'] } as const
const EVERYTHING = {
  requires: ['states', 'runs', 'steps', 'traces', 'evaluations', 'systemState', 'cleanup'],
} as const

/** What makes an old run one that retention may not take. Only one thing in most of them, so that each is judged. */
const RETURNS: Readonly<Record<string, (t: RuleContext) => WorkflowStatePatch>> = {
  'it runs again': () => ({ status: 'running' }),
  'it is running, as old as before': (t) => ({ status: 'running', updatedAt: fromNow(t, -39 * DAY) }),
  'it is written': () => ({ currentStepIndex: 7 }),
  'it is as young as the edge': (t) => ({ updatedAt: fromNow(t, -30 * DAY) }),
}

/** A run with a record of every kind. */
async function fullRun(t: RuleContext, runId: string): Promise<void> {
  const { backend, gen } = t
  await backend.saveState(runId, gen.fullState({ status: 'completed', createdAt: undefined, updatedAt: undefined }))
  await backend.saveRunStart(gen.run(runId))
  await backend.saveStepResult(gen.step(runId, 0, { costUsd: 1 }))
  await backend.saveSpans(runId, [gen.span('span', { name: `work of ${runId}` })])
  await backend.persistEvaluation(runId, { score: 1 })
}

export const cleanupRunRules: readonly Rule[] = [
  rule(
    'CLN-12',
    'Everything of a deleted run goes: snapshot, run record, steps, spans, evaluations; other runs and system state stay.',
    EVERYTHING,
    async (t) => {
      const { backend } = t
      await fullRun(t, 'old')
      await fullRun(t, 'old-and-longer')
      await backend.setSystemState('old', { watermark: 1 })
      t.clock.advance(31 * DAY)
      await backend.updateState('old-and-longer', { currentStepIndex: 4 })
      const before = await t.dump()
      t.assert.equal(await backend.cleanupOldWorkflows(), 1, 'the count')
      const after = await t.dump(backend, ['old'])
      t.assert.equal(after.runs.old, undefined, 'anything under the deleted id')
      t.assert.equal(after.runs['old-and-longer'], before.runs['old-and-longer'], 'the other run')
      t.assert.equal(after.systemStates, before.systemStates, 'system state')
      t.assert.equal(await backend.getTrace('old'), null, 'the trace')
      t.assert.equal(sortedIds(after.evaluations), ['old-and-longer'], 'evaluations')
      t.assert.equal(sortedIds(after.runList), ['old-and-longer'], 'runs')
      t.assert.equal(Object.keys(after.spanStatistics?.byName ?? {}), ['work of old-and-longer'], 'span statistics')
    },
  ),

  rule('CLN-13', 'dryRun counts the runs that would go, and changes nothing.', WITH_CLAIMS, async (t) => {
    await save(t, 'old', { status: 'completed', updatedAt: fromNow(t, -40 * DAY) })
    await save(t, 'older', { status: 'failed', updatedAt: fromNow(t, -50 * DAY) })
    await save(t, 'claimed', { status: 'failed', updatedAt: fromNow(t, -50 * DAY) })
    await t.backend.claimRun('claimed', { owner: 'worker', leaseMs: HOUR })
    await save(t, 'in progress', { status: 'running', updatedAt: fromNow(t, -50 * DAY) })
    await save(t, 'young', { status: 'completed', updatedAt: fromNow(t, -DAY) })
    const before = await t.dump()
    t.assert.equal(await t.backend.cleanupOldWorkflows({ dryRun: true }), 2, 'dryRun')
    t.assert.equal(await t.dump(), before, 'after dryRun')
    t.assert.equal(await t.backend.cleanupOldWorkflows({ dryRun: false }), 2, 'the real run')
    t.assert.equal(sortedIds(await t.backend.listStates()), ['claimed', 'in progress', 'young'])
  }),

  rule(
    'CLN-14',
    'A run with a live lease stays however old it is; with an expired or released one it goes.',
    WITH_CLAIMS,
    async (t) => {
      for (const runId of ['live', 'expired', 'released'])
        await save(t, runId, { status: 'failed', updatedAt: fromNow(t, -90 * DAY) })
      await t.backend.claimRun('live', { owner: 'worker', leaseMs: 60_001 })
      await t.backend.claimRun('expired', { owner: 'worker', leaseMs: 60_000 })
      await t.backend.releaseLease(await t.backend.claimRun('released', { owner: 'worker', leaseMs: 60_000 }))
      t.clock.advance(60_000)
      t.assert.equal(await t.backend.cleanupOldWorkflows(), 2, 'the count')
      t.assert.equal(sortedIds(await t.backend.listStates()), ['live'])
      t.clock.advance(1)
      t.assert.equal(await t.backend.cleanupOldWorkflows(), 1, 'when the last lease has expired')
    },
  ),

  rule(
    'CLN-18',
    'A call that is aborted returns the count so far, and the next one deletes the rest.',
    CLEANUP,
    async (t) => {
      await many(220, (n) => save(t, `run ${n}`, { status: 'completed', updatedAt: fromNow(t, -40 * DAY) }))
      const aborted = AbortSignal.abort()
      const none = await t.assert.resolves(t.backend.cleanupOldWorkflows({ signal: aborted }), 'aborted')
      t.assert.equal(none, 0, 'aborted before it began')
      t.assert.equal((await t.backend.listStates()).length, 220, 'after that')
      const controller = new AbortController()
      const options = { signal: controller.signal, onProgress: () => controller.abort() }
      const count = await t.backend.cleanupOldWorkflows(options)
      t.assert.ok(count > 0, 'aborted by its first onProgress, it has deleted some')
      t.assert.equal((await t.backend.listStates()).length, 220 - count, 'what is left')
      t.assert.equal(
        await t.backend.cleanupOldWorkflows({ signal: new AbortController().signal }),
        220 - count,
        'the rest',
      )
    },
  ),

  rule(
    'CLN-19',
    'onProgress tells a growing number of deleted runs, the last time the count that is returned.',
    CLEANUP,
    async (t) => {
      await many(220, (n) => save(t, `run ${n}`, { status: 'completed', updatedAt: fromNow(t, -40 * DAY) }))
      const told: number[] = []
      const count = await t.backend.cleanupOldWorkflows({ onProgress: ({ deleted }) => told.push(deleted) })
      t.assert.equal(count, 220, 'the count')
      t.assert.equal(told.at(-1), 220, 'the last number told')
      t.assert.ok(
        told.every((deleted, n) => deleted > (told[n - 1] ?? 0)),
        `the numbers told grow: ${told.join(', ')}`,
      )
    },
  ),

  rule(
    'CLN-20',
    'Versions and fences of a deleted run never come again, so nothing kept from it fits.',
    WITH_CLAIMS,
    async (t) => {
      const { backend } = t
      await save(t, 'run', { status: 'running' })
      const { version } = await backend.updateState('run', { status: 'completed' })
      const lease = await backend.claimRun('run', { owner: 'worker', leaseMs: HOUR })
      t.clock.advance(31 * DAY)
      t.assert.equal(await backend.cleanupOldWorkflows(), 1, 'the count')
      const again = await backend.saveState('run', t.gen.state())
      t.assert.ok(
        again.version > version,
        `the version after the deletion (${again.version}) is above the one before (${version})`,
      )
      await t.assert.rejects(() => backend.updateState('run', { status: 'failed' }, { ifVersion: version }), 'CONFLICT')
      const next = await backend.claimRun('run', { owner: 'worker', leaseMs: HOUR })
      t.assert.ok(
        next.fence > lease.fence,
        `the fence after the deletion (${next.fence}) is above the one before (${lease.fence})`,
      )
    },
  ),

  rule('CLN-24', 'A late worker of a deleted run is stale: its write changes nothing.', WITH_CLAIMS, async (t) => {
    await save(t, 'run', { status: 'failed' })
    const lease = await t.backend.claimRun('run', { owner: 'worker', leaseMs: HOUR })
    t.clock.advance(31 * DAY)
    t.assert.equal(await t.backend.cleanupOldWorkflows(), 1, 'the count')
    await t.assert.rejects(() => t.backend.saveState('run', t.gen.state(), { lease }), 'STALE_LEASE')
    t.assert.equal(await t.backend.loadState('run'), null)
  }),

  rule('CLN-21', 'After cleanup an id starts clean: nothing of the old run comes back.', EVERYTHING, async (t) => {
    const { backend } = t
    await fullRun(t, 'run')
    t.clock.advance(31 * DAY)
    t.assert.equal(await backend.cleanupOldWorkflows(), 1, 'the count')
    await backend.saveRunStart({ runId: 'run' })
    const { version } = await save(t, 'run')
    const now = t.clock.now()
    const { state, run, steps, spans } = t.assert.present((await t.dump()).runs.run, 'the dump of the run')
    const fresh = {
      createdAt: now,
      updatedAt: now,
      executionTimeMs: null,
      memoryUsageMb: null,
      totalSteps: 0,
      errorMessage: null,
    }
    t.assert.equal(run, {
      ...{ runId: 'run', pipelineId: 'unknown', pipelineName: 'unknown', pipelineVersion: 'latest', status: 'running' },
      ...{ ...fresh, endedAt: null, totalCostUsd: 0, metadata: {}, finalContext: null, placeholder: false },
    })
    t.assert.equal(state, {
      ...{ runId: 'run', ...t.gen.state(), ...fresh, version, lastStepOutput: null, stepHistory: [], metadata: {} },
      ...{ isBackgroundTask: false, parentRunId: null, taskId: null, backgroundError: null },
    })
    t.assert.equal(
      [steps, spans, await backend.listEvaluations({ runId: 'run' })],
      [[], [], []],
      'steps, spans, evaluations',
    )
  }),

  ruleFor(
    'CLN-25',
    'A run that comes back to life while cleanup works stays: age and status are judged as it is deleted.',
    CLEANUP,
    RETURNS,
    async (t, patchOf) => {
      for (let n = 0; n < 30; n++) {
        await save(t, 'run', { status: 'completed', updatedAt: fromNow(t, -40 * DAY) })
        const cleaning = t.backend.cleanupOldWorkflows()
        await ticks(n)
        const patch = patchOf(t)
        const alive = await t.backend.updateState('run', patch).then(
          () => true,
          (error) => !isStateBackendError(error, 'NOT_FOUND'),
        )
        t.assert.equal(
          await cleaning,
          alive ? 0 : 1,
          `the count, when the run ${alive ? 'came back' : 'was gone before'}`,
        )
        const status = (await t.backend.loadState('run'))?.status ?? null
        t.assert.equal(status, alive ? (patch.status ?? 'completed') : null, 'the status of the run')
        await t.backend.deleteState('run')
      }
    },
  ),

  rule(
    'CLN-26',
    'A run that is claimed while cleanup works is deleted before the claim or not at all.',
    WITH_CLAIMS,
    async (t) => {
      for (let n = 0; n < 30; n++) {
        const runId = `run ${n}`
        await save(t, runId, { status: 'failed', updatedAt: fromNow(t, -40 * DAY) })
        const cleaning = t.backend.cleanupOldWorkflows()
        await ticks(n)
        const lease = await t.backend.claimRun(runId, { owner: 'worker', leaseMs: HOUR })
        const count = await cleaning
        t.assert.equal(await t.backend.getLease(runId), lease, 'the lease that was given')
        t.assert.equal((await t.backend.loadState(runId)) === null, count === 1, 'the run is gone if it was counted')
      }
    },
  ),
]
