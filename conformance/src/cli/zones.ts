import type { Case } from '../cases.js'
import { START_OF_TIME } from '../clock.js'
import { areaOf, count, type ZoneRun } from '../report.js'
import type { Done, Work } from './jobs.js'

/** Areas whose rules are about instants, days and orders by time. */
const AREAS = ['TIM', 'LST', 'STT', 'CLN', 'FLD', 'BGT']

interface Zone {
  readonly zone: string
  readonly tz: string
  readonly start?: number
}

const ZONES: readonly Zone[] = [
  { zone: 'UTC', tz: 'UTC' },
  { zone: 'America/St_Johns', tz: 'America/St_Johns' },
  { zone: 'Asia/Kolkata', tz: 'Asia/Kolkata' },
  { zone: 'Pacific/Apia', tz: 'Pacific/Apia' },
  // 02:00 there, an hour that this day does not have.
  { zone: 'the start of summer time', tz: 'America/St_Johns', start: Date.parse('2026-03-08T05:30:00.000Z') },
  // There it is 1 March already.
  { zone: '29 February', tz: 'Pacific/Apia', start: Date.parse('2028-02-29T12:00:00.000Z') },
]

/** What is to be run of these cases in other time zones, for one harness. */
export function zoneWork(cases: readonly Case[], harness: number): Work[] {
  const own = cases.filter(({ rule }) => AREAS.includes(areaOf(rule.id)))
  return ZONES.map(({ tz, start }) => ({ harness, cases: own, thoroughness: 'short', start, tz }))
}

/** What came of all of `zoneWork`. */
export function zoneRuns(done: readonly Done[]): ZoneRun[] {
  const runs = ZONES.map(({ zone, tz, start = START_OF_TIME }, index): ZoneRun => {
    const { results = [], ms = 0 } = done[index] ?? {}
    const cases = results.map((each) => ({ ...each, id: `${each.id} (${zone})` }))
    return { zone, tz, start: new Date(start).toISOString(), ms, counts: count(results), cases }
  })
  return runs.filter(({ cases }) => cases.length > 0)
}
