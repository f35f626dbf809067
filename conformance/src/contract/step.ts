import { STEP_STATUSES, type StepInput, type StepRecord } from '@flujo-state/core'
import { fillRun, runOf, versionOf } from '../fixtures/runs.js'
import { fromNow, HOUR, many } from '../fixtures/workflows.js'
import { type Rule, rule } from '../rule.js'

const STEPS = { requires: ['steps'] } as const
const STEPS_AND_RUNS = { requires: ['steps', 'runs'] } as const

/** The record of a step that gave nothing but what it must. */
function blankStep(runId: string, stepIndex: number, createdAt: Date, fields: Partial<StepRecord> = {}): StepRecord {
  return {
    runId,
    stepName: `step ${stepIndex}`,
    stepIndex,
    status: 'completed',
    input: null,
    output: null,
    rawResponse: null,
    errorMessage: null,
    costUsd: null,
    tokenCounts: null,
    executionTimeMs: null,
    createdAt,
    executionId: String(stepIndex),
    ...fields,
  }
}

export const stepRules: readonly Rule[] = [
  rule('STP-01', 'All fields of a step come back from listRunSteps.', STEPS, async (t) => {
    const fields = {
      stepName: 'summarise',
      status: 'failed',
      input: { text: ['a'] },
      output: 'b',
      rawResponse: { choices: [{ delta: null }] },
      errorMessage: 'quota \u0000\ud800 exceeded',
      costUsd: 0.1 + 0.2,
      tokenCounts: 1234,
      executionTimeMs: 12.75,
      createdAt: fromNow(t, -HOUR),
      executionId: 'attempt 2',
    } as const satisfies Partial<StepInput>
    t.assert.equal(await t.backend.saveStepResult(t.gen.step('r', 4, fields)), undefined, 'the result, without state')
    t.assert.equal(await t.backend.listRunSteps('r'), [blankStep('r', 4, t.clock.now(), fields)])
  }),

  rule(
    'STP-08',
    "A step's status defaults to completed, its createdAt to now, its executionId to its index.",
    STEPS,
    async (t) => {
      const first = t.clock.now()
      await t.backend.saveStepResult({ runId: 'r', stepIndex: 7, stepName: 'step 7' })
      t.clock.advance(HOUR)
      await t.backend.saveStepResult({ runId: 'r', stepIndex: 8, stepName: 'step 8' })
      t.assert.equal(await t.backend.listRunSteps('r'), [blankStep('r', 7, first), blankStep('r', 8, t.clock.now())])
    },
  ),

  rule('STP-02', 'Steps come by stepIndex in numeric order, gaps allowed.', STEPS, async (t) => {
    const indexes = [10, 9, 100, 0, 2, Number.MAX_SAFE_INTEGER, 1, 2 ** 31, 2 ** 32]
    for (const index of indexes) await t.backend.saveStepResult(t.gen.step('r', index))
    const listed = (await t.backend.listRunSteps('r')).map(({ stepIndex }) => stepIndex)
    t.assert.equal(
      listed,
      [...indexes].sort((a, b) => a - b),
    )
  }),

  rule(
    'STP-13',
    'Attempts with one stepIndex come in the order of first saving, also after one was saved again.',
    STEPS,
    async (t) => {
      const ids = async () => (await t.backend.listRunSteps('r')).map(({ executionId }) => executionId)
      for (const executionId of ['z', 'a', 'm', '10', '9']) {
        await t.backend.saveStepResult(t.gen.step('r', 1, { executionId }))
        t.clock.advance(-1)
      }
      await t.backend.saveStepResult(t.gen.step('r', 0))
      t.assert.equal(await ids(), ['0', 'z', 'a', 'm', '10', '9'])
      for (const executionId of ['a', 'z'])
        await t.backend.saveStepResult(t.gen.step('r', 1, { executionId, output: 2 }))
      t.assert.equal(await ids(), ['0', 'z', 'a', 'm', '10', '9'], 'after saving again')
    },
  ),

  rule('STP-03', 'listRunSteps of a run that nobody wrote gives an empty list.', STEPS, async (t) => {
    t.assert.equal(await t.assert.resolves(t.backend.listRunSteps('r'), 'an unknown run'), [])
    await t.backend.saveStepResult(t.gen.step('run', 0))
    t.assert.equal(await t.backend.listRunSteps('r'), [], 'beside an id that begins with it')
  }),

  rule('STP-04', 'Saving a step index again replaces the whole record.', STEPS, async (t) => {
    const full = {
      input: 1,
      output: 2,
      rawResponse: 3,
      errorMessage: 'x',
      costUsd: 1,
      tokenCounts: 2,
      executionTimeMs: 3,
    }
    await t.backend.saveStepResult(t.gen.step('r', 3, { ...full, status: 'failed' }))
    t.clock.advance(HOUR)
    await t.backend.saveStepResult({ runId: 'r', stepIndex: 3, stepName: 'again' })
    t.assert.equal(await t.backend.listRunSteps('r'), [blankStep('r', 3, t.clock.now(), { stepName: 'again' })])
  }),

  rule(
    'STP-14',
    'The execution id is the key of a step: the same id replaces, whatever the index; another id adds.',
    STEPS,
    async (t) => {
      await t.backend.saveStepResult(t.gen.step('r', 3))
      await t.backend.saveStepResult(t.gen.step('r', 3, { executionId: 'other' }))
      await t.backend.saveStepResult(t.gen.step('r', 5, { executionId: '3' }))
      const now = t.clock.now()
      const expected = [blankStep('r', 3, now, { executionId: 'other' }), blankStep('r', 5, now, { executionId: '3' })]
      t.assert.equal(await t.backend.listRunSteps('r'), expected)
    },
  ),

  rule('STP-15', 'Hostile execution ids and step names are kept apart and come back as they are.', STEPS, async (t) => {
    const ids = [...t.gen.ids]
    for (const id of ids) await t.backend.saveStepResult(t.gen.step('r', 0, { executionId: id, stepName: id }))
    const listed = (await t.backend.listRunSteps('r')).map(({ executionId, stepName }) => [executionId, stepName])
    t.assert.equal(
      listed,
      ids.map((id) => [id, id]),
    )
  }),

  rule(
    'STP-05',
    'A step saved before its run was started makes a placeholder run and survives the start.',
    STEPS_AND_RUNS,
    async (t) => {
      await t.backend.saveStepResult(t.gen.step('r', 0, { output: 'early' }))
      const steps = await t.backend.listRunSteps('r')
      t.assert.equal((await runOf(t, 'r')).placeholder, true, 'placeholder after the step')
      await t.backend.saveRunStart(t.gen.run('r'))
      t.assert.equal((await runOf(t, 'r')).placeholder, false, 'placeholder after the start')
      t.assert.equal(await t.backend.listRunSteps('r'), steps)
    },
  ),

  rule(
    'STP-16',
    "A step's status is one of six; it is the step's own and not the run's.",
    STEPS_AND_RUNS,
    async (t) => {
      for (const [index, status] of STEP_STATUSES.entries())
        await t.backend.saveStepResult(t.gen.step('r', index, { status }))
      t.assert.equal(
        (await t.backend.listRunSteps('r')).map(({ status }) => status),
        [...STEP_STATUSES],
      )
      t.assert.equal((await runOf(t, 'r')).status, 'running', "the run's status")
    },
  ),

  rule('STP-10', 'Steps belong to one run; deleteState leaves them.', { requires: ['steps', 'states'] }, async (t) => {
    for (const runId of ['a', 'b', 'a:0']) await t.backend.saveStepResult(t.gen.step(runId, 0, { output: runId }))
    await t.backend.saveState('a', t.gen.state())
    await t.backend.deleteState('a')
    for (const runId of ['a', 'b', 'a:0'])
      t.assert.equal(
        (await t.backend.listRunSteps(runId)).map(({ output }) => output),
        [runId],
        runId,
      )
  }),

  rule(
    'STP-17',
    'A step alone changes neither snapshot nor version nor what the run is.',
    { requires: ['steps', 'states', 'runs', 'traces', 'evaluations'] },
    async (t) => {
      await fillRun(t.backend, 'r')
      const [state, run, version] = [await t.backend.loadState('r'), await runOf(t, 'r'), await versionOf(t, 'r')]
      t.clock.advance(HOUR)
      await t.backend.saveStepResult(t.gen.step('r', 4, { status: 'failed', errorMessage: 'no' }))
      t.assert.equal(await t.backend.loadState('r'), state, 'the snapshot')
      t.assert.equal(await versionOf(t, 'r'), version, 'the version')
      const { status, errorMessage, totalSteps, createdAt } = await runOf(t, 'r')
      const { status: oldStatus, errorMessage: oldMessage, totalSteps: oldSteps, createdAt: created } = run
      t.assert.equal(
        { status, errorMessage, totalSteps, createdAt },
        { status: oldStatus, errorMessage: oldMessage, totalSteps: oldSteps, createdAt: created },
        'the run',
      )
      await t.backend.saveRunEnd('r', { status: 'cancelled' })
      await t.backend.saveStepResult(t.gen.step('r', 5))
      t.assert.equal((await runOf(t, 'r')).status, 'cancelled', 'a run that has ended, after a late step')
    },
  ),

  rule('STP-12', '10,000 steps come back complete and in order.', { ...STEPS, timeoutMs: 20_000 }, async (t) => {
    const size = 10_000
    // A step of 7,919, a prime: each index once, in no order.
    await many(size, (n) => t.backend.saveStepResult(t.gen.step('r', (n * 7_919) % size, { output: n })))
    const listed = await t.backend.listRunSteps('r')
    t.assert.equal(listed.length, size)
    t.assert.ok(
      listed.every(({ stepIndex, output }, index) => stepIndex === index && (output * 7_919) % size === index),
      'each step is in its place with its own output',
    )
  }),
]
