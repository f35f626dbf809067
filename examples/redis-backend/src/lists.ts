/** Lists are sorted sets of places. All scores are 0, so that Redis sorts by bytes: the time, then the run's id. */
import type { EvaluationRow, RunQuery, RunSummaryRow, StateQuery, StateSummaryRow } from '@flujo-state/core'
import { newestFirst } from '@flujo-state/core'
import { parse, type Redis } from './redis.js'

/** The filters that have a set for each of their values, the most selective first. The others are judged row by row. */
const NAMES = ['parentRunId', 'pipelineId', 'pipelineName', 'pipelineVersion']
const INDEXED = [...NAMES, 'placeholder', 'withoutState', 'isBackgroundTask', 'status']

/** 15 bytes that sort like times, from the year 1 on. */
const timeText = (time: number) => String(time + 62_135_596_800_000).padStart(15, '0')
/** The place of an evaluation: time, 16 bytes of sequence, and the row. */
export const evaluationText = (time: number, sequence: number) => timeText(time) + String(sequence).padStart(16, '0')
export const evaluationAt = (place: string) => parse<EvaluationRow>(place.slice(31))

type List = 'states' | 'runs'
type Row = StateSummaryRow | RunSummaryRow
type Query = StateQuery & RunQuery
/** The sets that a row is in, and its places there. */
export function* placesOf(redis: Redis, list: List, row: Row): Generator<[set: string, place: string]> {
  const filters = Object.entries(row).filter(([name, value]) => value && INDEXED.includes(name))
  for (const order of ['createdAt', 'updatedAt'] as const)
    for (const filter of [[], ...filters])
      yield [redis.key(list, order, ...filter.map(String)), timeText(row[order]) + row.runId]
}

/** A run as it is read: the snapshot's metadata count. */
export function listed<R extends RunSummaryRow>(run: R, state: StateSummaryRow | null) {
  return { ...run, metadata: state?.metadata ?? run.metadata, withoutState: state === null }
}

/** Keys: sets. Arguments: where to begin and end, how many of each, how keys of runs begin, the fields to answer. */
const PAGE = `local rows = {}
for _, set in ipairs(KEYS) do
  for _, place in ipairs(redis.call('ZRANGE', set, ARGV[1], ARGV[2], 'BYLEX', 'REV', 'LIMIT', 0, ARGV[3])) do
    rows[#rows + 1] = redis.call('HMGET', ARGV[4] .. string.sub(place, 16), unpack(ARGV, 5))
  end
end
return rows`

/** Reads the most selective sets part by part, until enough is found. */
export async function listRows<R extends Row>(redis: Redis, list: List, query: Query, rowOf: (texts: string[]) => R) {
  const { order, statuses, from, before, after, limit = Infinity, offset = 0, metadata: _, ...filters } = query
  const given = Object.entries({ ...filters, status: statuses }).filter(([, value]) => value !== undefined)
  const wanted = new Map<string, unknown[]>(given.map(([name, value]) => [name, [value].flat()]))
  const isWanted = (row: R) => Object.entries(row).every(([name, value]) => wanted.get(name)?.includes(value) ?? true)
  const name = INDEXED.find((name) => wanted.has(name))
  const sets = name === undefined ? [[]] : (wanted.get(name) ?? []).map((value) => [name, String(value)])
  const keys = sets.map((filter) => redis.key(list, order, ...filter))
  const end = from === undefined ? '-' : `[${timeText(from)}`
  let begin = before === undefined ? '+' : `(${timeText(before)}`
  if (after && (before === undefined || after.time < before)) begin = `(${timeText(after.time)}${after.id}`
  const part = Math.min(500, offset + limit + 20)
  const found: R[] = []
  for (let length = part; length === part && found.length < offset + limit; ) {
    const words = [begin, end, String(part), redis.key('run', ''), list === 'runs' ? 'run' : 'state', 'state']
    const rows = await redis.send<string[][]>(['EVAL', PAGE, String(keys.length), ...keys, ...words])
    const places = rows.map(rowOf).map((row) => ({ row, time: row[order], id: row.runId }))
    const newest = places.sort(newestFirst).slice(0, part)
    for (const { row } of newest) if (isWanted(row)) found.push(row)
    for (const { time, id } of newest.slice(-1)) begin = `(${timeText(time)}${id}`
    length = newest.length
  }
  return found.slice(offset, offset + limit)
}
