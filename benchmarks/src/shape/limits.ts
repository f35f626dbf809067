/**
 * What an operation may cost at most, counted on states and steps of 1 KB. They stand a little above what is counted today:
 * who makes an operation cheaper lowers its limit, who makes it dearer must say why. Means have a checkpoint in them now and then.
 */
import type { Counts } from './counters.js'
import type { ShapeResult } from './shape.js'

type Limits = Readonly<Record<string, Partial<Counts>>>

const sqlite: Limits = {
  saveState: { statements: 12, syncs: 1, bytes: 33_000 },
  '64 saveState in flight, together': { statements: 300, syncs: 1, bytes: 105_000 },
  'updateState, one more history item': { statements: 8, syncs: 1, bytes: 17_000 },
  loadState: { statements: 3, syncs: 0 },
  'newest by status': { statements: 1, syncs: 0 },
  stats: { statements: 4, syncs: 0 },
  'step commit, step 10': { statements: 11, syncs: 1, bytes: 33_000 },
  'step commit, mean of 800 to 1000': { statements: 11, syncs: 1, bytes: 36_000 },
  'growing saveState, around step 500': { statements: 9, syncs: 1, bytes: 17_000 },
}

const file: Limits = {
  saveState: { syncs: 1, bytes: 2_200 },
  // One for what is appended to all the logs, the others for what is new.
  '64 saveState in flight, together': { syncs: 4, bytes: 200_000 },
  'updateState, one more history item': { syncs: 1, bytes: 2_400 },
  loadState: { syncs: 0 },
  'newest by status': { syncs: 0 },
  stats: { syncs: 0 },
  'step commit, step 10': { syncs: 1, bytes: 5_500 },
  'step commit, mean of 800 to 1000': { syncs: 1.1, bytes: 6_500 },
  'growing saveState, around step 500': { syncs: 1.1, bytes: 4_000 },
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
