import { describe, expect, it } from 'vitest'
import { createCodec, type TypeRegistration } from '../../src/serialization/index.js'
import { difference, expectSame } from './strict-equal.js'

class Point {
  constructor(
    readonly x: number,
    readonly y: unknown,
  ) {}
}
class LocalDate extends Date {}
class Tags extends Array<string> {}

const point: TypeRegistration<Point, { x: number; y: unknown }> = {
  is: (value): value is Point => value instanceof Point,
  encode: ({ x, y }) => ({ x, y }),
  decode: ({ x, y }) => new Point(x, y),
}
const localDate: TypeRegistration<LocalDate, number> = {
  is: (value): value is LocalDate => value instanceof LocalDate,
  encode: (date) => date.getTime(),
  decode: (time) => new LocalDate(time),
}
const everything = {
  is: (_: unknown): _ is object => true,
  encode: () => 'x',
  decode: () => ({}),
}

describe('register', () => {
  it('stores instances, whatever they hold, also each other', () => {
    const codec = createCodec().register('Point', point).register('LocalDate', localDate)
    const value = {
      p: new Point(-0, new Map([[new Point(1, undefined), [new LocalDate(5)]]])),
      d: new Date(5),
      $flujo: new Point(1, 2),
    }
    const text = codec.encode(value)
    expect(text).toContain('{"$flujo":"type:Point","value":{"x":1,"y":2}}')
    expectSame(codec.decode(text), value)
  })

  it('takes classes that extend built-in ones, before the built-in type is asked', () => {
    const codec = createCodec()
      .register('Tags', {
        is: (value): value is Tags => value instanceof Tags,
        encode: (tags) => [...tags],
        decode: (list) => Tags.from(list) as Tags,
      })
      .register('LocalDate', localDate)
    const value = [Tags.from(['a', 'b']), new LocalDate(7), ['a'], new Date(7)]
    expectSame(codec.decode(codec.encode(value)), value)
  })

  it('asks in the order of registration, with the registration as `this`', () => {
    const second = { ...point, encode: () => ({ x: 2, y: 2 }) }
    const first = {
      made: 0,
      is: (value: unknown): value is Point => value instanceof Point,
      encode(_: Point) {
        this.made++
        return this.made
      },
      decode(made: number) {
        return new Point(this.made - made, 0)
      },
    }
    const codec = createCodec().register('a', first).register('b', second)
    expect(codec.decode(codec.encode(new Point(1, 1)))).toEqual(new Point(0, 0))
  })

  it('never asks about plain objects, arrays and primitives', () => {
    const asked: unknown[] = []
    const codec = createCodec().register('spy', {
      is: (value): value is object => {
        asked.push(value)
        return false
      },
      encode: () => 0,
      decode: () => ({}),
    })
    codec.encode([
      1,
      'a',
      undefined,
      1n,
      { a: [] },
      Object.create(null),
      Object.assign(new Array(1), { x: -0 }),
      { $flujo: 1 },
    ])
    expect(asked).toEqual([])
    expect(() => codec.encode([() => 1])).toThrow()
    expect(asked).toEqual([])
    codec.encode([new Date(1), new Set()])
    expect(asked).toHaveLength(2)
  })

  it('refuses names that are malformed or taken, and registrations without their functions', () => {
    const codec = createCodec().register('a.b_c:D-9', point)
    for (const name of ['', 'a b', 'ä', 'a/b', 'x'.repeat(65), 'a\n', 1, null, 'a.b_c:D-9'])
      expect(() => codec.register(name as string, point), String(name)).toThrow(
        expect.objectContaining({ code: 'VALIDATION' }),
      )
    codec.register('x'.repeat(64), point)
    for (const broken of [null, {}, { ...point, decode: 1 }, { ...point, is: undefined }])
      expect(() => codec.register('broken', broken as never)).toThrow(expect.objectContaining({ code: 'VALIDATION' }))
  })

  it('belongs to one codec only', () => {
    const text = createCodec().register('Point', point).encode(new Point(1, 2))
    expect(() => createCodec().decode(text)).toThrow(expect.objectContaining({ code: 'DESERIALIZATION' }))
    expect(() => createCodec().encode(new Point(1, 2))).toThrow(expect.objectContaining({ code: 'SERIALIZATION' }))
  })

  it('a name that looks like a built-in one or like the prefix does no harm', () => {
    const codec = createCodec().register('type:Date', point).register('Map', localDate)
    const value = [new Point(1, new LocalDate(1)), new Date(1), new Map([[1, 2]])]
    expectSame(codec.decode(codec.encode(value)), value)
  })

  it.each(['is', 'encode'] as const)('what %s throws is the cause of a refusal', (name) => {
    const thrown = new Error('mine')
    const broken = {
      ...everything,
      [name]() {
        throw thrown
      },
    }
    const codec = createCodec().register('broken', broken)
    expect(() => codec.encode({ a: new Point(1, 2) })).toThrow(/\$\.a.*"broken" threw: mine/)
    expect(() => codec.encode({ a: new Point(1, 2) })).toThrow(
      expect.objectContaining({
        code: 'SERIALIZATION',
        path: '$.a',
        cause: expect.objectContaining({ cause: thrown }),
      }),
    )
  })

  it('what cannot be stored in what encode gives is refused with its path', () => {
    const codec = createCodec().register('Point', { ...point, encode: ({ x, y }) => ({ x, y }) })
    expect(() => codec.encode({ p: new Point(1, () => 1) })).toThrow(expect.objectContaining({ path: '$.p.y' }))
    const itself = createCodec().register('itself', { ...everything, encode: (value: object) => value })
    expect(() => itself.encode({ p: new Point(1, 2) })).toThrow(/a cycle back to \$\.p/)
    const endless = createCodec().register('endless', { ...everything, encode: () => new Point(1, 2) })
    expect(() => endless.encode(new Point(1, 2))).toThrow(expect.objectContaining({ code: 'SERIALIZATION' }))
    const later = createCodec().register('later', { ...point, encode: async () => ({ x: 1, y: 2 }) } as never)
    expect(() => later.encode(new Point(1, 2))).toThrow(/an instance of Promise/)
  })

  it('decode may give anything, also what is no object', () => {
    const codec = createCodec().register('p', { ...point, decode: () => undefined as never })
    expect(difference(codec.decode(codec.encode([new Point(1, 2)])), [undefined])).toBe(null)
  })
})
