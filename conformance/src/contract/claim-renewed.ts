import { claim, MINUTE } from '../fixtures/runs.js'
import { type Rule, rule } from '../rule.js'

const CLAIMS = { requires: ['claims'] } as const

export const renewedClaimRules: readonly Rule[] = [
  rule(
    'CLM-25',
    'A renewal supersedes nothing: the lease from before it may still write, renew and release.',
    { requires: ['claims', 'states'] },
    async (t) => {
      const before = await claim(t.backend, 'r')
      t.clock.advance(MINUTE / 2)
      await t.backend.renewLease(before, { leaseMs: MINUTE })
      const { version } = await t.assert.resolves(
        t.backend.saveState('r', t.gen.state(), { lease: before }),
        'saveState under the lease from before',
      )
      const updated = t.backend.updateState('r', { currentStepIndex: 1 }, { lease: before, ifVersion: version })
      await t.assert.resolves(updated, 'updateState under the lease from before')
      await t.assert.resolves(t.backend.renewLease(before, { leaseMs: 2 * MINUTE }), 'another renewal')
      await t.assert.resolves(t.backend.releaseLease(before), 'the release')
      t.assert.equal(await t.backend.getLease('r'), null, 'the lease afterwards')
    },
  ),

  rule(
    'CLM-26',
    'Fences grow in the order of the claims, whichever instance makes them.',
    { ...CLAIMS, needs: ['second'] },
    async (t) => {
      const instances = [t.backend, await t.second()]
      const fences: number[] = []
      for (let n = 0; n < 12; n++) {
        const instance = instances[Math.floor(n / 3) % 2] ?? t.backend
        fences.push((await claim(instance, `run ${n}`)).fence)
      }
      for (const [n, fence] of fences.entries())
        if (n > 0) t.assert.ok(fence > (fences[n - 1] ?? 0), `fences grow, got ${fences.join()}`)
    },
  ),

  rule(
    'EVL-17',
    'Evaluations of one time come latest saved first, whichever instance saved them.',
    { requires: ['evaluations'], needs: ['second'] },
    async (t) => {
      const instances = [t.backend, await t.second()]
      for (let score = 0; score < 12; score++)
        await instances[Math.floor(score / 3) % 2]?.persistEvaluation('r', { score })
      for (const instance of instances)
        t.assert.equal(
          (await instance.listEvaluations()).map(({ score }) => score),
          Array.from({ length: 12 }, (_, n) => 11 - n),
        )
    },
  ),
]
