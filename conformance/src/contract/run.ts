import type { RunEnd, RunStart } from '@flujo-state/core'
import { blankRun, MINUTE, runOf, wrong } from '../fixtures/runs.js'
import { fromNow, HOUR, SECOND } from '../fixtures/workflows.js'
import { type Rule, rule, ruleFor } from '../rule.js'

const RUNS = { requires: ['runs'] } as const

const START = {
  pipelineId: 'billing',
  pipelineName: 'Billing',
  pipelineVersion: '2.1',
  status: 'paused',
  executionTimeMs: 12.5,
  memoryUsageMb: 0.25,
  totalSteps: 3,
  errorMessage: 'waiting',
  metadata: { tenant: 'acme', tags: ['a'] },
} as const

const END = {
  status: 'failed',
  executionTimeMs: 0.5,
  memoryUsageMb: 64,
  totalSteps: 7,
  totalCostUsd: 1.25,
  errorMessage: 'out of paper',
  finalContext: { result: [1, null] },
  metadata: { ended: true },
} as const satisfies RunEnd

const NULLABLE = ['endedAt', 'executionTimeMs', 'memoryUsageMb', 'errorMessage', 'finalContext'] as const

/** What is wrong with the data of a run: the path of the error, and the call's data. */
type Bad<T> = Readonly<Record<string, readonly [path: string, data: Record<keyof T, unknown> | unknown]>>

const BAD_STARTS: Bad<RunStart> = {
  'no run id': ['$.runId', { pipelineName: 'p' }],
  'an empty run id': ['$.runId', { runId: '' }],
  'an unknown status': ['$.status', { runId: 'r', status: 'done' }],
  "a step's status": ['$.status', { runId: 'r', status: 'skipped' }],
  'null for the status': ['$.status', { runId: 'r', status: null }],
  'a time as text': ['$.createdAt', { runId: 'r', createdAt: '2026-03-01T00:00:00Z' }],
  'a time as number': ['$.updatedAt', { runId: 'r', updatedAt: 0 }],
  'an invalid date': ['$.createdAt', { runId: 'r', createdAt: new Date(Number.NaN) }],
  'a date past the year 9999': ['$.createdAt', { runId: 'r', createdAt: new Date(8e15) }],
  'an empty pipeline name': ['$.pipelineName', { runId: 'r', pipelineName: '' }],
  'null for the pipeline id': ['$.pipelineId', { runId: 'r', pipelineId: null }],
  'NaN for a duration': ['$.executionTimeMs', { runId: 'r', executionTimeMs: Number.NaN }],
  'a fraction of a step': ['$.totalSteps', { runId: 'r', totalSteps: 1.5 }],
  'a negative number of steps': ['$.totalSteps', { runId: 'r', totalSteps: -1 }],
  'an array for the metadata': ['$.metadata', { runId: 'r', metadata: [] }],
  'null for the metadata': ['$.metadata', { runId: 'r', metadata: null }],
  'an unknown field': ['$.pipeline', { runId: 'r', pipeline: 'p' }],
  'endedAt, which only an end has': ['$.endedAt', { runId: 'r', endedAt: new Date(0) }],
  'totalCostUsd, which only an end has': ['$.totalCostUsd', { runId: 'r', totalCostUsd: 1 }],
  'placeholder, which is not for callers': ['$.placeholder', { runId: 'r', placeholder: true }],
}

const BAD_ENDS: Bad<RunEnd> = {
  'an unknown status': ['$.status', { status: 'done' }],
  'null for the status': ['$.status', { status: null }],
  'an end time as text': ['$.endedAt', { endedAt: '2026-03-01' }],
  'an end time for a status that is no end': ['$.endedAt', { status: 'paused', endedAt: new Date(0) }],
  'an infinite cost': ['$.totalCostUsd', { totalCostUsd: Number.POSITIVE_INFINITY }],
  'a cost as text': ['$.totalCostUsd', { totalCostUsd: '1' }],
  'null for the number of steps': ['$.totalSteps', { totalSteps: null }],
  'a text for the final context': ['$.finalContext', { finalContext: 'done' }],
  'null for the metadata': ['$.metadata', { metadata: null }],
  'an error for its message': ['$.errorMessage', { errorMessage: new Error('no') }],
  'an unknown field': ['$.steps', { steps: 1 }],
  'pipeline fields': ['$.pipelineName', { pipelineName: 'p' }],
}

