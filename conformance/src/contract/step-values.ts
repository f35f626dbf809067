import { wrong } from '../fixtures/runs.js'
import { type Rule, rule, ruleFor } from '../rule.js'

const STEPS = { requires: ['steps'] } as const
const SLOTS = ['input', 'output', 'rawResponse'] as const

const BAD_STEPS: Readonly<Record<string, readonly [path: string, fields: Readonly<Record<string, unknown>>]>> = {
  'no run id': ['$.runId', { runId: undefined }],
  'no name': ['$.stepName', { stepName: undefined }],
  'an empty name': ['$.stepName', { stepName: '' }],
  'no index': ['$.stepIndex', { stepIndex: undefined }],
  'a negative index': ['$.stepIndex', { stepIndex: -1 }],
  'a fractional index': ['$.stepIndex', { stepIndex: 1.5 }],
  'an index past the safe integers': ['$.stepIndex', { stepIndex: 2 ** 53 }],
  'an index as text': ['$.stepIndex', { stepIndex: '1' }],
  'NaN for the index': ['$.stepIndex', { stepIndex: Number.NaN }],
  'an unknown status': ['$.status', { status: 'done' }],
  'null for the status': ['$.status', { status: null }],
  'an infinite cost': ['$.costUsd', { costUsd: Number.POSITIVE_INFINITY }],
  'fractional tokens': ['$.tokenCounts', { tokenCounts: 1.5 }],
  'an object for the tokens': ['$.tokenCounts', { tokenCounts: { input: 1 } }],
  'a duration as text': ['$.executionTimeMs', { executionTimeMs: '1' }],
  'a time as text': ['$.createdAt', { createdAt: '2026-03-01' }],
  'an invalid date': ['$.createdAt', { createdAt: new Date(Number.NaN) }],
  'an empty execution id': ['$.executionId', { executionId: '' }],
  'a number for the execution id': ['$.executionId', { executionId: 1 }],
  'an error for its message': ['$.errorMessage', { errorMessage: new Error('no') }],
  'an unknown field': ['$.result', { result: 1 }],
}

export const stepValueRules: readonly Rule[] = [
  ruleFor(
    'STP-06',
    'The payloads of a step hold every storable value; left out is null.',
    STEPS,
    Object.fromEntries(SLOTS.map((slot) => [slot, slot])),
    async (t, slot) => {
      const names = Object.keys(t.gen.values)
      const stored = () => names.map((name) => t.gen.values[name]?.())
      for (const [index, value] of stored().entries())
        await t.backend.saveStepResult(t.gen.step('r', index, { [slot]: wrong(value) }))
      const listed = await t.backend.listRunSteps('r')
      for (const [index, value] of stored().entries())
        t.assert.equal(listed[index]?.[slot], value === undefined ? null : value, names[index])
    },
  ),

  rule('STP-07', 'Numbers of a step keep 0 apart from null, keep fractions, and store -0 as 0.', STEPS, async (t) => {
    const cases = [
      [0, 0, 0],
      [null, null, null],
      [0.1 + 0.2, 1, 1 / 3],
      [5e-324, Number.MAX_SAFE_INTEGER, Number.MAX_VALUE],
      [-1.5, -1, -0.25],
    ] as const
    for (const [index, [costUsd, tokenCounts, executionTimeMs]] of cases.entries())
      await t.backend.saveStepResult(t.gen.step('r', index, { costUsd, tokenCounts, executionTimeMs }))
    await t.backend.saveStepResult(t.gen.step('r', cases.length, { costUsd: -0, tokenCounts: -0, executionTimeMs: -0 }))
    const listed = await t.backend.listRunSteps('r')
    const numbers = listed.map(({ costUsd, tokenCounts, executionTimeMs }) => [costUsd, tokenCounts, executionTimeMs])
    t.assert.equal(numbers, [...cases, [0, 0, 0]])
  }),

  rule(
    'STP-09',
    'A step that cannot be stored is refused with the path; nothing of it is stored.',
    STEPS,
    async (t) => {
      await t.backend.saveStepResult(t.gen.step('r', 0, { output: 'old' }))
      const before = await t.dump()
      for (const slot of SLOTS)
        for (const [name, { make, path }] of Object.entries(t.gen.unstorable))
          for (const runId of ['r', 'unknown']) {
            const step = t.gen.step(runId, 0, { [slot]: wrong(make()) })
            const error = await t.assert.rejects(() => t.backend.saveStepResult(step), 'SERIALIZATION', { what: name })
            const expected = `$.${slot}${path.slice(1)}`
            t.assert.ok(error.path?.startsWith(expected), `${name}: the path begins with ${expected}, is ${error.path}`)
          }
      t.assert.equal(await t.dump(), before, 'the store afterwards')
    },
  ),

  ruleFor(
    'STP-11',
    'saveStepResult refuses wrong data with VALIDATION and the path of the field, and writes nothing.',
    STEPS,
    BAD_STEPS,
    async (t, [path, fields]) => {
      await t.backend.saveStepResult(t.gen.step('r', 0))
      const before = await t.dump()
      for (const runId of ['r', 'unknown']) {
        const step = { ...t.gen.step(runId, 0), ...fields }
        await t.assert.rejects(() => t.backend.saveStepResult(wrong(step)), 'VALIDATION', { path })
      }
      t.assert.equal(await t.dump(), before, 'the store afterwards')
    },
  ),
]
