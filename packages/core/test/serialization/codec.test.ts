import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createCodec } from '../../src/serialization/index.js'
import { plainJson, storable } from './arbitraries.js'
import { difference, expectSame } from './strict-equal.js'

const codec = createCodec()
const trip = (value: unknown) => codec.decode(codec.encode(value))

/** An object with a property of any name. */
function own(key: string, value: unknown): object {
  return Object.defineProperty({}, key, { value, enumerable: true, writable: true, configurable: true })
}

const EXAMPLES: Record<string, () => unknown> = {
  undefined: () => undefined,
  'undefined inside': () => ({ a: undefined, b: [undefined, 1] }),
  'special numbers': () => [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 0, 5e-324, 1.7e308],
  bigints: () => [0n, -1n, 12345678901234567890123n],
  dates: () => [new Date(0), new Date(Number.NaN), new Date(8.64e15), new Date(-8.64e15), new Date(-62198755200000)],
  'a Map with keys of all kinds': () =>
    new Map<unknown, unknown>([
      ['a', 1],
      [1, 'a'],
      [Number.NaN, undefined],
      [{ x: 1 }, new Map()],
      [undefined, null],
    ]),
  'a Set': () => new Set<unknown>([1, '1', Number.NaN, undefined, [1], new Set()]),
  'a RegExp': () => Object.assign(/a\/b(?<n>\d)\n/giu, { lastIndex: 7 }),
  'a RegExp with an odd lastIndex': () => Object.assign(/x/, { lastIndex: { deep: [undefined] } }),
  URLs: () => [new URL('https://ä.example/a b?c#d'), new URL('data:text/plain,x'), new URL('file:///C:/x')],
  'array buffers and views': () => [
    new ArrayBuffer(0),
    new Uint8Array([1, 2, 3]).buffer,
    new DataView(new ArrayBuffer(8), 2, 3),
    new Float64Array([Number.NaN, -0, 1.5]),
    new BigInt64Array([-1n, 2n ** 62n]),
    new Uint8ClampedArray([255]),
    Buffer.from('hello'),
  ],
  'a view of part of a buffer': () => new Uint16Array(new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]).buffer, 2, 2),
  'a sparse array': () => Object.assign(new Array(4), { 0: 1, 2: undefined }),
  'an array of holes': () => new Array(5),
  'an array of the greatest length': () => new Array(2 ** 32 - 1),
  'an array with other keys': () => Object.assign([1, 2], { name: 'x', '-1': 0, '4294967295': 1 }),
  'a match of a RegExp': () => /b(?<rest>.)/.exec('abc'),
  'a null prototype': () => Object.assign(Object.create(null), { a: 1, $flujo: 'Date', toString: 'x' }),
  'keys of Object.prototype': () =>
    JSON.parse('{"__proto__":{"x":1},"constructor":2,"hasOwnProperty":null,"toString":3}'),
  'special values under __proto__': () => own('__proto__', own('__proto__', new Date(1))),
  'toJSON data': () => ({ toJSON: 5, nested: { toJSON: { toJSON: 'x' }, at: new Date(5) } }),
  'the reserved key': () => ({ $flujo: 'Date', value: 'x' }),
  'the reserved key, escaped, twice': () => ({ $flujo: 'object', value: { $flujo: 'object', value: { $flujo: 1 } } }),
  'the reserved key around special values': () => ({ $flujo: new Map([[{ $flujo: undefined }, 1]]), value: -0 }),
  'the reserved key in strings': () => ['$flujo', '{"$flujo":"undefined"}', { a: '$flujo' }],
  'odd strings and keys': () => ({ '\0': '\0', '\ud800': '\udfff', '': '', '$f\u006cujo ': '\\u0024flujo' }),
  'keys like integers': () => ({ b: 1, 2: undefined, 1: 'x', '-1': 0, '01': 1 }),
  'a frozen tree': () => Object.freeze({ a: Object.freeze([Object.freeze({ b: new Date(1) })]) }),
}

