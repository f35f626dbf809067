import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { contains } from '../../src/rules/containment.js'
import { createCodec, isDefaultCodec } from '../../src/serialization/codec.js'
import { mayHaveMembers, memberTexts } from '../../src/serialization/member-text.js'

class Money {
  readonly cents: number
  constructor(cents: number) {
    this.cents = cents
  }
}
const codec = createCodec().register<Money, number>('money', {
  is: (value) => value instanceof Money,
  encode: ({ cents }) => cents,
  decode: (cents) => new Money(cents),
})

// Few keys and values, so that many are equal or nearly so.
const key = fc.constantFrom('a', 'b', '$flujo', '__proto__', 'quo"te', 'é', '\0', '\ud800', 'a b')
const primitive = fc.constantFrom<unknown[]>(
  ...[
    0,
    -0,
    1,
    12,
    0.1,
    1e21,
    2 ** 60,
    Number.NaN,
    1n,
    '',
    '1',
    'a',
    'quo"te',
    '\0',
    '\ud800',
    '{"$flujo"',
    true,
    false,
  ],
  ...[null, undefined, new Date(0), new Money(1)],
)
const { value } = fc.letrec<{ value: unknown; object: Record<string, unknown> }>((tie) => ({
  value: fc.oneof({ withCrossShrink: true }, primitive, fc.array(tie('value'), { maxLength: 2 }), tie('object')),
  object: objectOf(tie('value')),
}))
function objectOf(value: fc.Arbitrary<unknown>) {
  const plain = fc.array(fc.tuple(key, value), { maxLength: 3 }).map((entries) => Object.fromEntries(entries))
  return fc.oneof(
    plain,
    plain.map((object): Record<string, unknown> => Object.assign(Object.create(null), object)),
  )
}
const object = objectOf(value)

describe('mayHaveMembers', () => {
  it('leaves out nothing that contains the filter', () => {
    const pair = fc.oneof(
      fc.tuple(object, object),
      // A part of the object, so that most of these match.
      object.chain((whole) => fc.subarray(Object.keys(whole)).map((keys) => [whole, part(whole, keys)] as const)),
    )
    let matches = 0
    const holds = ([whole, filter]: readonly [Record<string, unknown>, Record<string, unknown>]) => {
      const text = codec.encode(whole)
      if (!contains(codec.decode(text), filter)) return
      matches += 1
      expect(mayHaveMembers(text, memberTexts(filter))).toBe(true)
    }
    fc.assert(fc.property(pair, holds), { numRuns: 5000 })
    expect(matches).toBeGreaterThan(1000)
  })

  it.each([
    [{ a: 1 }, { a: 2 }],
    [{ a: 1 }, { a: '1' }],
    [{ a: 1 }, { b: 1 }],
    [{ a: 'x' }, { a: 'y' }],
    [{ a: { b: 1 } }, { a: 1 }],
    [{ b: new Date(0) }, { a: 1 }],
  ])('leaves out %j for %j', (whole, filter) => {
    expect(mayHaveMembers(codec.encode(whole), memberTexts(filter))).toBe(false)
  })

  it('knows nothing of members that are not primitives of JSON', () => {
    const filter = { a: {}, b: [], c: undefined, d: 1n, e: new Date(0), f: -0, g: Number.NaN }
    expect(memberTexts(filter)).toEqual([])
  })
})

describe('isDefaultCodec', () => {
  it('is true of codecs that createCodec made, and of none that wraps one', () => {
    expect(isDefaultCodec(codec)).toBe(true)
    expect(isDefaultCodec({ ...codec })).toBe(false)
    expect(isDefaultCodec(Object.create(codec))).toBe(false)
    expect(() => Object.assign(codec, { encode: () => '' })).toThrow(TypeError)
  })
})

function part(whole: Record<string, unknown>, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(keys.map((key) => [key, whole[key]]))
}
