import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { difference } from '../src/equality.js'
import { RICH_VALUES, STORABLE_VALUES } from '../src/fixtures/values.js'

const sparse = (length: number) => new Array(length)
const withPrototype = Object.create({ inherited: 1 })

describe('values that are equal', () => {
  it.each(Object.entries(STORABLE_VALUES))('%s', (_, make) => {
    expect(difference(make(), make())).toBeNull()
  })

  it('objects whatever the order of their keys', () => {
    expect(difference({ a: 1, b: { c: 2, d: 3 } }, { b: { d: 3, c: 2 }, a: 1 })).toBeNull()
  })

  it('cycles of the same shape', () => {
    const ring = () => {
      const value: Record<string, unknown> = { n: 1 }
      value.self = { back: value }
      return value
    }
    expect(difference(ring(), ring())).toBeNull()
  })

  it('trees deeper than the stack', () => {
    const deep = (end: unknown) => {
      let value = end
      for (let level = 0; level < 100_000; level++) value = [value]
      return value
    }
    expect(difference(deep(1), deep(1))).toBeNull()
    expect(difference(deep(1), deep(2))).toContain('expected 2, got 1')
  })
})

describe('values that differ', () => {
  const pairs: Record<string, [unknown, unknown]> = {
    '0 and -0': [0, -0],
    'null and undefined': [null, undefined],
    'a missing and an undefined property': [{}, { a: undefined }],
    'an undefined and a missing property': [{ a: undefined }, {}],
    'a hole and undefined': [sparse(1), [undefined]],
    'arrays of other lengths': [[1], [1, 2]],
    'trailing holes': [sparse(2), sparse(3)],
    'number and text': [1, '1'],
    'number and bigint': [1, 1n],
    'array and object': [[], {}],
    'a plain and a null-prototype object': [{}, Object.create(null)],
    'another prototype': [withPrototype, {}],
    'Date and text': [new Date(0), '1970-01-01T00:00:00.000Z'],
    'two instants': [new Date(0), new Date(1)],
    'a valid and an invalid Date': [new Date(0), new Date(Number.NaN)],
    'Map and object': [new Map([['a', 1]]), { a: 1 }],
    'Maps in another order': [
      new Map([
        [1, 1],
        [2, 2],
      ]),
      new Map([
        [2, 2],
        [1, 1],
      ]),
    ],
    'the key of a Map': [new Map([[{ a: 1 }, 1]]), new Map([[{ a: 2 }, 1]])],
    Sets: [new Set([1]), new Set([2])],
    'flags of a RegExp': [/a/g, /a/i],
    URLs: [new URL('a:b'), new URL('a:c')],
    'typed arrays of another type': [new Uint8Array([1]), new Int8Array([1])],
    bytes: [new Uint8Array([1]), new Uint8Array([2])],
    'Buffer and Uint8Array': [Buffer.from([1]), new Uint8Array([1])],
    'the message of an Error': [new Error('a'), new Error('b')],
    'the class of an Error': [
      Object.assign(new TypeError('a'), { stack: '' }),
      Object.assign(new Error('a'), { stack: '' }),
    ],
    'an extra property of an array': [Object.assign([1], { extra: 1 }), [1]],
    'a symbol key': [{ [Symbol.for('a')]: 1 }, {}],
    'an own __proto__ key': [JSON.parse('{"__proto__":1}'), {}],
    'a property and an accessor': [
      {
        get a() {
          return 1
        },
      },
      { a: 1 },
    ],
    'two functions': [() => 1, () => 1],
  }
  it.each(Object.entries(pairs))('%s', (_, [actual, expected]) => {
    expect(difference(actual, expected)).not.toBeNull()
    expect(difference(expected, actual)).not.toBeNull()
  })

  it('all values of the codec, each from every other', () => {
    const values = Object.entries(RICH_VALUES)
    for (const [name, make] of values)
      for (const [other, makeOther] of values)
        if (name !== other) expect(difference(make(), makeOther()), `${name}, ${other}`).not.toBeNull()
  })
})

describe('the difference', () => {
  it('names the place of the first difference', () => {
    expect(difference({ a: [1, { 'b c': 2 }] }, { a: [1, { 'b c': 3 }] })).toBe('at $.a[1]["b c"]: expected 3, got 2')
    expect(difference({ a: 1 }, {})).toBe('at $: unexpected .a = 1')
    expect(difference([], [1])).toBe('at $: [0] is missing, expected 1')
  })

  it('is none for anything made twice', () => {
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withNullPrototype: true,
      withSet: true,
      withSparseArray: true,
      withTypedArray: true,
    })
    fc.assert(
      fc.property(fc.clone(anything, 2), ([a, b]) => {
        expect(difference(a, b)).toBeNull()
      }),
    )
  })
})
