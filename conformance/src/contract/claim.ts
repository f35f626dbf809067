import type { Lease } from '@flujo-state/core'
import type { RuleContext } from '../context.js'
import { claim, MINUTE } from '../fixtures/runs.js'
import { type Rule, rule, ruleFor } from '../rule.js'

const CLAIMS = { requires: ['claims'] } as const
const CLAIMS_AND_RUNS = { requires: ['claims', 'runs', 'states'] } as const

/** The moments around the end of a lease, and whether it lives then. */
const MOMENTS: Readonly<Record<string, readonly [milliseconds: number, lives: boolean]>> = {
  '1 ms before its end': [-1, true],
  'at its end': [0, false],
  '1 ms after its end': [1, false],
}

/** Ways in which a lease ends before its time; each gives the lease that is no longer valid. */
const ENDINGS: Readonly<Record<string, (t: RuleContext) => Promise<Lease>>> = {
  superseded: async (t) => {
    const lease = await claim(t.backend, 'r')
    t.clock.advance(MINUTE)
    await claim(t.backend, 'r', 'next')
    return lease
  },
  released: async (t) => {
    const lease = await claim(t.backend, 'r')
    await t.backend.releaseLease(lease)
    return lease
  },
  'of a deleted run': async (t) => {
    const lease = await claim(t.backend, 'r')
    await t.backend.deleteRun('r', { force: true })
    return lease
  },
  'never given': async (t) => ({ runId: 'r', owner: 'worker', fence: 1_000, expiresAt: t.clock.now() }),
  "of another owner's name": async (t) => ({ ...(await claim(t.backend, 'r')), owner: 'somebody else' }),
}

