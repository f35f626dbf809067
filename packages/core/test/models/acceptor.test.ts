import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { acceptorOf, UNSURE } from '../../src/models/acceptor.js'
import * as claims from '../../src/models/claim.js'
import * as common from '../../src/models/common.js'
import { evaluationInput } from '../../src/models/evaluation.js'
import { runEnd, runStart } from '../../src/models/run.js'
import { stepInput } from '../../src/models/step.js'
import { storableObject } from '../../src/models/storable.js'
import { spanInputs, spanNodeInput } from '../../src/models/trace.js'
import { workflowStateInput, workflowStatePatch } from '../../src/models/workflow-state.js'
import { present } from '../support/present.js'

/** Every record that a write takes. */
const records = {
  workflowStateInput,
  workflowStatePatch,
  runStart,
  runEnd,
  stepInput,
  spanNodeInput,
  evaluationInput,
  lease: claims.lease,
  claimOptions: claims.claimOptions,
  writeOptions: claims.writeOptions,
  versionedOptions: claims.versionedOptions,
  writeOptionsWithState: claims.writeOptionsWithState,
  versionedOptionsWithState: claims.versionedOptionsWithState,
  deleteRunOptions: claims.deleteRunOptions,
}
const others = {
  spanInputs,
  identifier: common.identifier,
  freeText: common.freeText,
  time: common.time,
  finite: common.finite,
  count: common.count,
  milliseconds: common.milliseconds,
  storableObject,
}

class Foreign {
  x = 1
}
const good = fc.constantFrom<unknown>(
  'a',
  'paused',
  1,
  0.5,
  -0,
  new Date(5),
  {},
  { x: 1 },
  [{}],
  [],
  null,
  undefined,
  true,
)
const anything = fc.oneof(
  good,
  fc.string({ unit: 'binary', maxLength: 4 }),
  fc.double(),
  fc.maxSafeInteger(),
  fc.constantFrom<unknown>('', 'ü'.repeat(512), 'ü'.repeat(513), '€'.repeat(400), '\ud800', 'a\u0085', 'é'),
  fc.constantFrom<unknown>(Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, -1, 1n, Symbol.iterator, () => 1),
  fc.constantFrom<unknown>(new Date(Number.NaN), new Date(common.MIN_TIME - 1), new Date(common.MAX_TIME)),
  fc.constantFrom<unknown>(Object.create(null), new Foreign(), new Map(), [1], new Array(1), Promise.resolve()),
)

/** What a schema gives, without what was not given; null if it refuses. */
function outputOf(schema: z.ZodType, input: unknown): unknown {
  const { success, data } = schema.safeParse(input)
  return success ? normal(data) : null
}
const isRecord = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value)
const normal = (value: unknown) => (isRecord(value) && !(value instanceof Date) ? present(value as object) : value)

/** The acceptor never takes what zod refuses, and gives what zod gives. Says whether it took the input. */
function agrees(schema: z.ZodType, input: unknown): boolean {
  const output = acceptorOf(schema)?.(input)
  if (output === UNSURE) return false
  expect(schema.safeParse(input).success).toBe(true)
  expect(normal(output)).toStrictEqual(outputOf(schema, input))
  return true
}

/** A good value for each field of a record, found by asking zod. */
function goodFields(schema: z.ZodObject): Record<string, unknown[]> {
  const pool = [
    ...fc.sample(good, { numRuns: 200, seed: 1 }),
    new Date(0),
    { runId: 'r', owner: 'o', fence: 1, expiresAt: new Date(1) },
  ]
  const fields = Object.entries(schema.shape as Record<string, z.ZodType>)
  return Object.fromEntries(fields.map(([key, field]) => [key, pool.filter((value) => field.safeParse(value).success)]))
}

describe.each(Object.entries<z.ZodObject>(records))('the acceptor of %s', (_name, schema) => {
  const fields = goodFields(schema)
  const keys = Object.keys(fields)
  const goodRecord = fc.record(
    Object.fromEntries(keys.map((key) => [key, fc.constantFrom(...(fields[key] as unknown[]))])),
    {
      noNullPrototype: true,
      requiredKeys: keys.filter((key) => !(schema.shape[key] as z.ZodType).safeParse(undefined).success),
    },
  )

  it('takes all that zod takes of plain objects, and gives the same', () => {
    fc.assert(fc.property(goodRecord, (input) => agrees(schema, input) === schema.safeParse(input).success))
  })

  it('takes nothing that zod refuses', () => {
    const key = fc.oneof(fc.constantFrom(...keys), fc.constantFrom('unknown', '__proto__', 'constructor'))
    fc.assert(
      fc.property(goodRecord, key, anything, fc.boolean(), (record, key, value, enumerable) => {
        const input = { ...record }
        Object.defineProperty(input, key, { value, enumerable, configurable: true })
        agrees(schema, input)
      }),
    )
    for (const input of [null, undefined, 1, 'x', [], new Foreign(), new Date(0)]) agrees(schema, input)
  })

  it('reads every property once', () => {
    const accepted = goodRecord.filter((input) => schema.safeParse(input).success)
    const [record] = fc.sample(accepted, { numRuns: 1, seed: 2 }) as [Record<string, unknown>]
    const reads: string[] = []
    const input = {}
    for (const [key, value] of Object.entries(record)) {
      const get = () => {
        reads.push(key)
        return value
      }
      Object.defineProperty(input, key, { enumerable: true, get })
    }
    expect(acceptorOf(schema)?.(input)).not.toBe(UNSURE)
    expect(reads).toEqual(Object.keys(record))
  })
})

describe.each(Object.entries<z.ZodType>(others))('the acceptor of %s', (_name, schema) => {
  it('takes nothing that zod refuses, and gives what zod gives', () => {
    fc.assert(fc.property(anything, (input) => void agrees(schema, input)))
  })
})

describe('a list of spans', () => {
  it('is taken whole, or left to zod', () => {
    const span = { spanId: 's', name: 'n', startTime: 0, events: [{ name: 'e', time: 1, attributes: {} }] }
    expect(agrees(spanInputs, [span, { ...span, endTime: -0 }])).toBe(true)
    for (const wrong of [{ ...span, events: [{}] }, { ...span, spanId: '' }, 1, undefined])
      expect(agrees(spanInputs, [span, wrong])).toBe(false)
  })
})

describe('what only zod can judge', () => {
  it.each<[string, z.ZodType]>([
    ['a check', z.string().min(2)],
    ['a transform', z.string().transform(Number)],
    ['a default', z.strictObject({ a: z.number().default(1) })],
    ['an object that is not strict', z.object({ a: z.unknown() })],
    ['a check of an object that may add issues', z.strictObject({ a: z.unknown() }).superRefine(() => {})],
  ])('%s has no acceptor', (_what, schema) => {
    expect(acceptorOf(schema)).toBe(null)
  })
})
