import { blankRun, fillRun } from '../fixtures/runs.js'
import { idsOf, many } from '../fixtures/workflows.js'
import { type Rule, rule } from '../rule.js'

const EVERYTHING = { requires: ['states', 'runs', 'steps', 'traces', 'evaluations', 'systemState', 'claims'] } as const

export const runDeleteRules: readonly Rule[] = [
  rule('RUN-15', 'deleteRun removes everything of the run, and nothing else.', EVERYTHING, async (t) => {
    const others = ['r', 'run', 'ru%', 'ru_', 'Ru']
    for (const runId of ['ru', ...others]) await fillRun(t.backend, runId)
    await t.backend.setSystemState('ru', { kept: true })
    const before = await t.dump()
    t.assert.equal(await t.backend.deleteRun('ru'), undefined, 'the result of deleteRun')
    const after = await t.dump()
    const { ru: _deleted, ...left } = before.runs
    t.assert.equal(after.runs, left, 'what is left: the other runs')
    t.assert.equal(await t.backend.getTrace('ru'), null, 'its trace')
    for (const list of ['states', 'workflows', 'runList', 'evaluations'] as const)
      t.assert.equal(
        after[list],
        before[list].filter(({ runId }) => runId !== 'ru'),
        list,
      )
    t.assert.equal(await t.backend.listEvaluations({ runId: 'ru' }), [], 'its evaluations')
    t.assert.equal(after.systemStates, before.systemStates, 'system states')
    t.assert.equal(after.stats?.totalWorkflows, others.length, 'the statistics of workflows')
    t.assert.equal(after.spanStatistics?.totalSpans, 2 * others.length, 'the statistics of spans')
  }),

  rule('RUN-40', 'deleteRun leaves nothing of a run that has very many records.', EVERYTHING, async (t) => {
    const count = 150
    await t.backend.saveSpans(
      'r',
      Array.from({ length: 1_100 }, (_, n) => t.gen.span(`span ${n}`)),
    )
    await many(count, (n) => t.backend.saveStepResult(t.gen.step('r', n)))
    await many(count, () => t.backend.persistEvaluation('r', { score: 1 }))
    await t.backend.deleteRun('r')
    t.assert.equal(await t.backend.listRunSteps('r'), [], 'steps')
    t.assert.equal(await t.backend.getSpans('r'), [], 'spans')
    t.assert.equal(await t.backend.listEvaluations({ runId: 'r' }), [], 'evaluations')
    await t.backend.saveRunStart({ runId: 'r' })
    t.assert.equal((await t.backend.getRunDetails('r'))?.totalCostUsd, 0, 'costs of the id, used again')
  }),

  rule(
    'RUN-38',
    'deleteRun of an id that has nothing, or nothing any more, resolves.',
    { requires: ['runs', 'claims'] },
    async (t) => {
      await t.backend.saveRunStart({ runId: 'r' })
      for (const runId of ['unknown', 'r', 'r'])
        t.assert.equal(await t.assert.resolves(t.backend.deleteRun(runId), runId), undefined, runId)
      t.assert.equal(await t.backend.listRuns(), [])
    },
  ),

  rule('RUN-39', 'After deleteRun the id starts clean: nothing of the old run comes back.', EVERYTHING, async (t) => {
    await fillRun(t.backend, 'r')
    await t.backend.saveRunEnd('r', {
      status: 'failed',
      errorMessage: 'old',
      finalContext: { old: 1 },
      totalCostUsd: 9,
    })
    await t.backend.deleteRun('r')
    t.clock.advance(1_000)
    await t.backend.saveRunStart({ runId: 'r' })
    t.assert.equal(await t.backend.getRunDetails('r'), blankRun('r', t.clock.now()), 'the run')
    await t.backend.saveState('r', t.gen.state())
    const state = t.assert.present(await t.backend.loadState('r'), 'the snapshot')
    t.assert.equal([state.createdAt, state.metadata, state.stepHistory], [t.clock.now(), {}, []], 'the snapshot')
    t.assert.equal(await t.backend.listRunSteps('r'), [], 'the steps')
    t.assert.equal(await t.backend.getSpans('r'), [], 'the spans')
    t.assert.equal(await t.backend.listEvaluations(), [], 'the evaluations')
    await t.backend.saveStepResult(t.gen.step('r', 5))
    t.assert.equal(
      (await t.backend.listRunSteps('r')).map(({ stepIndex }) => stepIndex),
      [5],
      'a new step',
    )
    t.assert.equal(idsOf(await t.backend.listRuns()), ['r'])
  }),
]
