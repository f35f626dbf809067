import { runOf } from '../fixtures/runs.js'
import { type Rule, rule } from '../rule.js'

const RUNS_AND_STEPS = { requires: ['runs', 'steps'] } as const

export const runCostRules: readonly Rule[] = [
  rule(
    'RUN-34',
    "totalCostUsd is the sum of the steps' costs, in getRunDetails and in listRuns.",
    RUNS_AND_STEPS,
    async (t) => {
      const costs = [0.1, 0.7, null, 0, 1e-9, 1_000_000, undefined, 0.1]
      for (const [index, costUsd] of costs.entries())
        await t.backend.saveStepResult(t.gen.step('r', index, { costUsd }))
      const expected = 1_000_000.900000001
      t.assert.near((await runOf(t, 'r')).totalCostUsd, expected, 'getRunDetails')
      t.assert.near((await t.backend.listRuns())[0]?.totalCostUsd ?? Number.NaN, expected, 'listRuns')
    },
  ),

  rule('RUN-35', 'Saving a step again counts its new cost instead of the old one.', RUNS_AND_STEPS, async (t) => {
    await t.backend.saveRunStart({ runId: 'r' })
    for (const index of [0, 1]) await t.backend.saveStepResult(t.gen.step('r', index, { costUsd: 1e9 }))
    await t.backend.saveStepResult(t.gen.step('r', 1, { costUsd: 0.1 }))
    await t.backend.saveStepResult(t.gen.step('r', 1, { executionId: 'second attempt', costUsd: 0.2 }))
    t.assert.near((await runOf(t, 'r')).totalCostUsd, 1_000_000_000.3, 'one step replaced, one attempt added')
    await t.backend.saveStepResult(t.gen.step('r', 0, { costUsd: null }))
    t.assert.near((await runOf(t, 'r')).totalCostUsd, 0.3, 'the large cost taken back')
    await t.backend.saveStepResult(t.gen.step('r', 1))
    await t.backend.saveStepResult(t.gen.step('r', 1, { executionId: 'second attempt' }))
    t.assert.equal((await runOf(t, 'r')).totalCostUsd, 0, 'all costs taken back')
  }),

  rule(
    'RUN-36',
    'totalCostUsd given to saveRunEnd counts instead of the sum, until null is given.',
    RUNS_AND_STEPS,
    async (t) => {
      await t.backend.saveStepResult(t.gen.step('r', 0, { costUsd: 2 }))
      await t.backend.saveRunEnd('r', { totalCostUsd: 0 })
      t.assert.equal((await runOf(t, 'r')).totalCostUsd, 0, 'a given 0')
      await t.backend.saveStepResult(t.gen.step('r', 1, { costUsd: 3 }))
      t.assert.equal((await runOf(t, 'r')).totalCostUsd, 0, 'after one more step')
      await t.backend.saveRunEnd('r', { totalCostUsd: 7.5 })
      t.assert.equal((await runOf(t, 'r')).totalCostUsd, 7.5, 'another given')
      await t.backend.saveRunEnd('r', { status: 'failed' })
      t.assert.equal((await runOf(t, 'r')).totalCostUsd, 7.5, 'left out')
      await t.backend.saveRunEnd('r', { totalCostUsd: null })
      t.assert.near((await runOf(t, 'r')).totalCostUsd, 5, 'null')
    },
  ),

  rule('RUN-37', "A run's costs are its own, and gone with it.", RUNS_AND_STEPS, async (t) => {
    await t.backend.saveStepResult(t.gen.step('a', 0, { costUsd: 1 }))
    await t.backend.saveStepResult(t.gen.step('b', 0, { costUsd: 2 }))
    t.assert.equal([(await runOf(t, 'a')).totalCostUsd, (await runOf(t, 'b')).totalCostUsd], [1, 2])
    await t.backend.deleteRun('a')
    await t.backend.saveRunStart({ runId: 'a' })
    t.assert.equal((await runOf(t, 'a')).totalCostUsd, 0, 'after deleteRun')
    await t.backend.saveStepResult(t.gen.step('a', 1, { costUsd: 4 }))
    t.assert.equal((await runOf(t, 'a')).totalCostUsd, 4, 'after deleteRun')
  }),

  rule('RUN-41', 'Costs past the largest number are not lost when they are taken back.', RUNS_AND_STEPS, async (t) => {
    for (const index of [0, 1, 2]) await t.backend.saveStepResult(t.gen.step('r', index, { costUsd: Number.MAX_VALUE }))
    for (const index of [0, 1]) await t.backend.saveStepResult(t.gen.step('r', index, { costUsd: null }))
    t.assert.equal((await runOf(t, 'r')).totalCostUsd, Number.MAX_VALUE, 'two of three taken back')
    await t.backend.saveStepResult(t.gen.step('r', 2, { costUsd: 0.5 }))
    t.assert.equal((await runOf(t, 'r')).totalCostUsd, 0.5, 'a small cost instead of the third')
  }),
]
