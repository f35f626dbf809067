import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createCodec } from '../../src/serialization/codec.js'
import { copyOfText, isStill } from '../../src/serialization/plain-copy.js'
import { plainJson, storable } from './arbitraries.js'

const codec = createCodec()
const copyOf = (value: unknown) => copyOfText(codec.encode(value))
const hidden = (key: PropertyKey) => Object.defineProperty({ a: 1 }, key, { value: 1 })

describe('isStill', () => {
  it('knows plain JSON again', () => {
    fc.assert(
      fc.property(plainJson, (json) => {
        const value: unknown = JSON.parse(JSON.stringify(json))
        expect(isStill(value, copyOf(value))).toBe(true)
      }),
    )
  })

  it('says yes only to what would be written as the same text', () => {
    const pair = fc.oneof(
      fc.tuple(storable, storable),
      storable.map((value) => [value, value] as const),
      fc.tuple(fc.jsonValue({ maxDepth: 1 }), fc.jsonValue({ maxDepth: 1 })),
    )
    fc.assert(
      fc.property(pair, ([one, other]) => {
        const text = codec.encode(one)
        if (isStill(other, copyOfText(text))) expect(codec.encode(other)).toBe(text)
      }),
      { numRuns: 1000 },
    )
  })

  it.each<[string, unknown, unknown]>([
    ['another value', { a: 1 }, { a: 2 }],
    ['another key', { a: 1 }, { b: 1 }],
    ['the keys in another order', { a: 1, b: 2 }, { b: 2, a: 1 }],
    ['a key more', { a: 1 }, { a: 1, b: 2 }],
    ['a key less', { a: 1, b: 2 }, { a: 1 }],
    ['undefined beside', { a: 1 }, { a: 1, b: undefined }],
    ['a symbol', { a: 1 }, { a: 1, [Symbol('x')]: 1 }],
    ['a hidden key', { a: 1 }, hidden('x')],
    ['a hidden symbol', { a: 1 }, hidden(Symbol('x'))],
    ['-0', [0], [-0]],
    ['0 as text', [0], ['0']],
    ['NaN', [null], [Number.NaN]],
    ['a hole', [null], new Array(1)],
    ['an item more', [1], [1, 2]],
    ['an item less', [1, 2], [1]],
    ['another key of an array', [1], Object.assign([1], { x: 1 })],
    ['a symbol of an array', [1], Object.assign([1], { [Symbol('x')]: 1 })],
    ['an array for an object', { 0: 1 }, [1]],
    ['an object for an array', [1], { 0: 1 }],
    ['no prototype', { a: 1 }, Object.assign(Object.create(null), { a: 1 })],
    ['a class', { a: 1 }, Object.assign(Object.create({ b: 1 }), { a: 1 })],
    ['an array of a class', [1], new (class extends Array {})(1).fill(1)],
    ['a Date', new Date(0), new Date(0)],
    ['a Map', { a: new Map([[1, 2]]) }, { a: new Map([[1, 2]]) }],
  ])('says no to %s', (_, before, after) => {
    expect(isStill(after, copyOf(before))).toBe(false)
  })
})
