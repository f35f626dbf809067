import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isStateBackendError, type StateBackendError } from '../../src/errors.js'
import { createCodec } from '../../src/serialization/index.js'
import { plainJson, storable } from './arbitraries.js'
import { difference, expectSame } from './strict-equal.js'

const codec = createCodec().register('Money', {
  is: (value): value is Money => value instanceof Money,
  encode: (money) => [money.amount, money.currency],
  // As strict as the codec itself: what a lenient decode overlooks is lost.
  decode: ([amount, currency, ...more]) =>
    new Money(amount as bigint, more.length === 0 ? (currency as string) : (more as never)),
})
const context = { runId: 'run-1', field: 'metadata' }

class Money {
  constructor(
    readonly amount: bigint,
    readonly currency: string,
  ) {
    if (typeof amount !== 'bigint' || typeof currency !== 'string') throw new TypeError('no money')
  }
}

function failure(text: string): StateBackendError {
  try {
    codec.decode(text, context)
  } catch (error) {
    if (isStateBackendError(error)) return error
    throw new Error(`not a StateBackendError: ${String(error)}`, { cause: error })
  }
  throw new Error('it was read')
}

const tag = (name: string, value: unknown) => JSON.stringify({ $flujo: name, value })
const undef = { $flujo: 'undefined' }

