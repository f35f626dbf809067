import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareCodePoints, isBehind, newestFirst, type Place } from '../../src/rules/order.js'

/** What SQLite and Postgres do: compare the UTF-8 bytes. */
const compareBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b))

describe('compareCodePoints', () => {
  it('orders as UTF-8 bytes do, whatever the text', () => {
    const text = fc.string({ unit: 'binary', maxLength: 6 })
    fc.assert(
      fc.property(text, text, (a, b) => Math.sign(compareCodePoints(a, b)) === Math.sign(compareBytes(a, b))),
      { numRuns: 2000 },
    )
  })

  it('orders texts with a common beginning as UTF-8 bytes do', () => {
    const text = fc.string({ unit: 'binary', maxLength: 4 })
    const holds = (common: string, a: string, b: string) =>
      Math.sign(compareCodePoints(common + a, common + b)) === Math.sign(compareBytes(common + a, common + b))
    fc.assert(fc.property(text, text, text, holds), { numRuns: 1000 })
  })

  it('puts an emoji behind U+FFFD, where UTF-16 order puts it before', () => {
    expect('\u{1f600}' < '\ufffd').toBe(true)
    expect(compareCodePoints('\u{1f600}', '\ufffd')).toBeGreaterThan(0)
    expect(compareCodePoints('\ufffd', '\u{1f600}')).toBeLessThan(0)
  })

  it('puts a beginning before the whole, and finds nothing between equals', () => {
    expect(compareCodePoints('a', 'ab')).toBeLessThan(0)
    expect(compareCodePoints('', 'a')).toBeLessThan(0)
    expect(compareCodePoints('ab', 'ab')).toBe(0)
  })
})

describe('newestFirst', () => {
  it('puts later times first and, among equals, the larger id', () => {
    const places: Place[] = [
      { time: 1, id: 'a' },
      { time: 2, id: 'b' },
      { time: 1, id: 'c' },
      { time: 2, id: 'B' },
    ]
    expect(places.sort(newestFirst).map(({ id }) => id)).toEqual(['b', 'B', 'c', 'a'])
  })

  it('is a total order', () => {
    const place = fc.record({ time: fc.integer({ min: -2, max: 2 }), id: fc.constantFrom('a', 'b', 'ab') })
    const holds = (a: Place, b: Place, c: Place) => {
      expect(Math.sign(newestFirst(a, b))).toBe(0 - Math.sign(newestFirst(b, a)))
      if (newestFirst(a, b) <= 0 && newestFirst(b, c) <= 0) expect(newestFirst(a, c)).toBeLessThanOrEqual(0)
    }
    fc.assert(fc.property(place, place, place, holds))
  })
})

describe('isBehind', () => {
  const position = { time: 5, id: 'm' }
  it.each([
    [{ time: 4, id: 'z' }, true],
    [{ time: 5, id: 'a' }, true],
    [{ time: 5, id: 'm' }, false],
    [{ time: 5, id: 'z' }, false],
    [{ time: 6, id: 'a' }, false],
  ])('%j', (place, expected) => {
    expect(isBehind(place, position)).toBe(expected)
  })
})
