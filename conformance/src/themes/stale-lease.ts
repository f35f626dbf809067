import type { Lease } from '@flujo-state/core'
import type { RuleContext } from '../context.js'
import { difference } from '../equality.js'
import { claim, fillRun, MINUTE, RUN_WRITE_GROUPS, RUN_WRITES } from '../fixtures/runs.js'
import { DAY, fromNow, HOUR } from '../fixtures/workflows.js'
import { type Rule, rule, ruleFor } from '../rule.js'

const WRITES = { requires: RUN_WRITE_GROUPS } as const

/** Ways to become stale: each fills the run and gives a lease that was valid once. */
const STALE: Readonly<Record<string, (t: RuleContext, runId: string) => Promise<Lease>>> = {
  superseded: async (t, runId) => {
    await fillRun(t.backend, runId)
    const lease = await claim(t.backend, runId)
    t.clock.set(lease.expiresAt)
    await claim(t.backend, runId, 'next')
    return lease
  },
  'superseded by the same owner': async (t, runId) => {
    await fillRun(t.backend, runId)
    const lease = await claim(t.backend, runId)
    t.clock.set(lease.expiresAt)
    await claim(t.backend, runId)
    return lease
  },
  released: async (t, runId) => {
    await fillRun(t.backend, runId)
    const lease = await claim(t.backend, runId)
    await t.backend.releaseLease(lease)
    return lease
  },
  'its run deleted': async (t, runId) => {
    const lease = await claim(t.backend, runId)
    await t.backend.deleteRun(runId, { force: true })
    await fillRun(t.backend, runId)
    return lease
  },
}