describe('what encode did not write is refused', () => {
  it.each(['', ' ', '{', '[1', '"a', 'nul', 'undefined', '{}x', "{'a':1}", '[1,]', '\ufeff{}', '\0'])(
    'foreign text %j',
    (text) => {
      expect(failure(text)).toMatchObject({ code: 'DESERIALIZATION', path: '$.metadata', runId: 'run-1' })
      expect(failure(text).cause).toBeInstanceOf(SyntaxError)
    },
  )

  it('no text at all', () => {
    for (const value of [null, undefined, 1, {}, Buffer.from('{}')])
      expect(failure(value as never)).toMatchObject({ code: 'DESERIALIZATION' })
  })

  const MALFORMED: [string, unknown][] = [
    ['number', 'nan'],
    ['number', 1],
    ['number', null],
    ['bigint', '01'],
    ['bigint', '-0'],
    ['bigint', '1n'],
    ['bigint', ' 1'],
    ['bigint', ''],
    ['bigint', 1],
    ['Date', '2026-01-01'],
    ['Date', '2026-02-30T00:00:00.000Z'],
    ['Date', '2026-01-01T00:00:00.000+00:00'],
    ['Date', 0],
    ['Date', 'Invalid Date'],
    ['Date', undef],
    ['Map', ['a']],
    ['Map', ['a', 1, 'a', 2]],
    ['Map', [0, 1, { $flujo: 'number', value: '-0' }, 2]],
    ['Map', { 0: 'a', 1: 1, length: 2 }],
    ['Map', 'ab'],
    ['Set', [1, 1]],
    ['Set', [{ $flujo: 'number', value: '-0' }]],
    ['Set', [undef, undef]],
    ['Set', 'ab'],
    ['Set', { $flujo: 'Set', value: [] }],
    ['RegExp', { source: '(', flags: '', lastIndex: 0 }],
    ['RegExp', { source: 'a', flags: 'gg', lastIndex: 0 }],
    ['RegExp', { source: 'a', flags: 'ig', lastIndex: 0 }],
    ['RegExp', { source: '', flags: '', lastIndex: 0 }],
    ['RegExp', { source: 'a/b', flags: '', lastIndex: 0 }],
    ['RegExp', { source: 'a', flags: '' }],
    ['RegExp', { source: 'a', flags: '', lastIndex: 0, extra: 1 }],
    ['RegExp', ['a', '', 0]],
    ['URL', 'nowhere'],
    ['URL', 'http://a'],
    ['URL', 1],
    ['ArrayBuffer', 'AA'],
    ['ArrayBuffer', 'AB=='],
    ['ArrayBuffer', 'A A='],
    ['ArrayBuffer', 'AA-_'],
    ['ArrayBuffer', null],
    ['Uint8Array', [1]],
    ['Uint16Array', 'AA=='],
    ['BigInt64Array', 'AAAA'],
    ['Buffer', '===='],
    ['DataView', 1],
    ['null-prototype', []],
    ['null-prototype', 1],
    ['null-prototype', { $flujo: 'null-prototype', value: {} }],
    ['Array', []],
    ['Array', [1, 0]],
    ['Array', [0]],
    ['Array', [2, 0, 'a', 1, 'b']],
    ['Array', [1, 1, 'a']],
    ['Array', [-1]],
    ['Array', [1.5]],
    ['Array', ['1']],
    ['Array', [2 ** 32]],
    ['Array', [3, '0', 'a']],
    ['Array', [3, 0.5, 'a']],
    ['Array', [3, 0, 'a', 0, 'b']],
    ['Array', [3, 'length', 1]],
    ['Array', [3, null, 1]],
    ['Array', [1, 'x', 1, 'x', 2]],
    ['Error', {}],
    ['Error', { type: 'Error', hidden: {}, fields: [] }],
    ['Error', { type: 'Nope', hidden: {}, fields: {} }],
    ['Error', { type: 'Date', hidden: {}, fields: {} }],
    ['Error', { type: 'Error', hidden: { toString: 1 }, fields: {} }],
    ['Error', { type: 'Error', hidden: { message: 'a' }, fields: { message: 'b' } }],
    ['Error', { type: 'Error', hidden: {}, fields: {}, more: 1 }],
    ['Error', { $flujo: 'object', value: { $flujo: 1, type: 'Error', hidden: {}, fields: {} } }],
    ['object', {}],
    ['object', { value: 1 }],
    ['object', []],
    ['object', ['$flujo']],
    ['object', null],
    ['undefined', null],
    ['undefined', undef],
    ['nope', 1],
    ['', 1],
    ['toString', 1],
    ['__proto__', 1],
    ['constructor', {}],
    ['type:', 1],
    ['type:Nope', 1],
    ['type:Money', ['x', 'EUR']],
    ['type:Money', null],
  ]
  it.each(MALFORMED)('tag %s of %j', (name, value) => {
    expect(failure(tag(name, value))).toMatchObject({ code: 'DESERIALIZATION', path: '$.metadata', runId: 'run-1' })
    const deep = `{"a":[${tag('Map', ['k', { b: JSON.parse(tag(name, value)) }])}]}`
    expect(failure(deep).path).toBe('$.metadata.a[0].get("k").b')
  })

  it.each([
    { $flujo: 'Date' },
    { $flujo: 'Date', value: null, more: 1 },
    { $flujo: 'Date', more: null },
    { $flujo: 1, value: 1 },
    { $flujo: ['Date'], value: null },
    { $flujo: { $flujo: 'undefined' }, value: null },
    { $flujo: 'undefined', more: 1 },
    { $flujo: null },
  ])('an object with the reserved key that is no tag: %j', (value) => {
    expect(failure(JSON.stringify([value]))).toMatchObject({
      code: 'DESERIALIZATION',
      path: '$.metadata[0]',
    })
  })

  it('says which name to register', () => {
    expect(failure(tag('type:my.Type', 1)).message).toMatch(/"my\.Type" is not registered.*codec\.register\("my\.Type"/)
  })

  it('keeps what a registered type threw as the cause', () => {
    expect(failure(tag('type:Money', ['x', 'EUR'])).cause).toEqual(new TypeError('no money'))
  })

  it('paths of parts of tags', () => {
    const bad = { $flujo: 'nope', value: 1 }
    const paths: [unknown, string][] = [
      [{ $flujo: 'Set', value: [1, bad] }, '.values[1]'],
      [{ $flujo: 'Map', value: [[bad], 1] }, '.entries[0].key[0]'],
      [{ $flujo: 'Map', value: [[1], bad] }, '.entries[0].value'],
      [{ $flujo: 'Array', value: [3, 1, bad] }, '[1]'],
      [{ $flujo: 'Array', value: [3, 'x y', bad] }, '["x y"]'],
      [{ $flujo: 'Error', value: { type: 'Error', hidden: { cause: { x: bad } }, fields: {} } }, '.cause.x'],
      [{ $flujo: 'object', value: { $flujo: bad } }, '.$flujo'],
      [{ $flujo: 'null-prototype', value: { a: bad } }, '.a'],
      [{ $flujo: 'type:Money', value: [bad, 'EUR'] }, '[0]'],
    ]
    for (const [value, path] of paths) expect(failure(JSON.stringify(value)).path).toBe(`$.metadata${path}`)
  })
})

describe('what says the same in other words is read the same', () => {
  it('white space, the order of keys and escapes (a database may rewrite JSON)', () => {
    const day = new Date('2026-01-01T00:00:00.000Z')
    expectSame(codec.decode('{ "value": "2026-01-01T00:00:00.000Z", "$flujo" : "Date" }'), day)
    expectSame(codec.decode('{"\\u0024flujo":"Date","value":"2026-01-01T00:00:00.000Z"}'), day)
    expectSame(codec.decode('{"$flu\\u006ao":"Date","value":"2026-01-01T00:00:00.000Z"}'), day)
    expectSame(codec.decode('"\\u0024flujo"'), '$flujo')
  })
})

/** Each changes a text at some place. */
const CORRUPTIONS: ((text: string, at: number, other: number) => string)[] = [
  (text, at) => text.slice(0, at),
  (text, at) => text.slice(at),
  (text, at) => text.slice(0, at) + text.slice(at + 1),
  (text, at) => text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ 1) + text.slice(at + 1),
  (text, at, other) => text.slice(0, at) + text.charAt(other) + text.slice(at),
  (text, at, other) => text.slice(0, at) + text.charAt(other) + text.slice(at + 1),
  (text, at, other) => text.slice(0, Math.min(at, other)) + text.slice(Math.max(at, other)),
  (text, at, other) => text.slice(0, at) + text.slice(Math.min(at, other), Math.max(at, other)) + text.slice(at),
]

