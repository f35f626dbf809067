import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { deepEqual } from '../../src/rules/deep-equal.js'

const nullProto = (entries: object) => Object.assign(Object.create(null), entries)
/** Builds each pair twice, so that equal values are never the same object. */
const values: readonly (readonly [string, () => unknown])[] = [
  ['null', () => null],
  ['undefined', () => undefined],
  ['false', () => false],
  ['true', () => true],
  ['0', () => 0],
  ['1', () => 1],
  ['1n', () => 1n],
  ['NaN', () => Number.NaN],
  ["''", () => ''],
  ["'1'", () => '1'],
  ['[]', () => []],
  ['[1]', () => [1]],
  ['[1, 2]', () => [1, 2]],
  ['[2, 1]', () => [2, 1]],
  ['[undefined]', () => [undefined]],
  ['[hole]', () => new Array(1)],
  ['{}', () => ({})],
  ['null prototype', () => nullProto({})],
  ['{ a: 1 }', () => ({ a: 1 })],
  ['{ a: undefined }', () => ({ a: undefined })],
  ['{ b: 1 }', () => ({ b: 1 })],
  ['{ 0: 1 }', () => ({ 0: 1 })],
  ['own __proto__', () => JSON.parse('{"__proto__":1}')],
  ['own __proto__ of another value', () => JSON.parse('{"__proto__":2}')],
  ['a date', () => new Date(5)],
  ['another date', () => new Date(6)],
  ['an invalid date', () => new Date(Number.NaN)],
  ['/a/', () => /a/],
  ['/a/g', () => /a/g],
  ['a URL', () => new URL('http://a/b')],
  ['another URL', () => new URL('http://a/c')],
  ['an error', () => new Error('a')],
  ['an error with another message', () => new Error('b')],
  ['an error with a cause', () => new Error('a', { cause: 1 })],
  ['a type error', () => new TypeError('a')],
  ['an error with a field', () => Object.assign(new Error('a'), { code: 1 })],
  ['a map', () => new Map([[1, 'a']])],
  ['a map with another value', () => new Map([[1, 'b']])],
  ['a map with another key', () => new Map([['1', 'a']])],
  ['an empty map', () => new Map()],
  ['a set', () => new Set([1])],
  ['another set', () => new Set([2])],
  ['an empty set', () => new Set()],
  ['bytes', () => new Uint8Array([1, 2])],
  ['other bytes', () => new Uint8Array([1, 3])],
  ['fewer bytes', () => new Uint8Array([1])],
  ['signed bytes', () => new Int8Array([1, 2])],
  ['a buffer', () => Buffer.from([1, 2])],
  ['an array buffer', () => new Uint8Array([1, 2]).buffer],
  ['another array buffer', () => new Uint8Array([1, 3]).buffer],
  ['a data view', () => new DataView(new Uint8Array([1, 2]).buffer)],
  ['another data view', () => new DataView(new Uint8Array([1, 3]).buffer)],
]

describe('deepEqual', () => {
  it.each(values)('finds %s equal to itself', (_name, make) => {
    expect(deepEqual(make(), make())).toBe(true)
  })

  it.each(values)('finds %s equal to nothing else', (name, make) => {
    const equals = values.filter(([, other]) => deepEqual(make(), other()) || deepEqual(other(), make()))
    expect(equals.map(([other]) => other)).toEqual([name])
  })

  it('takes 0 for -0', () => {
    expect(deepEqual([0], [-0])).toBe(true)
  })

  it('does not mind the order of keys', () => {
    expect(deepEqual({ a: 1, b: { c: 2, d: 3 } }, { b: { d: 3, c: 2 }, a: 1 })).toBe(true)
  })

  it('looks at own keys only', () => {
    expect(deepEqual({ constructor: undefined }, { a: undefined })).toBe(false)
    expect(deepEqual({ toString: 1 }, { valueOf: 1 })).toBe(false)
  })

  it('sees views of a part of a buffer', () => {
    const buffer = new Uint8Array([9, 1, 2]).buffer
    expect(deepEqual(new DataView(buffer, 1), new DataView(new Uint8Array([1, 2]).buffer))).toBe(true)
  })

  it('agrees with the comparison of JSON texts on JSON values', () => {
    const value = fc.jsonValue({ maxDepth: 2, noUnicodeString: true } as fc.JsonSharedConstraints)
    const sorted = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(sorted)
      if (typeof value !== 'object' || value === null) return value === 0 ? 0 : value
      return Object.entries(value)
        .map(([key, item]) => [key, sorted(item)] as const)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .concat([['type', 'object']])
    }
    const text = (value: unknown) => JSON.stringify(sorted(value))
    fc.assert(
      fc.property(value, value, (a, b) => deepEqual(a, b) === (text(a) === text(b))),
      { numRuns: 1000 },
    )
  })

  it('finds a deep copy equal and a changed one not', () => {
    const holds = (value: unknown) => {
      expect(deepEqual(value, structuredClone(value))).toBe(true)
      expect(deepEqual({ value, changed: 1 }, { value: structuredClone(value), changed: 2 })).toBe(false)
    }
    fc.assert(fc.property(fc.anything({ withDate: true, withMap: true, withSet: true, withBigInt: true }), holds))
  })
})
