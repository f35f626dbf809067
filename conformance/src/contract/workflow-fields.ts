import type { WorkflowStateInput } from '@flujo-state/core'
import { roundTrip, savedIds } from '../fixtures/workflows.js'
import { type Rule, rule, ruleFor } from '../rule.js'

const requires = { requires: ['states'] } as const

const BAD_COUNTS = [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, '1', 1n, null, true]
const FREE_TEXTS = [
  '',
  'line 1\nline 2\r\n\tend ',
  'NUL \u0000 inside',
  'lone \ud800 surrogate \udc00',
  '\\u0000 \\ud800 %00 \\',
  'x'.repeat(100_000),
]

export const workflowFieldRules: readonly Rule[] = [
  rule('STA-11', 'A status that is none is refused.', requires, async (t) => {
    for (const status of [
      'done',
      'RUNNING',
      ' running',
      'running ',
      '',
      'skipped',
      'pending',
      null,
      0,
      ['running'],
      {},
    ])
      await t.assert.rejects(() => t.backend.saveState('a', t.gen.state({ status: status as never })), 'VALIDATION', {
        path: '$.status',
        what: String(status),
      })
    t.assert.equal(await savedIds(t), [], 'ids listed')
  }),

  rule('STA-12', 'A required field that is missing is refused, and the error names it.', requires, async (t) => {
    for (const field of Object.keys(t.gen.state())) {
      const { [field as 'status']: _left, ...rest } = t.gen.state()
      const error = await t.assert.rejects(() => t.backend.saveState('a', rest as WorkflowStateInput), 'VALIDATION', {
        path: `$.${field}`,
      })
      t.assert.ok(error.message.includes(field), `the message names ${field}: ${error.message}`)
    }
    t.assert.equal(await savedIds(t), [], 'ids listed')
  }),

  rule(
    'STA-13',
    'A time that is no valid Date of the years 1 to 9999 is refused, text in particular.',
    requires,
    async (t) => {
      const bad = [
        new Date(Number.NaN),
        '2026-01-01T00:00:00Z',
        '2026-01-01',
        0,
        Date.now(),
        new Date(-62_135_596_800_001),
        new Date(253_402_300_800_000),
        {},
      ]
      for (const field of ['createdAt', 'updatedAt'])
        for (const value of bad)
          await t.assert.rejects(() => t.backend.saveState('a', t.gen.state({ [field]: value })), 'VALIDATION', {
            path: `$.${field}`,
          })
      t.assert.equal(await savedIds(t), [], 'ids listed')
    },
  ),

  ruleFor(
    'STA-17',
    'A count takes whole numbers from 0 to the largest safe integer, exactly, and refuses everything else.',
    requires,
    { currentStepIndex: 'currentStepIndex', totalSteps: 'totalSteps' } as const,
    async (t, field) => {
      for (const value of [0, 1, 2 ** 24 + 1, 2 ** 31, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER])
        t.assert.equal(await roundTrip(t, field, value), value, field)
      t.assert.equal(await roundTrip(t, field, -0), 0, `${field}: -0 is stored as 0`)
      for (const value of BAD_COUNTS)
        await t.assert.rejects(() => t.backend.saveState('bad', t.gen.state({ [field]: value })), 'VALIDATION', {
          path: `$.${field}`,
        })
      t.assert.equal(await t.backend.loadState('bad'), null)
    },
  ),

  ruleFor(
    'STA-20',
    'A measured number keeps 0 apart from null, and fractions; it refuses what is not finite.',
    requires,
    { executionTimeMs: 'executionTimeMs', memoryUsageMb: 'memoryUsageMb' } as const,
    async (t, field) => {
      for (const value of [0, null, 0.1 + 0.2, 1e-300, -1.5, 123_456_789.125, Number.MAX_VALUE, 5e-324])
        t.assert.equal(await roundTrip(t, field, value), value, field)
      t.assert.equal(await roundTrip(t, field, -0), 0, `${field}: -0 is stored as 0`)
      for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, '1', 1n, true, {}])
        await t.assert.rejects(() => t.backend.saveState('bad', t.gen.state({ [field]: value })), 'VALIDATION', {
          path: `$.${field}`,
        })
    },
  ),

  ruleFor(
    'STA-21',
    'Free text keeps any string exactly: empty, of many lines, with NUL and lone surrogates, 100,000 units long.',
    requires,
    { errorMessage: 'errorMessage', backgroundError: 'backgroundError' } as const,
    async (t, field) => {
      for (const text of FREE_TEXTS) t.assert.equal(await roundTrip(t, field, text), text, field)
      t.assert.equal(await roundTrip(t, field, null), null, field)
      const listed = (await t.backend.listWorkflows()).map((item) => item[field])
      t.assert.equal(listed.filter((text) => text !== null).sort(), [...FREE_TEXTS].sort(), `${field} in the list`)
    },
  ),

  rule('STA-22', 'A field that is not known is refused by its name.', requires, async (t) => {
    for (const field of ['extra', 'run_id', 'created_at', 'fence', 'toString', 'Status', ''])
      await t.assert.rejects(() => t.backend.saveState('a', t.gen.state({ [field]: 1 } as object)), 'VALIDATION', {
        what: field,
      })
    await t.assert.rejects(() => t.backend.saveState('a', t.gen.state({ extra: undefined } as object)), 'VALIDATION', {
      path: '$.extra',
    })
    t.assert.equal(await savedIds(t), [], 'ids listed')
  }),
]