/** Whether a value is whole: it is what its own text says, and that text says the same as the one it was read from. */
function saysTheSame(value: unknown, text: string): boolean {
  const again = codec.encode(value)
  if (difference(codec.decode(again), value) !== null) return false
  return difference(JSON.parse(again), JSON.parse(text, canonicalNumber)) === null
}

/** Texts that `encode` did not write may hold `-0`, and `1e999`, which `JSON.parse` takes for Infinity. */
function canonicalNumber(_: string, value: unknown): unknown {
  return typeof value === 'number' ? JSON.parse(codec.encode(value)) : value
}

describe('corrupted texts', () => {
  const values = fc.oneof(storable, plainJson, fc.constant(new Money(5n, 'EUR')))
  it('give an error or exactly what they say, never a part', () => {
    let refused = 0
    fc.assert(
      fc.property(values, fc.constantFrom(...CORRUPTIONS), fc.nat(), fc.nat(), (value, corrupt, first, second) => {
        const text = codec.encode(value)
        const corrupted = corrupt(text, first % text.length, second % text.length)
        let read: unknown
        try {
          read = codec.decode(corrupted)
        } catch (error) {
          refused++
          return isStateBackendError(error, 'DESERIALIZATION')
        }
        return saysTheSame(read, corrupted)
      }),
      { numRuns: 4_000 },
    )
    expect(refused).toBeGreaterThan(1_000)
  })

  it('cut off anywhere are refused, unless they are a number', () => {
    const text = codec.encode({
      a: new Map([['k', [new Date(0), undefined, new Money(1n, 'EUR')]]]),
      b: { $flujo: 'x' },
    })
    for (let length = 0; length < text.length; length++)
      expect(failure(text.slice(0, length)).code).toBe('DESERIALIZATION')
  })

  it('trees of tags at random are refused or read whole', () => {
    const names = fc.constantFrom(
      'undefined',
      'number',
      'bigint',
      'Date',
      'Map',
      'Set',
      'Array',
      'Error',
      'object',
      'null-prototype',
      'type:Money',
    )
    const tree = fc.letrec<{ node: unknown }>((tie) => ({
      node: fc.oneof(
        { depthSize: 'small', maxDepth: 5 },
        fc.constantFrom<unknown>(null, 0, 1, 2, 'NaN', '5', '1970-01-01T00:00:00.000Z', undef),
        fc.array(tie('node'), { maxLength: 3 }),
        fc.record({ $flujo: names, value: tie('node') }, { requiredKeys: ['$flujo'] }),
        fc.record({ type: fc.constant('Error'), hidden: tie('node'), fields: tie('node') }),
        fc.record({ a: tie('node'), $flujo: tie('node') }, { requiredKeys: [] }),
      ),
    })).node
    let whole = 0
    fc.assert(
      fc.property(tree, (tree) => {
        const text = JSON.stringify(tree)
        let read: unknown
        try {
          read = codec.decode(text)
        } catch (error) {
          return isStateBackendError(error, 'DESERIALIZATION')
        }
        whole++
        return saysTheSame(read, text)
      }),
      { numRuns: 3_000 },
    )
    expect(whole).toBeGreaterThan(300)
  })
})

