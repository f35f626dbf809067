import { describe, expect, it } from 'vitest'
import { isStateBackendError, type StateBackendError } from '../../src/errors.js'
import { createCodec } from '../../src/serialization/index.js'

const codec = createCodec()
const context = { runId: 'run-1', field: 'pipelineContext' }

function refusal(value: unknown, at: typeof context & { index?: number } = context): StateBackendError {
  try {
    codec.encode(value, at)
  } catch (error) {
    if (isStateBackendError(error)) return error
    throw new Error(`not a StateBackendError: ${String(error)}`, { cause: error })
  }
  throw new Error('it was stored')
}

class Socket {}
class MyMap extends Map {}
class MyError extends Error {}
class MyArray extends Array {}
const cycle: Record<string, unknown> = { a: { list: [] } }
;(cycle.a as { list: unknown[] }).list.push(cycle.a)
const self: unknown[] = []
self.push(self)
const mapCycle = new Map<string, unknown>()
mapCycle.set('me', { again: mapCycle })
const errorCycle: Error & { cause?: unknown } = new Error('x')
errorCycle.cause = { error: errorCycle }

const hidden = (target: object, key: PropertyKey) =>
  Object.defineProperty(target, key, { value: 1, configurable: true })
const throwing = (target: object, key: PropertyKey) =>
  Object.defineProperty(target, key, {
    enumerable: true,
    get() {
      throw new Error('no reading')
    },
  })

