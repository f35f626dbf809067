/**
 * What an operation may cost at most, counted on states and steps of 1 KB. They stand a little above what is counted today:
 * who makes an operation cheaper lowers its limit, who makes it dearer must say why.
 */
import type { Counts } from './counters.js'
import type { ShapeResult } from './shape.js'

type Limits = Readonly<Record<string, Partial<Counts>>>

const sqlite: Limits = {
  saveState: { statements: 8, syncs: 1, bytes: 33_000 },
  '64 saveState in flight, together': { statements: 390, syncs: 1, bytes: 120_000 },
  'updateState, one more history item': { statements: 9, syncs: 1, bytes: 21_000 },
  loadState: { statements: 4, syncs: 0 },
  'newest by status': { statements: 1, syncs: 0 },
  stats: { statements: 5, syncs: 0 },
  'step commit, step 10': { statements: 12, syncs: 1, bytes: 33_000 },
  'step commit, mean of 800 to 1000': { statements: 12, syncs: 1, bytes: 46_000 },
}

const file: Limits = {
  saveState: { syncs: 1, bytes: 2_600 },
  '64 saveState in flight, together': { syncs: 64, bytes: 160_000 },
  'updateState, one more history item': { syncs: 1, bytes: 2_600 },
  loadState: { syncs: 0 },
  'newest by status': { syncs: 0 },
  stats: { syncs: 0 },
  'step commit, step 10': { syncs: 1, bytes: 6_000 },
  'step commit, mean of 800 to 1000': { syncs: 1, bytes: 8_000 },
}

const places: Readonly<Record<string, Limits>> = { sqlite, file }

/** The same result, with a problem if it is above its limit. */
export function withLimit(result: ShapeResult): ShapeResult {
  const limits = places[result.place]?.[result.operation]
  if (limits === undefined || result.problem !== null) return result
  const beyond = (['statements', 'syncs', 'bytes'] as const).filter((name) => {
    const limit = limits[name]
    return limit != null && (result.counts[name] ?? 0) > limit
  })
  if (beyond.length === 0) return result
  return { ...result, problem: beyond.map((name) => `above ${limits[name]} ${name}`).join(', ') }
}