export const staleLeaseRules: readonly Rule[] = [
  ruleFor(
    'LSE-01',
    'A write with a stale lease is STALE_LEASE and changes nothing, whichever method and however it became stale.',
    WRITES,
    RUN_WRITES,
    async (t, { write }) => {
      for (const [how, becomeStale] of Object.entries(STALE)) {
        const lease = await becomeStale(t, how)
        const before = await t.dump()
        const error = await t.assert.rejects(() => write(t.backend, how, { lease }), 'STALE_LEASE', { what: how })
        t.assert.equal(error.runId, how, "the error's run id")
        t.assert.equal(await t.dump(), before, `the store afterwards (${how})`)
      }
    },
  ),

  ruleFor(
    'LSE-02',
    'A write with the latest lease passes, also once it has expired.',
    WRITES,
    RUN_WRITES,
    async (t, { write }) => {
      for (const [runId, wait] of [
        ['live', 0],
        ['expired', MINUTE],
        ['long expired', DAY],
      ] as const) {
        await fillRun(t.backend, runId)
        const lease = await claim(t.backend, runId)
        t.clock.advance(wait)
        const before = await t.dump()
        await t.assert.resolves(write(t.backend, runId, { lease }), runId)
        t.assert.ok(difference(await t.dump(), before) !== null, `${runId}: the write changed something`)
      }
    },
  ),

  ruleFor(
    'LSE-03',
    'A write without a lease passes while somebody holds one; only deleteRun does not.',
    WRITES,
    Object.fromEntries(Object.entries(RUN_WRITES).filter(([name]) => name !== 'deleteRun')),
    async (t, { write }) => {
      await fillRun(t.backend, 'r')
      const lease = await claim(t.backend, 'r')
      await t.assert.resolves(write(t.backend, 'r', {}), 'without a lease')
      t.assert.equal(await t.backend.getLease('r'), lease, 'the lease afterwards')
    },
  ),

  ruleFor(
    'LSE-04',
    'A lease for another run is VALIDATION at $.lease.runId, and nothing is written.',
    WRITES,
    RUN_WRITES,
    async (t, { write }) => {
      for (const runId of ['r', 'other']) await fillRun(t.backend, runId)
      const lease = await claim(t.backend, 'other')
      const before = await t.dump()
      await t.assert.rejects(() => write(t.backend, 'r', { lease }), 'VALIDATION', { path: '$.lease.runId' })
      t.assert.equal(await t.dump(), before, 'the store afterwards')
    },
  ),

  ruleFor(
    'LSE-05',
    'A lease that another instance superseded is stale at once, for every method.',
    { ...WRITES, needs: ['second'] },
    RUN_WRITES,
    async (t, { write }) => {
      const second = await t.second()
      await fillRun(t.backend, 'r')
      const lease = await claim(t.backend, 'r')
      await t.backend.updateState('r', { currentStepIndex: 1 }, { lease })
      t.clock.set(lease.expiresAt)
      await claim(second, 'r', 'next')
      const before = await t.dump()
      await t.assert.rejects(() => write(t.backend, 'r', { lease }), 'STALE_LEASE')
      t.assert.equal(await t.dump(), before, 'the store afterwards')
    },
  ),

  rule('LSE-06', 'A stale lease refuses even a write that would change nothing.', WRITES, async (t) => {
    const lease = await claim(t.backend, 'r')
    await t.backend.releaseLease(lease)
    await t.assert.rejects(() => t.backend.saveSpans('r', [], { lease }), 'STALE_LEASE', {
      what: 'saveSpans of nothing',
    })
    await t.assert.rejects(() => t.backend.deleteState('r', { lease }), 'STALE_LEASE', {
      what: 'deleteState of nothing',
    })
    await t.assert.rejects(() => t.backend.deleteRun('r', { lease }), 'STALE_LEASE', { what: 'deleteRun of nothing' })
    await t.assert.rejects(() => t.backend.deleteRun('r', { lease, force: true }), 'STALE_LEASE', { what: 'force' })
  }),

  rule(
    'LSE-07',
    'Marking a task as stale makes the late lease of its worker stale.',
    { requires: ['backgroundTasks', 'states', 'claims'] },
    async (t) => {
      await t.backend.saveState('task', t.gen.state({ isBackgroundTask: true }))
      const lease = await claim(t.backend, 'task')
      t.clock.advance(25 * HOUR)
      t.assert.equal(await t.backend.cleanupStaleBackgroundTasks(), 1, 'how many were marked')
      await t.assert.rejects(() => t.backend.updateState('task', { status: 'completed' }, { lease }), 'STALE_LEASE')
      await t.assert.rejects(() => t.backend.renewLease(lease, { leaseMs: MINUTE }), 'STALE_LEASE')
      t.assert.equal((await t.backend.loadState('task'))?.status, 'failed')
      t.assert.ok((await claim(t.backend, 'task')).fence > lease.fence, 'the next claim has a higher fence')
    },
  ),

  rule(
    'LSE-08',
    'Cleanup of an old run makes the late lease of its worker stale.',
    { requires: ['cleanup', 'states', 'claims'] },
    async (t) => {
      await t.backend.saveState('old', t.gen.state({ status: 'completed', updatedAt: fromNow(t, -31 * DAY) }))
      const lease = await claim(t.backend, 'old')
      t.clock.advance(MINUTE)
      t.assert.equal(await t.backend.cleanupOldWorkflows(), 1, 'how many were deleted')
      await t.assert.rejects(() => t.backend.saveState('old', t.gen.state(), { lease }), 'STALE_LEASE')
      t.assert.equal(await t.backend.loadState('old'), null)
    },
  ),

  rule(
    'LSE-09',
    'Of a worker and its successor only the successor can write, whatever their order.',
    { requires: ['claims', 'states', 'steps'] },
    async (t) => {
      await t.backend.saveState('r', t.gen.state())
      const old = await claim(t.backend, 'r', 'old')
      t.clock.set(old.expiresAt)
      const next = await claim(t.backend, 'r', 'next')
      const write = (lease: Lease, stepIndex: number) =>
        t.backend.saveStepResult(t.gen.step('r', stepIndex, { output: lease.owner }), { lease })
      const calls = Array.from({ length: 20 }, (_, index) => write(index % 2 ? old : next, index))
      const refused = (await Promise.allSettled(calls)).map(({ status }) => status === 'rejected')
      t.assert.equal(
        refused,
        calls.map((_, index) => index % 2 === 1),
      )
      t.assert.equal([...new Set((await t.backend.listRunSteps('r')).map(({ output }) => output))], ['next'])
    },
  ),
]
