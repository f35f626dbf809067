import { cursorOf, type Evaluation, type StateBackend } from '@flujo-state/core'
import type { RuleContext } from '../context.js'
import { fillWorld, WORLD_IDS } from '../fixtures/world.js'
import { type Rule, rule } from '../rule.js'

const needs = { needs: ['reopen'] } as const

/** A death without a shutdown, where the backend promises to survive one; and a clean end, for what a store tidies up then. */
async function lose(t: RuleContext): Promise<StateBackend> {
  if (t.backend.capabilities.persistence === 'crash') await (await t.abandon()).open()
  return t.reopen()
}

export const persistenceRules: readonly Rule[] = [
  rule('DUR-01', 'After shutdown and reopening everything is there, in every area.', needs, async (t) => {
    await fillWorld(t)
    const before = await t.dump(t.backend, WORLD_IDS)
    const reopened = await t.reopen()
    t.assert.equal(await t.dump(reopened, WORLD_IDS), before, 'reopened')
    t.assert.equal(await t.dump(await t.reopen(), WORLD_IDS), before, 'reopened once more')
  }),

  rule('DUR-02', 'After an instance was dropped without shutdown every resolved write is there.', needs, async (t) => {
    await fillWorld(t)
    const before = await t.dump(t.backend, WORLD_IDS)
    t.assert.equal(await t.dump(await lose(t), WORLD_IDS), before)
  }),

  rule(
    'DUR-12',
    'What was deleted stays deleted, and an id that was deleted starts clean, also after reopening.',
    { ...needs, requires: ['runs'] },
    async (t) => {
      await fillWorld(t)
      for (const runId of ['plain', '__proto__', 'placeholder']) await t.backend.deleteRun(runId, { force: true })
      await t.backend.deleteState('then')
      const before = await t.dump(t.backend, WORLD_IDS)
      const reopened = await lose(t)
      t.assert.equal(await t.dump(reopened, WORLD_IDS), before, 'after reopening')
      await reopened.saveRunStart(t.gen.run('plain'))
      t.assert.equal(await reopened.listRunSteps('plain'), [], 'steps of the id, used again')
      t.assert.equal(await reopened.getTrace('plain'), null, 'trace of the id, used again')
    },
  ),

  rule(
    'DUR-13',
    'Versions and fences go on where they were, past deletions and reopening.',
    { ...needs, requires: ['runs', 'claims'] },
    async (t) => {
      const { version } = await t.backend.saveState('a', t.gen.state())
      const { fence } = await t.backend.claimRun('a', { owner: 'worker', leaseMs: 1_000 })
      await t.backend.deleteRun('a', { force: true })
      const reopened = await lose(t)
      const again = await reopened.saveState('a', t.gen.state())
      t.assert.ok(again.version > version, `the version grows: ${version}, ${again.version}`)
      const lease = await reopened.claimRun('a', { owner: 'worker', leaseMs: 1_000 })
      t.assert.ok(lease.fence > fence, `the fence grows: ${fence}, ${lease.fence}`)
    },
  ),

  rule(
    'DUR-14',
    'A lease lives on across reopening, and still refuses others.',
    { ...needs, requires: ['claims'] },
    async (t) => {
      const lease = await t.backend.claimRun('a', { owner: 'worker', leaseMs: 60_000 })
      const reopened = await lose(t)
      t.assert.equal(await reopened.getLease('a'), lease, 'the lease')
      const error = await t.assert.rejects(reopened.claimRun('a', { owner: 'other', leaseMs: 1_000 }), 'RUN_CLAIMED')
      t.assert.equal(error.lease, lease, 'the holder that the error names')
      await reopened.saveState('a', t.gen.state(), { lease })
      t.assert.equal((await reopened.loadState('a'))?.runId, 'a', 'the holder still writes')
    },
  ),

  rule(
    'DUR-40',
    'Evaluations go on being numbered after reopening: those of one time stay in the order of saving.',
    { ...needs, requires: ['evaluations'] },
    async (t) => {
      let backend = t.backend
      for (const score of [1, 2, 3, 4]) {
        await backend.persistEvaluation('a', { score })
        if (score % 2 === 0) backend = await lose(t)
      }
      const listed = await backend.listEvaluations()
      t.assert.equal(
        listed.map(({ score }) => score),
        [4, 3, 2, 1],
      )
      t.assert.equal(new Set(listed.map(({ evaluationId }) => evaluationId)).size, 4, 'each has an id of its own')
      const behind = await backend.listEvaluations({ after: cursorOf(listed[1] as Evaluation) })
      t.assert.equal(
        behind.map(({ score }) => score),
        [2, 1],
        'behind the second',
      )
    },
  ),

  rule(
    'DUR-41',
    'Attempts of a step stay in the order of first saving after reopening, and a new one comes last.',
    { ...needs, requires: ['steps'] },
    async (t) => {
      const attempts = ['m', 'z', 'a']
      for (const executionId of attempts) await t.backend.saveStepResult(t.gen.step('r', 0, { executionId }))
      const reopened = await lose(t)
      await reopened.saveStepResult(t.gen.step('r', 0, { executionId: 'm', output: 'again' }))
      await reopened.saveStepResult(t.gen.step('r', 0, { executionId: 'b' }))
      t.assert.equal(
        (await reopened.listRunSteps('r')).map(({ executionId }) => executionId),
        [...attempts, 'b'],
      )
    },
  ),

  rule('DUR-15', 'Updates of a long history are all there after reopening, again and again.', needs, async (t) => {
    await t.backend.saveState('a', t.gen.state({ stepHistory: [{ n: 0 }] }))
    let backend = t.backend
    for (let n = 1; n <= 30; n++) {
      await backend.updateState('a', { currentStepIndex: n, appendStepHistory: [{ n }] })
      if (n % 10 === 0) backend = await lose(t)
    }
    const state = t.assert.present(await backend.loadState('a'), 'the snapshot')
    t.assert.equal(state.currentStepIndex, 30)
    t.assert.equal(
      state.stepHistory,
      Array.from({ length: 31 }, (_, n) => ({ n })),
    )
  }),
]
