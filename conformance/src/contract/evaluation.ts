import { cursorOf, type Evaluation } from '@flujo-state/core'
import { DAY, fromNow, save } from '../fixtures/workflows.js'
import { type Rule, rule, ruleFor } from '../rule.js'

const EVALUATIONS = { requires: ['evaluations'] } as const
const WITH_RUNS = { requires: ['evaluations', 'runs'] } as const
const WITH_STATES = { requires: ['evaluations', 'states', 'runs'] } as const

const scores = (evaluations: readonly Evaluation[]) => evaluations.map(({ score }) => score)

/** Finite numbers at the edges of what a double can hold. `-0` is stored as 0. */
const SCORES = [
  0,
  -1,
  0.1 + 0.2,
  5e-324,
  -1.5,
  1e21,
  Number.MAX_SAFE_INTEGER,
  1.7976931348623157e308,
  -1.7976931348623157e308,
]

const BAD_EVALUATIONS: Readonly<Record<string, { evaluation: unknown; path: string }>> = {
  'no score': { evaluation: {}, path: '$.score' },
  'a null score': { evaluation: { score: null }, path: '$.score' },
  'a NaN score': { evaluation: { score: Number.NaN }, path: '$.score' },
  'an infinite score': { evaluation: { score: Number.NEGATIVE_INFINITY }, path: '$.score' },
  'a score as text': { evaluation: { score: '1' }, path: '$.score' },
  'a bigint score': { evaluation: { score: 1n }, path: '$.score' },
  'feedback that is no text': { evaluation: { score: 1, feedback: 5 }, path: '$.feedback' },
  'an empty stepName': { evaluation: { score: 1, stepName: '' }, path: '$.stepName' },
  'metadata that is no object': { evaluation: { score: 1, metadata: [1] }, path: '$.metadata' },
  'an unknown field': { evaluation: { score: 1, grade: 'A' }, path: '$.grade' },
  'a time of its own': { evaluation: { score: 1, createdAt: new Date(0) }, path: '$.createdAt' },
}

const BAD_FILTERS: Readonly<Record<string, { filter: unknown; path: string }>> = {
  'an unknown field': { filter: { stepName: 'x' }, path: '$.stepName' },
  'a null run': { filter: { runId: null }, path: '$.runId' },
  'a null filter': { filter: null, path: '$' },
}

