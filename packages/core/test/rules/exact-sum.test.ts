import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addExactly, EMPTY_SUM, exactTotal } from '../../src/rules/exact-sum.js'

/** A double as a whole number of 2 ** -1074, the smallest there is: exact arithmetic to compare with. */
function units(value: number): bigint {
  const bits = new DataView(new ArrayBuffer(8))
  bits.setFloat64(0, value)
  const raw = bits.getBigUint64(0)
  const exponent = (raw >> 52n) & 0x7ffn
  const fraction = raw & 0xfffffffffffffn
  const size = exponent === 0n ? fraction : (fraction | (1n << 52n)) << (exponent - 1n)
  return raw >> 63n ? -size : size
}

const add = (values: readonly number[], from = EMPTY_SUM) => values.reduce(addExactly, from)
const exactly = (values: readonly number[]) => values.reduce((sum, value) => sum + units(value), 0n)
const partials = (sum: string) => JSON.parse(sum) as number[]
const abs = (value: bigint) => (value < 0n ? -value : value)

const finite = fc.double({ noNaN: true, noDefaultInfinity: true })
/** Costs as they are, and doubles of every size. */
const MAX = Number.MAX_VALUE
const value = fc.oneof(
  finite,
  fc.double({ noNaN: true, min: -10, max: 10 }),
  fc.constantFrom(0.1, 0.2, 1e16, -1e16, 5e-324, MAX, -MAX, 1e308, -1e308, 2 ** 970, -(2 ** 970)),
)

describe('addExactly', () => {
  it('loses nothing, whatever is added', () => {
    const holds = (values: readonly number[]) => {
      expect(exactly(partials(add(values)))).toBe(exactly(values))
    }
    fc.assert(fc.property(fc.array(value, { maxLength: 30 }), holds), { numRuns: 3000 })
  })

  it('is nothing again when everything was taken away, in any order', () => {
    const values = fc.array(value, { maxLength: 20 }).chain((values) => {
      const length = { minLength: values.length, maxLength: values.length }
      return fc.tuple(fc.constant(values), fc.shuffledSubarray(values, length))
    })
    const holds = ([values, shuffled]: [number[], number[]]) => {
      const nothing = add(
        shuffled.map((value) => -value),
        add(values),
      )
      expect(exactly(partials(nothing))).toBe(0n)
      expect(exactTotal(nothing)).toBe(0)
      if (values.every((value) => Math.abs(value) < 1e300)) expect(nothing).toBe(EMPTY_SUM)
    }
    fc.assert(fc.property(values, holds), { numRuns: 3000 })
  })

  it('does not grow with the number of values', () => {
    const sum = add(Array.from({ length: 10_000 }, (_, index) => (index + 1) / 7))
    expect(partials(sum).length).toBeLessThan(5)
  })

  it('keeps sums past the largest number, until what made them so is taken away', () => {
    expect(add([MAX, MAX, 1, -MAX, -1])).toBe(add([MAX]))
    expect(add([-MAX, -MAX, MAX, MAX])).toBe(EMPTY_SUM)
  })
})

describe('exactTotal', () => {
  it('is 0 for nothing', () => {
    expect(exactTotal(EMPTY_SUM)).toBe(0)
  })

  it('is the same whatever way led to the sum', () => {
    const values = fc.array(value, { maxLength: 20 }).chain((values) => {
      const length = { minLength: values.length, maxLength: values.length }
      return fc.tuple(fc.constant(values), fc.shuffledSubarray(values, length), fc.array(value, { maxLength: 9 }))
    })
    const holds = ([values, shuffled, others]: [number[], number[], number[]]) => {
      const detour = [...others, ...shuffled, ...others.map((value) => -value)]
      expect(exactTotal(add(detour))).toBe(exactTotal(add(values)))
    }
    fc.assert(fc.property(values, holds), { numRuns: 3000 })
  })

  it('is the nearest number', () => {
    const holds = (values: readonly number[]) => {
      const exact = exactly(values)
      const total = exactTotal(add(values))
      expect(Number.isFinite(total)).toBe(true)
      if (abs(exact) > units(MAX)) expect(Math.abs(total)).toBe(MAX)
      else expect(abs(units(total) - exact) <= abs(exact) >> 53n).toBe(true)
    }
    fc.assert(fc.property(fc.array(value, { maxLength: 30 }), holds), { numRuns: 3000 })
  })

  it.each([
    [[0.1, 0.2, 0.3], 0.6],
    [[0.1, 0.7, -0.1], 0.7],
    [[1e16, 1, -1e16], 1],
    [[1e308, 1e308, -1e308], 1e308],
    [[MAX, MAX], MAX],
    [[-MAX, -MAX], -MAX],
  ])('of %j is %d', (values, expected) => {
    expect(exactTotal(add(values))).toBe(expected)
  })
})