/** Value, path after the field, what the message names. */
const REFUSED: [string, () => unknown, string, RegExp][] = [
  ['a function', () => () => 1, '', /a function/],
  ['a method', () => ({ a: { toJSON() {} } }), '.a.toJSON', /a function/],
  ['a class', () => [Socket], '[0]', /a function/],
  ['a symbol', () => ({ a: [1, Symbol('x')] }), '.a[1]', /a symbol/],
  ['a symbol key', () => ({ a: { [Symbol('k')]: 1 } }), '.a[Symbol(k)]', /a symbol key/],
  ['a symbol key that does not enumerate', () => hidden({}, Symbol('k')), '[Symbol(k)]', /a symbol key/],
  ['a symbol key of an array', () => [Object.assign([1], { [Symbol('k')]: 1 })], '[0][Symbol(k)]', /a symbol key/],
  ['a cycle', () => cycle, '.a.list[0]', /a cycle back to \$\.pipelineContext\.a /],
  ['a cycle to the top', () => self, '[0]', /a cycle back to \$\.pipelineContext /],
  ['a cycle through a Map', () => ({ m: mapCycle }), '.m.get("me").again', /a cycle back to \$\.pipelineContext\.m /],
  ['a cycle through a cause', () => errorCycle, '.cause.error', /a cycle back to \$\.pipelineContext /],
  [
    'an instance',
    () => ({ client: { socket: new Socket() } }),
    '.client.socket',
    /an instance of Socket.*register\("Socket"/,
  ],
  ['an instance without fields of its own', () => [Object.create(Socket.prototype)], '[0]', /an instance of Socket/],
  ['an unnamed class', () => new (class extends Map {})(), '', /an unnamed Map/],
  ['a null-prototype class', () => Object.create(Object.create(null)), '', /an object of an unknown class/],
  ['a subclass of Map', () => ({ m: new MyMap() }), '.m', /an instance of MyMap/],
  ['a subclass of Error', () => ({ e: new MyError() }), '.e', /an instance of MyError/],
  ['a subclass of Array', () => ({ a: new MyArray(2) }), '.a', /an instance of MyArray/],
  ['a boxed number', () => ({ n: Object(1) }), '.n', /an instance of Number/],
  ['a boxed string', () => ({ n: Object('x') }), '.n', /an instance of String/],
  ['a boxed bigint', () => ({ n: Object(1n) }), '.n', /an instance of BigInt/],
  ['a boxed symbol', () => ({ n: Object(Symbol()) }), '.n', /an instance of Symbol/],
  ['a promise', () => ({ p: Promise.resolve() }), '.p', /an instance of Promise.*await it/],
  ['a WeakMap', () => new WeakMap(), '', /an instance of WeakMap/],
  ['a generator', () => (function* () {})(), '', /Generator/],
  ['an iterator', () => [1][Symbol.iterator](), '', /Array Iterator/],
  ['a Proxy of a Map', () => new Proxy(new Map(), {}), '', /an instance of Map/],
  ['something with the prototype of Date', () => Object.create(Date.prototype), '', /an instance of Date/],
  ['something with the prototype of Error', () => Object.create(TypeError.prototype), '', /an instance of TypeError/],
  [
    'something with the prototype of Uint8Array',
    () => Object.create(Uint8Array.prototype),
    '',
    /an instance of Uint8Array/,
  ],
  ['a Map with the prototype of Set', () => Object.setPrototypeOf(new Map(), Set.prototype), '', /an instance of Set/],
  [
    'a Uint8Array with the prototype of Int8Array',
    () => Object.setPrototypeOf(new Uint8Array(1), Int8Array.prototype),
    '',
    /Int8Array/,
  ],
  ['shared memory', () => new SharedArrayBuffer(1), '', /an instance of SharedArrayBuffer/],
  ['a view of shared memory', () => new Uint8Array(new SharedArrayBuffer(1)), '', /an instance of Uint8Array/],
  ['a getter that throws', () => ({ a: throwing({}, 'b c') }), '.a["b c"]', /throws when it is read.*no reading/],
  ['an item that throws', () => [1, throwing([1, 2], 1)], '[1][1]', /no reading/],
  ['a cause that throws', () => throwing(new Error('x'), 'cause'), '.cause', /no reading/],
  ['a hidden property', () => ({ a: hidden({ b: 1 }, 'c') }), '.a.c', /a non-enumerable property/],
  ['a hidden property with an empty name', () => hidden({}, ''), '[""]', /a non-enumerable property/],
  ['a hidden property of an error', () => hidden(new Error('x'), 'toString'), '.toString', /a non-enumerable property/],
  [
    'a symbol key of an error',
    () => Object.assign(new Error('x'), { [Symbol('k')]: 1 }),
    '[Symbol(k)]',
    /a symbol key/,
  ],
  [
    'a field of a Date',
    () => ({ d: Object.assign(new Date(), { zone: 'x' }) }),
    '.d.zone',
    /a property of a built-in object/,
  ],
  ['a field of a Map', () => Object.assign(new Map(), { name: 1 }), '.name', /a property of a built-in object/],
  ['a field of a URL', () => Object.assign(new URL('a:b'), { name: 1 }), '.name', /a property of a built-in object/],
  ['a field of a RegExp', () => Object.assign(/x/, { name: 1 }), '.name', /a property of a built-in object/],
  [
    'a field of a Buffer',
    () => Object.assign(Buffer.from('x'), { name: 1 }),
    '.name',
    /a property of a built-in object/,
  ],
  [
    'a symbol of a long view',
    () => Object.assign(new Uint8Array(10_000), { [Symbol('k')]: 1 }),
    '[Symbol(k)]',
    /a property/,
  ],
  ['globalThis.Math', () => ({ Math }), '.Math.abs', /a non-enumerable property/],
  ['inside a Map, at a key', () => new Map([['a b', { f: () => 1 }]]), '.get("a b").f', /a function/],
  ['inside a Map, at a number', () => new Map([[7, () => 1]]), '.get(7)', /a function/],
  ['inside a Map, at an object', () => new Map([[{}, () => 1]]), '.entries[0].value', /a function/],
  ['inside a Map, in a key', () => new Map([[{ f: () => 1 }, 1]]), '.entries[0].key.f', /a function/],
  ['inside a Set', () => new Set([1, { f: () => 1 }]), '.values[1].f', /a function/],
  ['inside an error', () => new Error('x', { cause: { f: () => 1 } }), '.cause.f', /a function/],
  ['inside an aggregate', () => new AggregateError([1, () => 1]), '.errors[1]', /a function/],
  ['in a field of an error', () => Object.assign(new Error('x'), { f: () => 1 }), '.f', /a function/],
  ['inside a sparse array', () => Object.assign(new Array(2), { 1: { f: () => 1 } }), '[1].f', /a function/],
  ['in a key of an array', () => Object.assign([1], { f: () => 1 }), '.f', /a function/],
  ['inside a null prototype', () => Object.assign(Object.create(null), { f: () => 1 }), '.f', /a function/],
  ['inside an escaped object', () => ({ $flujo: { f: () => 1 } }), '.$flujo.f', /a function/],
  ['in the lastIndex of a RegExp', () => Object.assign(/x/, { lastIndex: () => 1 }), '.lastIndex', /a function/],
]

describe('what cannot be stored is refused, with its path and its type', () => {
  it.each(REFUSED)('%s', (_, make, path, message) => {
    const error = refusal(make())
    expect(error).toMatchObject({ code: 'SERIALIZATION', path: `$.pipelineContext${path}`, runId: 'run-1' })
    expect(error.message).toMatch(message)
    expect(error.message).toContain(error.path)
    // Beside and within other values too, plain or not.
    expect(refusal({ before: [1], at: make() }).path).toBe(`$.pipelineContext.at${path}`)
    expect(refusal([new Date(), { at: make() }]).path).toBe(`$.pipelineContext[1].at${path}`)
  })

  it('path of an item, and without a context', () => {
    expect(refusal([() => 1], { runId: 'r', field: 'stepHistory', index: 3 } as never).path).toBe('$.stepHistory[3][0]')
    expect(() => codec.encode({ a: () => 1 })).toThrow(/at \$\.a:/)
  })

  it('keeps what was thrown as the cause', () => {
    expect(refusal(throwing({}, 'a')).cause).toEqual(new Error('no reading'))
  })

  it('keys that a path must quote', () => {
    for (const [key, path] of [
      ['a b', '["a b"]'],
      ['0', '["0"]'],
      ['', '[""]'],
      ['ä', '.ä'],
      ['a"', '["a\\""]'],
      ['\0', '["\\u0000"]'],
    ])
      expect(refusal({ [key as string]: () => 1 }).path).toBe(`$.pipelineContext${path}`)
  })
})

describe('hostile values', () => {
  const traps = ['getPrototypeOf', 'ownKeys', 'getOwnPropertyDescriptor', 'get'] as const
  it.each(traps)('a Proxy whose trap %s throws', (trap) => {
    const handler = {
      [trap]() {
        throw new RangeError('Invalid string length')
      },
    }
    expect(refusal({ p: new Proxy({ a: 1 }, handler) })).toMatchObject({ code: 'SERIALIZATION' })
    expect(refusal({ p: new Proxy({ a: 1 }, handler) }).path).toMatch(/^\$\.pipelineContext\.p(\.a)?$/)
  })

  it('a revoked Proxy', () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    expect(refusal({ proxy }).path).toBe('$.pipelineContext.proxy')
  })

  it('a Proxy of plain data is stored as that data', () => {
    expect(codec.encode(new Proxy({ a: [1, new Proxy([2], {})] }, {}))).toBe('{"a":[1,[2]]}')
  })

  it('a getter that throws something odd', () => {
    for (const thrown of [undefined, null, Symbol('x'), Object.create(null)]) {
      const value = Object.defineProperty({}, 'a', {
        enumerable: true,
        get() {
          throw thrown
        },
      })
      expect(refusal(value)).toMatchObject({ code: 'SERIALIZATION', path: '$.pipelineContext.a' })
    }
  })

  it('endless depth is refused, at any depth of the caller’s stack', () => {
    let deep: unknown = 1
    for (let level = 0; level < 100_000; level++) deep = level % 2 ? [deep] : { deep }
    const error = refusal(deep)
    expect(error.code).toBe('SERIALIZATION')
    expect(error.message).toMatch(/nested more than 10000 levels deep/)
    expect(error.message.length).toBeLessThan(500)
    const descend = (left: number): string => {
      if (left === 0) return refusal(deep).code
      return descend(left - 1)
    }
    expect(descend(1_000)).toBe('SERIALIZATION')
  })
})

describe('a deep value with something in it that JSON lacks', () => {
  it('is not read again for each of its levels', () => {
    let reads = 0
    const levelAround = (next: unknown) => ({
      get counted() {
        reads++
        return 1
      },
      before: { plain: [1] },
      next,
    })
    let deep: unknown = new Date(0)
    for (let level = 0; level < 500; level++) deep = levelAround(deep)
    expect(codec.encode(deep)).toContain('"$flujo":"Date"')
    expect(reads / 500).toBeLessThan(10)
  })
})