describe('hostile texts', () => {
  const before = Reflect.ownKeys(Object.prototype).length
  it.each([
    '{"__proto__":{"polluted":1}}',
    '{"a":{"$flujo":"undefined"},"__proto__":{"polluted":1}}',
    '{"__proto__":{"$flujo":"Map","value":["polluted",1]}}',
    '{"__proto__":{"$flujo":"null-prototype","value":{"__proto__":{"polluted":1}}}}',
    '{"constructor":{"prototype":{"polluted":1}},"u":{"$flujo":"undefined"}}',
    tag('Array', [1, '__proto__', { polluted: 1 }]),
    '{"$flujo":"Error","value":{"type":"Error","hidden":{},"fields":{"__proto__":{"polluted":1}}}}',
    '{"$flujo":"object","value":{"$flujo":1,"__proto__":{"$flujo":"Date","value":null}}}',
  ])('touch no prototype: %s', (text) => {
    const value = codec.decode(text) as object
    expect(Reflect.get({}, 'polluted')).toBe(undefined)
    expect(Reflect.ownKeys(Object.prototype).length).toBe(before)
    expect([Object.prototype, Array.prototype, Error.prototype, null]).toContain(Object.getPrototypeOf(value))
    expect(saysTheSame(value, text)).toBe(true)
  })

  it('set no property through a setter', () => {
    let called = false
    Object.defineProperty(Object.prototype, 'planted', {
      configurable: true,
      set() {
        called = true
      },
    })
    try {
      const text = `{"planted":{"$flujo":"undefined"},"e":${tag('Error', { type: 'Error', hidden: {}, fields: { planted: 1 } })}}`
      const read = codec.decode(text) as { planted: unknown; e: object }
      expect([Object.hasOwn(read, 'planted'), Object.hasOwn(read.e, 'planted'), called]).toEqual([true, true, false])
    } finally {
      Reflect.deleteProperty(Object.prototype, 'planted')
    }
  })

  it('of any depth are read or refused, never a RangeError', () => {
    const levels = 50_000
    expect(Array.isArray(codec.decode('['.repeat(levels) + ']'.repeat(levels)))).toBe(true)
    expect(codec.decode('{"$flujo":"Set","value":['.repeat(levels) + ']}'.repeat(levels))).toBeInstanceOf(Set)
    expect(failure('{"$flujo":"Set","value":'.repeat(levels).concat('[]', '}'.repeat(levels))).code).toBe(
      'DESERIALIZATION',
    )
  })
})
