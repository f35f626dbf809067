import type { WorkflowState } from '@flujo-state/core'
import type { RuleContext } from '../context.js'
import { roundTrip, savedIds } from '../fixtures/workflows.js'
import { type Rule, rule, ruleFor } from '../rule.js'

const requires = { requires: ['states'] } as const
const START = new Date('2026-03-01T00:00:00.000Z')

/** What a snapshot becomes when nothing but the required fields is given. */
const DEFAULTS = {
  lastStepOutput: null,
  stepHistory: [],
  createdAt: START,
  updatedAt: START,
  totalSteps: 0,
  errorMessage: null,
  executionTimeMs: null,
  memoryUsageMb: null,
  metadata: {},
  isBackgroundTask: false,
  parentRunId: null,
  taskId: null,
  backgroundError: null,
} as const

/** The snapshot without its version, which has rules of its own. */
async function load(t: RuleContext, runId: string): Promise<Omit<WorkflowState, 'version'>> {
  const { version, ...state } = t.assert.present(await t.backend.loadState(runId), `the snapshot of ${runId}`)
  t.assert.ok(Number.isSafeInteger(version) && version >= 1, `version is a positive integer, got ${version}`)
  return state
}

const TIMES = {
  past: [new Date('1970-01-01T00:00:00.000Z'), new Date('1999-12-31T23:59:59.999Z')],
  future: [new Date('2099-01-01T00:00:00.001Z'), new Date('9999-12-31T23:59:59.999Z')],
  equal: [new Date('2026-01-01T00:00:00.500Z'), new Date('2026-01-01T00:00:00.500Z')],
  'before 1970': [new Date('0001-01-01T00:00:00.000Z'), new Date(-1)],
  'updated before created': [new Date('2026-02-02T00:00:00.000Z'), new Date('2026-01-01T00:00:00.000Z')],
} as const

const DISTINCT = [null, false, 0, '', [], {}]

