import { afterEach, describe, expect, it } from 'vitest'
import { createCodec } from '../../src/serialization/index.js'
import { plainText } from '../../src/serialization/plain.js'
import { expectSame } from './strict-equal.js'

const codec = createCodec()

describe('the fast way', () => {
  it('takes plain JSON, whatever its shape', () => {
    for (const value of [
      null,
      true,
      0,
      -1.5,
      '',
      'x\0\ud800',
      '$flujo',
      [],
      {},
      [[]],
      { a: [{ b: null }] },
      Object.freeze([1]),
    ])
      expect(plainText(value)).toBe(JSON.stringify(value))
  })

  const rows = (last: object) => [{ id: 1, name: 'a' }, { id: 2, name: 'b' }, last]
  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['-0', [-0]],
    ['NaN', { a: Number.NaN }],
    ['a bigint', [1n]],
    ['a hole', Object.assign(new Array(3), { 0: 1, 2: 3 })],
    ['a hole at the end', new Array(1)],
    ['another key of an array', Object.assign([1], { x: 1 })],
    ['another key of an array of arrays', [[1], Object.assign([1], { x: 1 })]],
    ['a symbol of an array', [[1, 2], Object.assign([1], { [Symbol('x')]: 1 })]],
    ['another key in place of an item', Object.assign(new Array(2), { 1: 2, x: 1 })],
    ['a Date', { a: new Date() }],
    ['a null prototype', Object.create(null)],
    ['the reserved key', [{ $flujo: 1 }]],
    ['the reserved key in rows', [{ $flujo: 1 }, { $flujo: 2 }]],
    ['a hidden property of the first row', [Object.defineProperty({ id: 1 }, 'x', { value: 1 }), { id: 2 }]],
    ['a symbol in the first row', [{ id: 1, [Symbol('x')]: 1 }, { id: 2 }]],
    ['a symbol beside other keys than the row before had', rows({ id: 3, [Symbol('x')]: 1 })],
    [
      'a cycle',
      (() => {
        const a: unknown[] = []
        a.push([a])
        return a
      })(),
    ],
  ])('leaves %s to the other', (_, value) => {
    expect(plainText(value)).toBe(null)
  })

  it('forgets between calls which keys it has searched', () => {
    codec.encode({ a: 1 })
    expect(() => codec.encode({ a: 1, [Symbol('x')]: 1 })).toThrow(/a symbol key/)
  })
})

describe('a value that answers differently every time is neither dropped nor changed', () => {
  const answers: [string, unknown[]][] = [
    ['a number, then undefined', [1, undefined]],
    ['a number, then a function', [1, () => 1]],
    ['a number, then NaN', [1, Number.NaN]],
    ['a string, then a Date', ['x', new Date(1)]],
    ['an object, then another one', [{ a: 1 }, { a: new Date(1) }]],
    ['undefined, then a string', [undefined, 'x']],
  ]
  const changing = (values: unknown[]) => {
    let reads = 0
    return () => values[reads++ % values.length]
  }
  it.each(answers)('%s', (_, values) => {
    const property = { enumerable: true, configurable: true }
    for (const make of [
      () => Object.defineProperty({}, 'x', { ...property, get: changing(values) }),
      () => new Proxy({ x: 1 }, { get: changing(values) }),
    ]) {
      try {
        const { x } = codec.decode(codec.encode(make())) as { x: unknown }
        expect(values.some((value) => codec.encode(value) === codec.encode(x))).toBe(true)
      } catch (error) {
        expect(error).toMatchObject({ code: 'SERIALIZATION', path: '$.x' })
      }
    }
  })
})

describe('a changed Object.prototype', () => {
  afterEach(() => {
    Reflect.deleteProperty(Object.prototype, 'planted')
  })
  it('does not get into what is stored', () => {
    for (const planted of ['text', () => 1]) {
      Object.defineProperty(Object.prototype, 'planted', {
        value: planted,
        enumerable: true,
        configurable: true,
        writable: true,
      })
      expect(codec.encode({ a: [{}] })).toBe('{"a":[{}]}')
      expectSame(codec.decode(codec.encode({ a: new Set([{}]) })), { a: new Set([{}]) })
    }
  })
})
