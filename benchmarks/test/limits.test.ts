import { expect, test } from 'vitest'
import { bound } from '../src/bounds/bound.js'
import { withLimit } from '../src/shape/limits.js'
import { memory } from '../src/subjects/place.js'

const counts = { statements: 4, syncs: 1, bytes: 1_000 }
const result = { operation: 'saveState', place: 'sqlite', counts, problem: null }

test('what stays below its limit has no problem; what has none is not judged', () => {
  expect(withLimit(result)).toEqual(result)
  expect(withLimit({ ...result, operation: 'something new', counts: { ...counts, syncs: 99 } }).problem).toBeNull()
})

test('what is above its limit is named', () => {
  expect(withLimit({ ...result, counts: { ...counts, syncs: 2 } }).problem).toBe('above 1 syncs')
  expect(withLimit({ ...result, counts: { ...counts, bytes: 1e6 } }).problem).toMatch(/^above \d+ bytes$/)
  expect(withLimit({ ...result, problem: 'another' }).problem).toBe('another')
})

test('a figure above its limit, or none at all, is a problem; the quick sizes are not judged', async () => {
  const measured = (largest: number, quick: boolean) => {
    const figures = async () => [{ what: 'disk', figures: { largest }, unit: 'MB', limit: 5 }]
    const settings = { quick, full: false, peers: null }
    return bound('disk', memory, figures).measure({ folder: '', settings, say: () => {} })
  }
  expect(await measured(5, false)).toMatchObject([{ limit: 5, problem: null }])
  expect(await measured(5.1, false)).toMatchObject([{ limit: 5, problem: 'largest above 5 MB' }])
  expect(await measured(Number.NaN, false)).toMatchObject([{ problem: 'largest above 5 MB' }])
  expect(await measured(99, true)).toMatchObject([{ limit: null, problem: null }])
})