export const workflowStateRules: readonly Rule[] = [
  rule('STA-01', 'A saved snapshot is loaded as it was saved.', requires, async (t) => {
    const input = t.gen.fullState()
    await t.backend.saveState('a', input)
    t.assert.equal(await load(t, 'a'), { runId: 'a', ...input })
  }),

  rule('STA-02', 'An id that was never saved loads as null.', requires, async (t) => {
    await t.backend.saveState('a', t.gen.state())
    for (const runId of ['b', 'A', 'a ', 'aa']) t.assert.equal(await t.backend.loadState(runId), null, runId)
  }),

  rule(
    'STA-03',
    'Saving again replaces the snapshot as a whole; nothing of the first remains, at any depth.',
    requires,
    async (t) => {
      await t.backend.saveState(
        'a',
        t.gen.fullState({ pipelineContext: { a: { b: 1, c: 2 }, d: 3 }, metadata: { x: { y: 1 } } }),
      )
      const second = t.gen.state({ pipelineContext: { a: { b: 9 } }, metadata: { x: {} }, createdAt: START })
      await t.backend.saveState('a', second)
      t.assert.equal(await load(t, 'a'), { ...DEFAULTS, runId: 'a', ...second })
    },
  ),

  rule('STA-04', 'Saving an identical snapshot again leaves one snapshot, with equal data.', requires, async (t) => {
    for (let i = 0; i < 3; i++) await t.backend.saveState('a', t.gen.fullState({ createdAt: START, updatedAt: START }))
    t.assert.equal(await load(t, 'a'), { runId: 'a', ...t.gen.fullState({ createdAt: START, updatedAt: START }) })
    t.assert.equal(await savedIds(t), ['a'], 'ids listed')
  }),

  rule(
    'STA-05',
    'Saving or deleting one id touches no other, not even one with a common prefix.',
    requires,
    async (t) => {
      const all = ['run', 'run-1', 'run-11', 'ru', 'run/1', 'run%', 'run_1']
      for (const runId of all) await t.backend.saveState(runId, t.gen.state({ pipelineContext: { of: runId } }))
      await t.backend.saveState('run', t.gen.state({ pipelineContext: { of: 'second' } }))
      await t.backend.deleteState('run-1')
      await t.backend.deleteState('run%')
      for (const runId of all.filter((id) => id !== 'run-1' && id !== 'run%'))
        t.assert.equal((await load(t, runId)).pipelineContext, { of: runId === 'run' ? 'second' : runId }, runId)
      t.assert.equal((await savedIds(t)).length, all.length - 2, 'how many are left')
    },
  ),

  rule('STA-06', 'A snapshot whose own runId is another one is refused.', requires, async (t) => {
    await t.assert.rejects(t.backend.saveState('a', t.gen.state({ runId: 'b' })), 'VALIDATION', { path: '$.runId' })
    t.assert.equal(await savedIds(t), [], 'ids listed')
    await t.backend.saveState('a', t.gen.state({ runId: 'a' }))
    await t.assert.rejects(t.backend.updateState('a', { runId: 'b' }), 'VALIDATION', { path: '$.runId' })
    t.assert.equal((await load(t, 'a')).runId, 'a', 'runId')
  }),

  ruleFor(
    'STA-07',
    'createdAt and updatedAt come back as given.',
    requires,
    TIMES,
    async (t, [createdAt, updatedAt]) => {
      await t.backend.saveState('a', t.gen.state({ createdAt, updatedAt }))
      const state = await load(t, 'a')
      t.assert.equal([state.createdAt, state.updatedAt], [createdAt, updatedAt])
    },
  ),

  rule('STA-08', 'A field left out, or given as undefined, comes back as its default.', requires, async (t) => {
    await t.backend.saveState('a', t.gen.state())
    t.assert.equal(await load(t, 'a'), { ...DEFAULTS, runId: 'a', ...t.gen.state() }, 'left out')
    const undefineds = Object.fromEntries(Object.keys(DEFAULTS).map((field) => [field, undefined]))
    await t.backend.saveState('b', t.gen.state(undefineds))
    t.assert.equal(await load(t, 'b'), { ...DEFAULTS, runId: 'b', ...t.gen.state() }, 'given as undefined')
  }),

  rule('STA-09', 'null, false, 0, "", [] and {} stay apart in every payload.', requires, async (t) => {
    for (const value of DISTINCT) {
      t.assert.equal(await roundTrip(t, 'lastStepOutput', value), value, 'lastStepOutput')
      t.assert.equal(await roundTrip(t, 'metadata', { value }), { value }, 'metadata')
    }
    const stepHistory = DISTINCT.map((value) => ({ value }))
    t.assert.equal(await roundTrip(t, 'stepHistory', stepHistory), stepHistory, 'stepHistory')
  }),

  rule('STA-10', 'stepHistory keeps order, length and repetitions.', requires, async (t) => {
    const item = { step: 'same' }
    const stepHistory = [item, { step: 'b' }, item, {}, item, { step: 'a' }]
    t.assert.equal(await roundTrip(t, 'stepHistory', stepHistory), stepHistory)
    const long = Array.from({ length: 1_001 }, (_, n) => ({ n }))
    t.assert.equal(await roundTrip(t, 'stepHistory', long), long, '1,001 items')
  }),

  rule(
    'STA-14',
    'A deleted snapshot is gone from every view.',
    { requires: ['states', 'backgroundTasks', 'stats'] },
    async (t) => {
      const empty = await t.dump(t.backend, ['a', 'b'])
      await t.backend.saveState('a', t.gen.state({ status: 'failed', isBackgroundTask: true }))
      await t.backend.saveState('b', t.gen.fullState())
      await t.backend.deleteState('a')
      await t.backend.deleteState('b')
      t.assert.equal(await t.dump(), empty)
      t.assert.equal(await t.backend.getFailedBackgroundTasks(), [], 'failed background tasks')
    },
  ),

  rule('STA-15', 'Deleting an unknown or already deleted id resolves.', requires, async (t) => {
    t.assert.equal(await t.assert.resolves(t.backend.deleteState('nobody'), 'an unknown id'), undefined)
    await t.backend.saveState('a', t.gen.state())
    for (let i = 0; i < 2; i++) t.assert.equal(await t.backend.deleteState('a'), undefined)
    t.assert.equal(await t.backend.loadState('a'), null)
  }),

  rule('STA-16', 'Saving again after a deletion starts clean.', requires, async (t) => {
    await t.backend.saveState('a', t.gen.fullState())
    await t.backend.deleteState('a')
    t.clock.advance(1_000)
    await t.backend.saveState('a', t.gen.state())
    const now = t.clock.now()
    t.assert.equal(await load(t, 'a'), { ...DEFAULTS, runId: 'a', ...t.gen.state(), createdAt: now, updatedAt: now })
  }),

  rule(
    'STA-18',
    'deleteState leaves the run, its steps, spans and evaluations, and the system state.',
    {
      requires: ['states', 'runs', 'steps', 'traces', 'evaluations', 'systemState'],
    },
    async (t) => {
      await t.backend.saveRunStart(t.gen.run('a', { metadata: { of: 'run' } }))
      await t.backend.saveStepResult(t.gen.step('a', 0, { output: 1 }))
      await t.backend.saveTrace('a', t.gen.span('root'))
      await t.backend.persistEvaluation('a', { score: 1 })
      await t.backend.setSystemState('a', { n: 1 })
      const before = await t.dump(t.backend, ['a'])
      await t.backend.saveState('a', t.gen.state())
      await t.backend.deleteState('a')
      t.assert.equal(await t.dump(), before)
    },
  ),

  rule('STA-19', 'A refused save leaves the snapshot that is there as it is.', requires, async (t) => {
    await t.backend.saveState('a', t.gen.fullState())
    const before = await t.dump()
    const wrong: Record<string, unknown>[] = [
      { status: 'no' },
      { pipelineContext: { f: () => 1 } },
      { stepHistory: [{}, { s: Symbol('s') }] },
      { extra: 1 },
    ]
    for (const overrides of wrong)
      await t.assert.rejects(() => t.backend.saveState('a', t.gen.state(overrides)), ['VALIDATION', 'SERIALIZATION'])
    t.assert.equal(await t.dump(), before)
  }),
]
