import { expect, test } from 'vitest'
import { difference } from '../src/shape/counters.js'
import { growth } from '../src/shape/shape.js'

const step10 = { statements: 8, syncs: 1, bytes: 10_000 }

test('a step that costs the same has no problem, a few bytes more included', () => {
  expect(growth(step10, step10, 1.3)).toBeNull()
  expect(growth(step10, { ...step10, bytes: 12_900 }, 1.3)).toBeNull()
  expect(growth(step10, { ...step10, bytes: 5_000 }, 1.3)).toBeNull()
})

test('whatever grows is named', () => {
  expect(growth(step10, { ...step10, bytes: 13_100 }, 1.3)).toBe('bytes grow with the run')
  expect(growth(step10, { ...step10, statements: 9 }, 1.3)).toBe('statements grow with the run')
  expect(growth(step10, { ...step10, syncs: 2, bytes: 1e6 }, 1.3)).toBe('syncs and bytes grow with the run')
})

test('what cannot be counted is not judged', () => {
  const unknown = { statements: null, syncs: 1, bytes: null }
  expect(growth(unknown, unknown, 1.3)).toBeNull()
  expect(difference(step10, unknown)).toEqual({ statements: null, syncs: 0, bytes: null })
  expect(difference(step10, { statements: 3, syncs: 1, bytes: 4 })).toEqual({ statements: 5, syncs: 0, bytes: 9_996 })
})
