import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { contains } from '../../src/rules/containment.js'

const parse = (text: string): unknown => JSON.parse(text)

describe('contains', () => {
  it.each([
    ['everything contains {}', { a: 1 }, {}, true],
    ['a key of several', { a: 1, b: 2 }, { a: 1 }, true],
    ['another value', { a: 1 }, { a: 2 }, false],
    ['a missing key', { a: 1 }, { b: 1 }, false],
    ['a nested key', { a: { b: 1, c: 2 } }, { a: { c: 2 } }, true],
    ['a nested object asked of a value', { a: 1 }, { a: {} }, false],
    ['an empty nested object', { a: { b: 1 } }, { a: {} }, true],
    ['a value asked of a nested object', { a: {} }, { a: 1 }, false],
    ['number and text', { a: 1 }, { a: '1' }, false],
    ['number and true', { a: 1 }, { a: true }, false],
    ['0 and false', { a: 0 }, { a: false }, false],
    ['0 and empty text', { a: 0 }, { a: '' }, false],
    ['null and 0', { a: null }, { a: 0 }, false],
    ['null where the key is missing', {}, { a: null }, false],
    ['undefined where the key is missing', {}, { a: undefined }, false],
    ['undefined where it is there', { a: undefined }, { a: undefined }, true],
    ['null', { a: null }, { a: null }, true],
    ['equal arrays', { a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }, true],
    ['a part of an array', { a: [1, 2] }, { a: [1] }, false],
    ['an array in another order', { a: [1, 2] }, { a: [2, 1] }, false],
    ['a part of an object in an array', { a: [{ b: 1, c: 2 }] }, { a: [{ b: 1 }] }, false],
    ['an array and an object with its keys', { a: [1] }, { a: { 0: 1 } }, false],
    ['a key with dots is one key', { 'a.b': 1 }, { 'a.b': 1 }, true],
    ['a key with dots is no path', { a: { b: 1 } }, { 'a.b': 1 }, false],
    ['a key like an operator', { a: 1 }, { a: { $ne: 2 } }, false],
    ['dates', { a: new Date(5) }, { a: new Date(5) }, true],
    ['other dates', { a: new Date(5) }, { a: new Date(6) }, false],
    ['a date asked for {}', { a: new Date(5) }, { a: {} }, false],
    ['a map asked for {}', { a: new Map() }, { a: {} }, false],
    ['sets', { a: new Set(['x']) }, { a: new Set(['x']) }, true],
    ['NaN', { a: Number.NaN }, { a: Number.NaN }, true],
    ['objects without a prototype', { a: Object.create(null) }, { a: {} }, true],
  ])('%s', (_what, value, filter, expected) => {
    expect(contains(value, filter)).toBe(expected)
  })

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('finds %s only as an own key', (key) => {
    expect(contains({}, parse(`{"${key}":{}}`))).toBe(false)
    expect(contains(parse(`{"${key}":{"a":1,"b":2}}`), parse(`{"${key}":{"a":1}}`))).toBe(true)
    expect(contains(parse(`{"${key}":{"a":1}}`), parse(`{"${key}":{"a":2}}`))).toBe(false)
  })

  const object = fc.dictionary(fc.constantFrom('a', 'b', '__proto__'), fc.jsonValue({ maxDepth: 2 }), {
    noNullPrototype: true,
  })
  it('holds between an object and itself, and between an object and any part of it', () => {
    const holds = (value: object, keys: readonly string[]) => {
      const part = Object.fromEntries(Object.entries(value).filter(([key]) => keys.includes(key)))
      expect(contains(value, value)).toBe(true)
      expect(contains(value, part)).toBe(true)
      expect(contains({ x: value }, { x: part })).toBe(true)
    }
    fc.assert(fc.property(object, fc.subarray(['a', 'b', '__proto__']), holds))
  })

  it('is transitive', () => {
    const holds = (a: object, b: object, c: object) => {
      if (contains(a, b) && contains(b, c)) expect(contains(a, c)).toBe(true)
    }
    const small = fc.dictionary(fc.constantFrom('a', 'b'), fc.constantFrom(1, null, {}, { c: 1 }))
    fc.assert(fc.property(small, small, small, holds), { numRuns: 1000 })
  })
})
