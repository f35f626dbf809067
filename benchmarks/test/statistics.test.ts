import { expect, test } from 'vitest'
import { slopeOf, spreadOf } from '../src/harness/statistics.js'

test('the median of an odd number of rounds is the middle one, of an even number the mean of the middle two', () => {
  expect(spreadOf([5, 1, 3])).toEqual({ median: 3, min: 1, max: 5 })
  expect(spreadOf([10, 9, 1, 2])).toEqual({ median: 5.5, min: 1, max: 10 })
})

test('values are compared as numbers and left in their order', () => {
  const values = [100, 9, 20]
  expect(spreadOf(values).median).toBe(20)
  expect(values).toEqual([100, 9, 20])
})

test('no rounds have no median', () => {
  expect(() => spreadOf([])).toThrow(RangeError)
})

test('the slope of a straight line is its slope, noise or not', () => {
  const line = Array.from({ length: 20 }, (_, x) => [x, 3 * x + 7] as const)
  expect(slopeOf(line)).toBeCloseTo(3)
  expect(slopeOf(line.map(([x, y]) => [x, y + (x % 2 === 0 ? 0.1 : -0.1)] as const))).toBeCloseTo(3, 1)
})