export const runRules: readonly Rule[] = [
  rule('RUN-01', 'A run that is started with its id alone has the defaults of a run.', RUNS, async (t) => {
    t.assert.equal(await t.backend.saveRunStart({ runId: 'r' }), undefined, 'the result of saveRunStart')
    t.assert.equal(await t.backend.getRunDetails('r'), blankRun('r', t.clock.now()))
  }),

  rule('RUN-17', 'All fields given to saveRunStart come back from getRunDetails.', RUNS, async (t) => {
    const times = { createdAt: fromNow(t, -HOUR), updatedAt: fromNow(t, -SECOND) }
    await t.backend.saveRunStart({ runId: 'r', ...START, ...times })
    t.assert.equal(await t.backend.getRunDetails('r'), blankRun('r', t.clock.now(), { ...START, ...times }))
  }),

  rule('RUN-02', 'getRunDetails of a run that nobody wrote gives null.', RUNS, async (t) => {
    t.assert.equal(await t.backend.getRunDetails('r'), null)
    await t.backend.saveRunStart({ runId: 'run' })
    t.assert.equal(await t.backend.getRunDetails('r'), null, 'beside an id that begins with it')
  }),

  rule(
    'RUN-03',
    'Starting a run again keeps its createdAt, its steps, spans and evaluations.',
    { requires: ['runs', 'steps', 'traces', 'evaluations'] },
    async (t) => {
      const first = t.clock.now()
      await t.backend.saveRunStart({ runId: 'r' })
      await t.backend.saveStepResult(t.gen.step('r', 0, { costUsd: 2 }))
      await t.backend.saveSpans('r', [t.gen.span('s')])
      await t.backend.persistEvaluation('r', { score: 1 })
      const [steps, spans, evaluations] = [
        await t.backend.listRunSteps('r'),
        await t.backend.getSpans('r'),
        await t.backend.listEvaluations(),
      ]
      t.clock.advance(MINUTE)
      await t.backend.saveRunStart({ runId: 'r', createdAt: t.clock.now(), pipelineName: 'renamed' })
      const changed = { pipelineName: 'renamed', createdAt: first, updatedAt: t.clock.now(), totalCostUsd: 2 }
      t.assert.equal(await t.backend.getRunDetails('r'), blankRun('r', first, changed))
      t.assert.equal(await t.backend.listRunSteps('r'), steps, 'the steps')
      t.assert.equal(await t.backend.getSpans('r'), spans, 'the spans')
      t.assert.equal(await t.backend.listEvaluations(), evaluations, 'the evaluations')
    },
  ),

  rule('RUN-18', 'Fields left out of a repeated saveRunStart keep their value.', RUNS, async (t) => {
    const first = t.clock.now()
    await t.backend.saveRunStart({ runId: 'r', ...START })
    t.clock.advance(MINUTE)
    await t.backend.saveRunStart({ runId: 'r', totalSteps: 4, errorMessage: null })
    const expected = { ...START, totalSteps: 4, errorMessage: null, createdAt: first, updatedAt: t.clock.now() }
    t.assert.equal(await t.backend.getRunDetails('r'), blankRun('r', first, expected))
  }),

  rule('RUN-04', 'saveRunEnd sets the fields given and keeps createdAt and the pipeline fields.', RUNS, async (t) => {
    const first = t.clock.now()
    await t.backend.saveRunStart({ runId: 'r', ...START })
    t.clock.advance(MINUTE)
    const times = { endedAt: fromNow(t, -SECOND), updatedAt: fromNow(t, -2 * SECOND) }
    t.assert.equal(await t.backend.saveRunEnd('r', { ...END, ...times }), undefined, 'the result, without state')
    t.assert.equal(await t.backend.getRunDetails('r'), blankRun('r', first, { ...START, ...END, ...times }))
  }),

  rule('RUN-05', 'Fields left out of saveRunEnd keep their value.', RUNS, async (t) => {
    const first = t.clock.now()
    await t.backend.saveRunStart({ runId: 'r', ...START })
    await t.backend.saveRunEnd('r', END)
    t.clock.advance(MINUTE)
    await t.backend.saveRunEnd('r', { status: 'cancelled', memoryUsageMb: 0 })
    const changed = { status: 'cancelled', memoryUsageMb: 0, endedAt: first, updatedAt: t.clock.now() } as const
    t.assert.equal(await t.backend.getRunDetails('r'), blankRun('r', first, { ...START, ...END, ...changed }))
  }),

  rule('RUN-19', 'An explicit null in saveRunEnd clears the field.', RUNS, async (t) => {
    await t.backend.saveRunStart({ runId: 'r', ...START })
    await t.backend.saveRunEnd('r', END)
    const cleared = Object.fromEntries(NULLABLE.map((field) => [field, null]))
    await t.backend.saveRunEnd('r', { ...cleared, totalCostUsd: null })
    const expected = blankRun('r', t.clock.now(), { ...START, ...END, ...cleared, totalCostUsd: 0 })
    t.assert.equal(await t.backend.getRunDetails('r'), expected)
  }),

  rule('RUN-07', 'The last of several saveRunEnd calls wins.', RUNS, async (t) => {
    await t.backend.saveRunStart({ runId: 'r' })
    await t.backend.saveRunEnd('r', { status: 'completed', errorMessage: 'one', finalContext: { n: 1, old: true } })
    await t.backend.saveRunEnd('r', { status: 'failed', errorMessage: 'two', finalContext: { n: 2 } })
    const { status, errorMessage, finalContext } = await runOf(t, 'r')
    t.assert.equal(
      { status, errorMessage, finalContext },
      { status: 'failed', errorMessage: 'two', finalContext: { n: 2 } },
    )
  }),

  rule('RUN-20', 'An error message of a run keeps any text exactly.', RUNS, async (t) => {
    const texts = [
      '',
      ' \r\n',
      'NUL \u0000, half \ud800',
      '\udc00\ud800',
      "'; DROP TABLE runs; --",
      'é'.repeat(100_000),
    ]
    for (const errorMessage of texts) {
      await t.backend.saveRunEnd('r', { errorMessage })
      t.assert.equal((await runOf(t, 'r')).errorMessage, errorMessage)
    }
  }),

  rule('RUN-21', 'Numbers of a run keep 0 apart from null, keep fractions, and store -0 as 0.', RUNS, async (t) => {
    const numbers = [0, 0.1 + 0.2, 5e-324, Number.MAX_VALUE, -1.5]
    for (const value of numbers) {
      await t.backend.saveRunEnd('r', { executionTimeMs: value, memoryUsageMb: value, totalCostUsd: value })
      const { executionTimeMs, memoryUsageMb, totalCostUsd } = await runOf(t, 'r')
      t.assert.equal([executionTimeMs, memoryUsageMb, totalCostUsd], [value, value, value])
    }
    await t.backend.saveRunEnd('r', { executionTimeMs: -0, memoryUsageMb: -0, totalSteps: -0, totalCostUsd: -0 })
    const { executionTimeMs, memoryUsageMb, totalSteps, totalCostUsd } = await runOf(t, 'r')
    t.assert.equal([executionTimeMs, memoryUsageMb, totalSteps, totalCostUsd], [0, 0, 0, 0], 'of -0')
  }),

  rule('RUN-22', 'metadata and finalContext of a run hold every storable value.', RUNS, async (t) => {
    const all = () => Object.fromEntries(Object.entries(t.gen.values).map(([name, make]) => [name, make()]))
    await t.backend.saveRunStart({ runId: 'r', metadata: wrong(all()) })
    await t.backend.saveRunEnd('r', { finalContext: wrong(all()) })
    const { metadata, finalContext } = await runOf(t, 'r')
    t.assert.equal(metadata, all(), 'metadata')
    t.assert.equal(finalContext, all(), 'finalContext')
  }),

  ruleFor(
    'RUN-16',
    'saveRunStart refuses wrong data with VALIDATION and the path of the field, and writes nothing.',
    RUNS,
    BAD_STARTS,
    async (t, [path, data]) => {
      const before = await t.dump()
      await t.assert.rejects(() => t.backend.saveRunStart(wrong(data)), 'VALIDATION', { path })
      t.assert.equal(await t.dump(), before, 'the store afterwards')
    },
  ),

  ruleFor(
    'RUN-23',
    'saveRunEnd refuses wrong data with VALIDATION and the path of the field, and writes nothing.',
    RUNS,
    BAD_ENDS,
    async (t, [path, data]) => {
      await t.backend.saveRunStart({ runId: 'r' })
      const before = await t.dump()
      await t.assert.rejects(() => t.backend.saveRunEnd('r', wrong(data)), 'VALIDATION', { path })
      await t.assert.rejects(() => t.backend.saveRunEnd('unknown', wrong(data)), 'VALIDATION', { path })
      t.assert.equal(await t.dump(), before, 'the store afterwards')
    },
  ),
]