describe('what comes back is what was stored', () => {
  it.each(Object.entries(EXAMPLES))('%s', (_, make) => {
    expectSame(trip(make()), make())
    expectSame(trip({ deep: [make()] }), { deep: [make()] })
  })

  it('Float16Array, where there is one', () => {
    const Float16 = Reflect.get(globalThis, 'Float16Array') as typeof Float32Array | undefined
    if (Float16) expectSame(trip(new Float16([1.5, -0])), new Float16([1.5, -0]))
    else expect(() => codec.decode('{"$flujo":"Float16Array","value":"AAAA"}')).toThrow(/Float16Array/)
  })

  it('errors, with what they have and without what they lack', () => {
    const cause = new RangeError('inner')
    const coded = Object.assign(new TypeError('outer', { cause }), { code: 'E1', at: new Date(1) })
    const bare = new Error()
    delete bare.stack
    const renamed = new Error('x')
    renamed.name = 'Custom'
    const reassigned = new SyntaxError()
    reassigned.message = 'now it enumerates'
    const many = new AggregateError([coded, 1, undefined], 'many', { cause: undefined })
    for (const error of [coded, bare, renamed, reassigned, many]) {
      expectSame(trip(error), error)
      expect(trip(error)).toBeInstanceOf(Error)
    }
    expect((trip(coded) as Error).stack).toBe(coded.stack)
  })

  it('errors that Node itself makes', async () => {
    const errors = await Promise.all([
      import('node:fs/promises').then((fs) => fs.readFile('/nowhere')).catch((error) => error),
      Promise.resolve('no url')
        .then((text) => new URL(text))
        .catch((error) => error),
      Promise.resolve('{')
        .then(JSON.parse)
        .catch((error) => error),
    ])
    for (const error of errors) expectSame(trip(error), error)
  })

  it('the same object twice, as two', () => {
    const shared = { at: new Date(1) }
    const back = trip({ a: shared, b: [shared, shared], m: new Map([[shared, shared]]) }) as { a: object; b: object[] }
    expectSame(back, { a: shared, b: [shared, shared], m: new Map([[shared, shared]]) })
    expect(back.a).not.toBe(back.b[0])
  })

  it.each(['array', 'object', 'map', 'error', 'mixed'])('2,000 levels: %s', (kind) => {
    const wrap: Record<string, (inner: unknown) => unknown> = {
      array: (inner) => [inner],
      object: (inner) => ({ inner }),
      map: (inner) => new Map([['inner', inner]]),
      error: (cause) => Object.assign(new Error('x', { cause }), { stack: 'short' }),
    }
    const wraps = Object.values(wrap)
    let value: unknown = new Date(1)
    for (let level = 0; level < 2_000; level++) value = (wrap[kind] ?? wraps[level % wraps.length])?.(value)
    expectSame(trip(value), value)
  })

  it('a getter gives its value, read once where it could differ', () => {
    let reads = 0
    const value = {
      at: new Date(1),
      get counter() {
        return ++reads
      },
    }
    expectSame(trip(value), { at: new Date(1), counter: 1 })
  })

  it('a snapshot: later changes do not matter', () => {
    const value = { list: [1], map: new Map([['a', 1]]) }
    const stored = codec.encode(value)
    value.list.push(2)
    value.map.clear()
    expectSame(codec.decode(stored), { list: [1], map: new Map([['a', 1]]) })
  })

  it('random values of all types', () => {
    fc.assert(
      fc.property(storable, (value) => difference(trip(value), value) === null),
      { numRuns: 2_000 },
    )
  })
})

describe('the stored text', () => {
  it('of plain JSON is exactly what JSON.stringify gives', () => {
    fc.assert(
      fc.property(plainJson, (value) => {
        expect(codec.encode(value)).toBe(JSON.stringify(value))
        expectSame(trip(value), value)
      }),
      { numRuns: 1_000 },
    )
  })

  it('is the same with a special value beside it', () => {
    fc.assert(
      fc.property(plainJson, plainJson, (before, after) => {
        const text = codec.encode({ before, at: new Date(0), after: [after] })
        const at = '{"$flujo":"Date","value":"1970-01-01T00:00:00.000Z"}'
        expect(text).toBe(`{"before":${JSON.stringify(before)},"at":${at},"after":[${JSON.stringify(after)}]}`)
      }),
    )
  })

  it('of plain JSON deeper than the fast way goes is the same too', () => {
    let value: unknown = { end: true }
    for (let level = 0; level < 500; level++) value = level % 2 ? [value, level] : { value, level }
    expect(codec.encode(value)).toBe(JSON.stringify(value))
  })

  it('holds neither NUL nor a lone surrogate', () => {
    fc.assert(
      fc.property(storable, (value) => !codec.encode(value).includes('\0') && codec.encode(value).isWellFormed()),
    )
  })

  it('is the same for the same value', () => {
    fc.assert(fc.property(storable, (value) => codec.encode(value) === codec.encode(trip(value))))
  })

  it('of several megabytes with special values is whole', () => {
    const rows = Array.from({ length: 20_000 }, (_, id) => ({ id, at: new Date(id), text: 'x'.repeat(20) }))
    expectSame(trip(rows), rows)
  })
})

it('context and asynchronous wrapping: a codec of one’s own around it', async () => {
  const seen: unknown[] = []
  const wrapped = {
    json: false,
    encode: async (value: unknown, context?: { field: string }) => {
      seen.push(context?.field)
      return `#${codec.encode(value)}`
    },
    decode: async (text: string) => codec.decode(text.slice(1)),
  }
  expectSame(await wrapped.decode(await wrapped.encode(new Set([1]), { field: 'metadata' })), new Set([1]))
  expect(seen).toEqual(['metadata'])
  expect(codec.json).toBe(true)
})
