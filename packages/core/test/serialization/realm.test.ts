import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { createCodec } from '../../src/serialization/index.js'
import { expectSame } from './strict-equal.js'

const codec = createCodec()
const trip = (value: unknown) => codec.decode(codec.encode(value))

describe('values of another realm come back as those of ours', () => {
  it('plain objects and arrays', () => {
    const value = runInNewContext(
      '({ a: [1, { b: null }], u: undefined, ["__proto__"]: 1, s: Object.assign([1, , 3], { x: 1 }) })',
    )
    expect(Object.getPrototypeOf(value)).not.toBe(Object.prototype)
    const ours = { a: [1, { b: null }], u: undefined, s: Object.assign(new Array(3), { 0: 1, 2: 3, x: 1 }) }
    expectSame(trip(value), Object.defineProperty(ours, '__proto__', { value: 1, enumerable: true }))
    expect(codec.encode(runInNewContext('({ a: [1, { b: null }] })'))).toBe('{"a":[1,{"b":null}]}')
  })

  it('built-in types, such as the errors that Node makes for code in jest', () => {
    const value = runInNewContext(
      '[new Date(5), new Map([[1, new Set([2])]]), /a/g, new Uint8Array([1, 2]), new Uint16Array([3]).buffer, new Float64Array(1)]',
    )
    const ours = [
      new Date(5),
      new Map([[1, new Set([2])]]),
      /a/g,
      new Uint8Array([1, 2]),
      new Uint16Array([3]).buffer,
      new Float64Array(1),
    ]
    expectSame(trip(value), ours)
    const error = trip(runInNewContext('Object.assign(new TypeError("x", { cause: 1 }), { code: "E" })')) as TypeError
    expect(error).toBeInstanceOf(TypeError)
    expect({ ...error, message: error.message, cause: error.cause }).toEqual({ code: 'E', message: 'x', cause: 1 })
  })

  it.each([
    'new (class Foo {})',
    'new (class Date extends globalThis.Date {})',
    'new (class extends Array {})',
    'Object.create({})',
    'Object.create(Date.prototype)',
    'Promise.resolve()',
    'new WeakSet()',
    '() => 1',
  ])('but not instances of classes: %s', (code) => {
    expect(() => codec.encode({ a: runInNewContext(code) })).toThrow(
      expect.objectContaining({ code: 'SERIALIZATION', path: '$.a' }),
    )
  })

  it('nor what only looks like an object of another realm', () => {
    class Lookalike {}
    Object.setPrototypeOf(Lookalike.prototype, null)
    Object.defineProperty(Lookalike, 'name', { value: 'Object' })
    const fake = Object.create(null, { constructor: { value: Object.assign(() => {}, { prototype: null }) } })
    const proto = Object.create(null)
    Object.defineProperty(proto, 'constructor', { value: Object })
    for (const value of [new Lookalike(), Object.create(fake), Object.create(proto)])
      expect(() => codec.encode(value)).toThrow(expect.objectContaining({ code: 'SERIALIZATION' }))
  })
})
