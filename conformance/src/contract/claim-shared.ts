import { claim, MINUTE, outcomes } from '../fixtures/runs.js'
import { type Rule, rule } from '../rule.js'

const CLAIMS = { requires: ['claims'] } as const

export const sharedClaimRules: readonly Rule[] = [
  rule(
    'CLM-18',
    'Of 50 parallel claims of a run exactly one wins, the others get its lease with RUN_CLAIMED.',
    CLAIMS,
    async (t) => {
      const claims = Array.from({ length: 50 }, (_, index) => claim(t.backend, 'r', `worker ${index}`))
      t.assert.equal(await outcomes(claims), { done: 1, refused: ['RUN_CLAIMED'] })
      const holder = await t.backend.getLease('r')
      for (const result of await Promise.allSettled(claims))
        t.assert.equal(result.status === 'fulfilled' ? result.value : result.reason.lease, holder)
    },
  ),

  rule(
    'CLM-19',
    'Of parallel claims by two instances, again and again, exactly one wins.',
    { ...CLAIMS, needs: ['second'], timeoutMs: 20_000 },
    async (t) => {
      const second = await t.second()
      for (let round = 0; round < 10; round++) {
        const claims = Array.from({ length: 10 }, (_, index) =>
          claim(index % 2 ? second : t.backend, 'r', `worker ${index}`),
        )
        t.assert.equal(await outcomes(claims), { done: 1, refused: ['RUN_CLAIMED'] }, `round ${round}`)
        t.clock.advance(MINUTE)
      }
    },
  ),

  rule(
    'CLM-20',
    'A claim holds for other instances, and so does its release.',
    { ...CLAIMS, needs: ['second'] },
    async (t) => {
      const second = await t.second()
      const lease = await claim(t.backend, 'r')
      t.assert.equal(await second.getLease('r'), lease, 'getLease')
      const error = await t.assert.rejects(() => claim(second, 'r', 'other'), 'RUN_CLAIMED')
      t.assert.equal(error.lease, lease, "the error's lease")
      const renewed = await second.renewLease(lease, { leaseMs: 2 * MINUTE })
      t.assert.equal(await t.backend.getLease('r'), renewed, 'renewed by the other instance')
      await t.backend.releaseLease(renewed)
      const next = await t.assert.resolves(claim(second, 'r', 'other'), 'a claim after the release')
      t.assert.ok(next.fence > lease.fence, 'the fence of the next claim is higher')
      await t.assert.rejects(() => t.backend.renewLease(renewed, { leaseMs: MINUTE }), 'STALE_LEASE')
    },
  ),

  rule(
    'CLM-21',
    'Leases and fences outlive a reopening.',
    { requires: ['claims', 'runs'], needs: ['reopen'] },
    async (t) => {
      const lease = await claim(t.backend, 'r')
      const last = await claim(t.backend, 'deleted')
      await t.backend.deleteRun('deleted', { force: true })
      const reopened = await t.reopen()
      t.assert.equal(await reopened.getLease('r'), lease)
      await t.assert.rejects(() => claim(reopened, 'r', 'other'), 'RUN_CLAIMED')
      t.assert.ok((await claim(reopened, 'deleted')).fence > last.fence, 'fences go on growing')
      await reopened.releaseLease(lease)
    },
  ),
]