export const evaluationRules: readonly Rule[] = [
  rule(
    'EVL-01',
    'An evaluation is listed with what was given, an evaluationId, and the time it was saved.',
    EVALUATIONS,
    async (t) => {
      const given = {
        score: 0.75,
        feedback: 'too long',
        stepName: 'summarise',
        metadata: { judge: { model: 'm' }, votes: [1, 2] },
      }
      await t.backend.persistEvaluation('run', given)
      const createdAt = t.clock.now()
      t.clock.advance(DAY)
      const [evaluation, ...others] = await t.backend.listEvaluations()
      const { evaluationId } = t.assert.present(evaluation, 'the evaluation')
      t.assert.equal(evaluation, { evaluationId, runId: 'run', ...given, createdAt })
      t.assert.ok(typeof evaluationId === 'string' && evaluationId !== '', `evaluationId is a text: ${evaluationId}`)
      t.assert.equal(others, [])
    },
  ),

  rule(
    'EVL-02',
    'Evaluations are added, never replaced: two equal calls give two entries with different ids.',
    EVALUATIONS,
    async (t) => {
      for (let n = 0; n < 2; n++) await t.backend.persistEvaluation('run', { score: 1, stepName: 'step' })
      const [a, b, ...others] = await t.backend.listEvaluations()
      t.assert.equal(others, [], 'two entries')
      t.assert.ok(a !== undefined && b !== undefined && a.evaluationId !== b.evaluationId, 'different evaluationIds')
      t.assert.equal({ ...a, evaluationId: '' }, { ...b, evaluationId: '' }, 'else equal')
    },
  ),

  rule(
    'EVL-03',
    'Newest first; those of the same time latest saved first, also across runs.',
    EVALUATIONS,
    async (t) => {
      for (let score = 0; score < 12; score++) await t.backend.persistEvaluation(`run ${(score * 5) % 3}`, { score })
      t.clock.advance(1)
      await t.backend.persistEvaluation('run 0', { score: 100 })
      t.clock.advance(-2)
      await t.backend.persistEvaluation('run 0', { score: -100 })
      t.assert.equal(scores(await t.backend.listEvaluations()), [100, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, -100])
    },
  ),

  rule('EVL-04', 'At most 20 come unless limit says otherwise.', EVALUATIONS, async (t) => {
    for (let score = 0; score < 23; score++) await t.backend.persistEvaluation('run', { score })
    const newest = Array.from({ length: 23 }, (_, n) => 22 - n)
    t.assert.equal(scores(await t.backend.listEvaluations()), newest.slice(0, 20), 'by default')
    t.assert.equal(scores(await t.backend.listEvaluations({ limit: undefined })), newest.slice(0, 20), 'undefined')
    t.assert.equal(scores(await t.backend.listEvaluations({ offset: 2 })), newest.slice(2, 22), 'with an offset')
    t.assert.equal(scores(await t.backend.listEvaluations({ limit: 22 })), newest.slice(0, 22), '22')
    t.assert.equal(scores(await t.backend.listEvaluations({ limit: 100 })), newest, '100')
  }),

  rule('EVL-05', 'The runId filter is exact and applies before the limit.', EVALUATIONS, async (t) => {
    for (let score = 0; score < 3; score++) await t.backend.persistEvaluation('run', { score })
    for (const runId of ['run-2', 'Run', 'run ', 'ru', 'run%'])
      for (let n = 0; n < 5; n++) await t.backend.persistEvaluation(runId, { score: 9 })
    t.assert.equal(scores(await t.backend.listEvaluations({ runId: 'run' })), [2, 1, 0], 'by default')
    t.assert.equal(scores(await t.backend.listEvaluations({ runId: 'run', limit: 2 })), [2, 1], 'with a limit')
    t.assert.equal(scores(await t.backend.listEvaluations({ runId: 'run', offset: 1 })), [1, 0], 'with an offset')
    t.assert.equal(await t.backend.listEvaluations({ runId: 'r%' }), [], 'a pattern')
    await t.assert.rejects(() => t.backend.listEvaluations({ runId: '' }), 'VALIDATION', { path: '$.runId' })
  }),

  rule('EVL-06', 'A score is any finite number and comes back exactly.', EVALUATIONS, async (t) => {
    for (const score of SCORES) await t.backend.persistEvaluation('run', { score })
    t.assert.equal(scores(await t.backend.listEvaluations()).reverse(), SCORES)
    await t.backend.persistEvaluation('minus zero', { score: -0 })
    t.assert.equal(scores(await t.backend.listEvaluations({ runId: 'minus zero' })), [0], '-0 is stored as 0')
  }),

  rule(
    'EVL-07',
    'feedback, stepName and metadata are null when left out; empty feedback and metadata stay empty.',
    EVALUATIONS,
    async (t) => {
      await t.backend.persistEvaluation('run', { score: 1 })
      await t.backend.persistEvaluation('run', { score: 2, feedback: null, stepName: null, metadata: null })
      await t.backend.persistEvaluation('run', { score: 3, feedback: '', metadata: {} })
      const entries = await t.backend.listEvaluations()
      t.assert.equal(
        entries.map(({ feedback, stepName, metadata }) => ({ feedback, stepName, metadata })),
        [
          { feedback: '', stepName: null, metadata: {} },
          { feedback: null, stepName: null, metadata: null },
          { feedback: null, stepName: null, metadata: null },
        ],
      )
    },
  ),

  rule(
    'EVL-08',
    'An evaluation of a run that nobody started is kept and makes a placeholder run, which a start fills.',
    WITH_RUNS,
    async (t) => {
      await t.assert.resolves(t.backend.persistEvaluation('run', { score: 1 }), 'of an unknown run')
      t.assert.equal((await t.backend.getRunDetails('run'))?.placeholder, true, 'a placeholder')
      await t.backend.saveRunStart({ runId: 'run', pipelineName: 'Orders' })
      const { placeholder, pipelineName } = t.assert.present(await t.backend.getRunDetails('run'), 'the run')
      t.assert.equal({ placeholder, pipelineName }, { placeholder: false, pipelineName: 'Orders' }, 'after the start')
      t.assert.equal(scores(await t.backend.listEvaluations({ runId: 'run' })), [1], 'the evaluation')
    },
  ),

  rule(
    'EVL-09',
    'deleteState leaves the evaluations of a run, deleteRun removes them and no others.',
    WITH_STATES,
    async (t) => {
      for (const runId of ['run', 'run-2']) {
        await save(t, runId)
        await t.backend.persistEvaluation(runId, { score: 1 })
      }
      await t.backend.deleteState('run')
      t.assert.equal(scores(await t.backend.listEvaluations({ runId: 'run' })), [1], 'after deleteState')
      await t.backend.deleteRun('run')
      t.assert.equal(await t.backend.listEvaluations({ runId: 'run' }), [], 'after deleteRun')
      t.assert.equal(
        (await t.backend.listEvaluations()).map(({ runId }) => runId),
        ['run-2'],
        'all',
      )
    },
  ),

  rule(
    'EVL-10',
    'An evaluation is a place to go on from: after cursorOf(evaluation) come exactly those behind it.',
    EVALUATIONS,
    async (t) => {
      for (let score = 0; score < 9; score++) {
        if (score % 4 === 0) t.clock.advance(1)
        await t.backend.persistEvaluation(`run ${score % 2}`, { score })
      }
      const all = await t.backend.listEvaluations()
      for (const [index, evaluation] of all.entries()) {
        const behind = await t.backend.listEvaluations({ after: cursorOf(evaluation) })
        t.assert.equal(scores(behind), scores(all.slice(index + 1)), `after ${evaluation.score}`)
      }
      const third = t.assert.present(all[2], 'the third')
      const even = await t.backend.listEvaluations({ runId: 'run 0', after: cursorOf(third), limit: 2 })
      t.assert.equal(scores(even), [4, 2], 'of one run, with a limit')
    },
  ),

  ruleFor(
    'EVL-12',
    'An evaluation that cannot be meant is refused with its path; nothing is written.',
    EVALUATIONS,
    BAD_EVALUATIONS,
    async (t, bad) => {
      const call = () => t.backend.persistEvaluation('run', bad.evaluation as { score: number })
      await t.assert.rejects(call, 'VALIDATION', { path: bad.path })
      t.assert.equal(await t.backend.listEvaluations(), [])
      if (t.backend.capabilities.runs) t.assert.equal(await t.backend.getRunDetails('run'), null, 'no placeholder')
    },
  ),

  rule(
    'EVL-13',
    'Feedback keeps any text exactly: line ends, NUL, lone surrogates, 100,000 characters.',
    EVALUATIONS,
    async (t) => {
      const texts = [
        '',
        ' ',
        'a\r\nb\n',
        'nul \u0000 in it',
        '\uD800 alone \uDC00',
        'quoted \' " \\',
        'x'.repeat(100_000),
      ]
      for (const feedback of texts) await t.backend.persistEvaluation('run', { score: 1, feedback })
      t.assert.equal((await t.backend.listEvaluations()).map(({ feedback }) => feedback).reverse(), texts)
    },
  ),

  rule(
    'EVL-14',
    'An evaluation changes neither the snapshot, nor its version, nor the status of the run.',
    WITH_STATES,
    async (t) => {
      await save(t, 'run', { status: 'paused', createdAt: fromNow(t, -DAY), updatedAt: fromNow(t, -DAY) })
      await t.backend.saveRunStart({ runId: 'run' })
      const before = await t.backend.loadState('run')
      t.clock.advance(DAY)
      await t.backend.persistEvaluation('run', { score: 1 })
      t.assert.equal(await t.backend.loadState('run'), before, 'the snapshot')
      t.assert.equal((await t.backend.getRunDetails('run'))?.status, 'paused', 'the status of the run')
    },
  ),

  ruleFor(
    'EVL-15',
    'A filter of evaluations that cannot be meant is refused, with its path.',
    EVALUATIONS,
    BAD_FILTERS,
    async (t, bad) => {
      await t.backend.persistEvaluation('run', { score: 1 })
      await t.assert.rejects(() => t.backend.listEvaluations(bad.filter as object), 'VALIDATION', { path: bad.path })
    },
  ),
]