export const claimRules: readonly Rule[] = [
  rule(
    'CLM-01',
    'claimRun gives the lease, which lives until now plus leaseMs; getLease gives the same.',
    CLAIMS,
    async (t) => {
      const lease = await t.backend.claimRun('r', { owner: 'worker', leaseMs: 5_000 })
      const { fence, ...rest } = lease
      t.assert.equal(rest, { runId: 'r', owner: 'worker', expiresAt: new Date(t.clock.now().getTime() + 5_000) })
      t.assert.ok(Number.isSafeInteger(fence) && fence >= 1, `the fence is an integer from 1 on, got ${fence}`)
      t.assert.equal(await t.backend.getLease('r'), lease)
    },
  ),

  rule(
    'CLM-02',
    'An id that nobody saved can be claimed; that makes neither a run nor a snapshot.',
    CLAIMS_AND_RUNS,
    async (t) => {
      t.assert.equal(await t.backend.getLease('r'), null, 'before')
      const lease = await claim(t.backend, 'r')
      t.assert.equal(await t.backend.getLease('r'), lease)
      t.assert.equal([await t.backend.getRunDetails('r'), await t.backend.loadState('r')], [null, null])
      t.assert.equal([await t.backend.listRuns(), await t.backend.listStates()], [[], []])
      await t.backend.saveState('r', t.gen.state(), { lease })
      t.assert.equal(await t.backend.getLease('r'), lease, 'after the first save')
    },
  ),

  ruleFor(
    'CLM-03',
    "While a lease lives the run cannot be claimed: RUN_CLAIMED, with the holder's lease.",
    CLAIMS,
    { 'by another owner': 'other', 'by the same owner': 'worker' },
    async (t, owner) => {
      const lease = await claim(t.backend, 'r')
      const error = await t.assert.rejects(() => claim(t.backend, 'r', owner), 'RUN_CLAIMED')
      t.assert.equal([error.lease, error.runId], [lease, 'r'], 'lease and run id of the error')
      t.assert.equal(await t.backend.getLease('r'), lease, 'the lease afterwards')
    },
  ),

  ruleFor(
    'CLM-04',
    'A lease lives while now is before expiresAt.',
    CLAIMS,
    MOMENTS,
    async (t, [milliseconds, lives]) => {
      const lease = await claim(t.backend, 'r')
      t.clock.set(lease.expiresAt.getTime() + milliseconds)
      t.assert.equal(await t.backend.getLease('r'), lives ? lease : null, 'getLease')
      if (lives) await t.assert.rejects(() => claim(t.backend, 'r', 'other'), 'RUN_CLAIMED')
      else t.assert.equal((await t.assert.resolves(claim(t.backend, 'r', 'other'), 'a claim')).owner, 'other')
    },
  ),

  rule(
    'CLM-05',
    'Each claim gets a higher fence than all before it in the store, whatever happened to those.',
    CLAIMS_AND_RUNS,
    async (t) => {
      const fences: number[] = []
      const claimed = async (runId: string) => {
        const lease = await claim(t.backend, runId)
        fences.push(lease.fence)
        return lease
      }
      await claimed('a')
      await t.backend.releaseLease(await claimed('b'))
      await claimed('b')
      await t.backend.deleteRun('b', { force: true })
      await claimed('b')
      await t.backend.saveState('a', t.gen.state())
      await t.backend.deleteRun('a', { force: true })
      await claimed('a')
      t.clock.advance(MINUTE)
      await claimed('b')
      t.assert.ok(
        fences.every((fence, index) => index === 0 || fence > (fences[index - 1] ?? 0)),
        `fences grow, got ${fences}`,
      )
    },
  ),

  rule('CLM-06', 'Leases of different runs have nothing to do with each other.', CLAIMS, async (t) => {
    const ids = ['a', 'A', 'a/b', 'é', 'e\u0301', '__proto__', 'constructor', '😀']
    const leases: Lease[] = []
    for (const id of ids) leases.push(await claim(t.backend, id, `owner of ${id}`))
    await t.assert.resolves(t.backend.releaseLease(leases[0] as Lease), 'the release of one')
    for (const [index, id] of ids.entries())
      t.assert.equal(await t.backend.getLease(id), index === 0 ? null : leases[index], id)
  }),

  rule(
    'CLM-07',
    'renewLease gives a new term of leaseMs from now, with the same fence and owner.',
    CLAIMS,
    async (t) => {
      const lease = await claim(t.backend, 'r')
      t.clock.advance(MINUTE / 2)
      for (const leaseMs of [MINUTE, 10, 2 * MINUTE]) {
        const renewed = await t.backend.renewLease(lease, { leaseMs })
        t.assert.equal(
          renewed,
          { ...lease, expiresAt: new Date(t.clock.now().getTime() + leaseMs) },
          `for ${leaseMs} ms`,
        )
        t.assert.equal(await t.backend.getLease('r'), renewed, 'getLease')
      }
      t.clock.advance(2 * MINUTE - 1)
      await t.assert.rejects(() => claim(t.backend, 'r', 'other'), 'RUN_CLAIMED')
    },
  ),

  rule('CLM-08', 'An expired lease that nobody superseded can be renewed, and lives again.', CLAIMS, async (t) => {
    const lease = await claim(t.backend, 'r')
    t.clock.advance(10 * MINUTE)
    t.assert.equal(await t.backend.getLease('r'), null, 'expired')
    const renewed = await t.assert.resolves(t.backend.renewLease(lease, { leaseMs: MINUTE }), 'the renewal')
    t.assert.equal(await t.backend.getLease('r'), renewed, 'renewed')
    await t.assert.rejects(() => claim(t.backend, 'r', 'other'), 'RUN_CLAIMED')
  }),

  ruleFor(
    'CLM-09',
    'A lease that is no longer the latest can be neither renewed nor released: STALE_LEASE, and nothing changes.',
    { requires: ['claims', 'runs'] },
    ENDINGS,
    async (t, end) => {
      const lease = await end(t)
      const before = await t.dump()
      await t.assert.rejects(() => t.backend.renewLease(lease, { leaseMs: MINUTE }), 'STALE_LEASE')
      await t.assert.rejects(() => t.backend.releaseLease(lease), 'STALE_LEASE')
      t.assert.equal(await t.dump(), before, 'the store afterwards')
    },
  ),

  rule('CLM-10', 'releaseLease frees the run at once.', CLAIMS, async (t) => {
    const lease = await claim(t.backend, 'r')
    t.assert.equal(await t.backend.releaseLease(lease), undefined, 'the result')
    t.assert.equal(await t.backend.getLease('r'), null)
    t.assert.equal((await claim(t.backend, 'r', 'next')).owner, 'next')
  }),

  rule('CLM-11', 'An expired lease that nobody superseded can still be released.', CLAIMS, async (t) => {
    const lease = await claim(t.backend, 'r')
    t.clock.advance(MINUTE)
    await t.assert.resolves(t.backend.releaseLease(lease), 'the release')
    await t.assert.rejects(() => t.backend.renewLease(lease, { leaseMs: MINUTE }), 'STALE_LEASE')
  }),

  rule('CLM-12', 'Any copy of a lease works: what counts is run, owner and fence.', CLAIMS, async (t) => {
    const lease = await claim(t.backend, 'r')
    await t.backend.renewLease(lease, { leaseMs: 2 * MINUTE })
    const { runId, owner, fence, expiresAt } = lease
    const copy = { runId, owner, fence, expiresAt: new Date(expiresAt) }
    const renewed = await t.assert.resolves(t.backend.renewLease(copy, { leaseMs: 3 * MINUTE }), 'a copy')
    t.assert.equal(await t.backend.getLease('r'), renewed)
  }),

  rule(
    'CLM-16',
    'Terms of any length work: a fraction of a millisecond lives, and none ends after the year 9999.',
    CLAIMS,
    async (t) => {
      const now = t.clock.now().getTime()
      for (const [runId, leaseMs] of [
        ['short', 0.25],
        ['tiny', 1e-9],
      ] as const) {
        const { expiresAt } = await t.backend.claimRun(runId, { owner: 'w', leaseMs })
        t.assert.equal(expiresAt, new Date(now + 1), runId)
      }
      const long = await t.backend.claimRun('long', { owner: 'w', leaseMs: Number.MAX_VALUE })
      t.assert.equal(long.expiresAt, new Date('9999-12-31T23:59:59.999Z'))
      t.assert.equal(await t.backend.getLease('long'), long)
    },
  ),

  rule('CLM-17', 'A claim changes neither the snapshot nor the run record.', CLAIMS_AND_RUNS, async (t) => {
    await t.backend.saveRunStart({ runId: 'r' })
    await t.backend.saveState('r', t.gen.state({ status: 'paused' }))
    const before = await t.dump()
    t.clock.advance(MINUTE)
    const lease = await claim(t.backend, 'r')
    await t.backend.renewLease(lease, { leaseMs: MINUTE })
    await t.backend.releaseLease(lease)
    t.assert.equal(await t.dump(), before)
  }),
]
