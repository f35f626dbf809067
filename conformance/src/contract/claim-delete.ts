import type { Lease } from '@flujo-state/core'
import type { RuleContext } from '../context.js'
import { claim, fillRun, MINUTE } from '../fixtures/runs.js'
import { type Rule, rule, ruleFor } from '../rule.js'

const DELETE = { requires: ['claims', 'runs', 'states', 'steps', 'traces', 'evaluations'] } as const

export const claimedDeleteRules: readonly Rule[] = [
  rule(
    'CLM-22',
    "deleteRun of a claimed run is RUN_CLAIMED with the holder's lease, and deletes nothing.",
    DELETE,
    async (t) => {
      await fillRun(t.backend, 'r')
      const lease = await claim(t.backend, 'r')
      const before = await t.dump()
      const error = await t.assert.rejects(() => t.backend.deleteRun('r'), 'RUN_CLAIMED')
      t.assert.equal(error.lease, lease, "the error's lease")
      await t.assert.rejects(() => t.backend.deleteRun('r', { force: false }), 'RUN_CLAIMED')
      t.assert.equal(await t.dump(), before, 'the store afterwards')
    },
  ),

  ruleFor(
    'CLM-23',
    "deleteRun passes with force, with the holder's lease, and once the lease expired or was released.",
    DELETE,
    {
      force: async (t, _lease) => t.backend.deleteRun('r', { force: true }),
      "the holder's lease": async (t, lease) => t.backend.deleteRun('r', { lease }),
      "the holder's lease, expired": async (t, lease) => {
        t.clock.advance(MINUTE)
        await t.backend.deleteRun('r', { lease })
      },
      'an expired lease': async (t) => {
        t.clock.advance(MINUTE)
        await t.backend.deleteRun('r')
      },
      'a released lease': async (t, lease) => {
        await t.backend.releaseLease(lease)
        await t.backend.deleteRun('r')
      },
    } satisfies Record<string, (t: RuleContext, lease: Lease) => Promise<void>>,
    async (t, remove) => {
      await fillRun(t.backend, 'r')
      const lease = await claim(t.backend, 'r')
      await t.assert.resolves(remove(t, lease), 'deleteRun')
      t.assert.equal((await t.dump()).runs, {}, 'nothing is left')
      await t.assert.rejects(() => t.backend.saveState('r', t.gen.state(), { lease }), 'STALE_LEASE')
      t.assert.ok((await claim(t.backend, 'r')).fence > lease.fence, 'the next claim has a higher fence')
    },
  ),
]
