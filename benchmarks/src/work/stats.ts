import { type Contest, contest } from '../harness/contest.js'
import type { ListControl, Stats } from '../subjects/control.js'
import { recentFrom } from '../subjects/dataset.js'
import { readingMatch } from '../subjects/listed.js'
import { type Place, type Settings, scaleOf } from '../subjects/place.js'

/** Shares of the snapshots that were made in the last 24 hours. */
const SHARES = [0, 0.01, 1]
/** What a recounting control reads of rows in a round. */
const ROWS_COUNTED = 200_000

/** `getWorkflowStats` over many snapshots: all of them recent, and where databases are large, few or none as well. */
export function stats(places: readonly Place[], settings: Settings): Contest[] {
  return places.flatMap((place) =>
    scaleOf(place, settings).rows.flatMap((rows, index, { length }) => {
      const isLargest = index === length - 1
      const shares = place.hasTransactions && isLargest ? SHARES : [1]
      return shares.map((share) => statsOf(place, settings, rows, share, isLargest))
    }),
  )
}

function statsOf(place: Place, settings: Settings, rows: number, share: number, isLargest: boolean): Contest {
  const { lists: calls } = scaleOf(place, settings)
  return contest({
    work: `stats of ${rows.toLocaleString('en')}, ${share * 100} % recent`,
    place: place.name,
    control: { memory: 'loop over summaries', file: 'read every file' }[place.name as string] ?? 'recounting query',
    // Smaller stores only show how the cost grows.
    target: place.hasTransactions && isLargest ? 50 : undefined,
    open: (site) =>
      readingMatch<Stats, ListControl>(place, site, {
        rows,
        calls,
        controlCalls: Math.min(calls, place.name === 'file' ? 2 : Math.max(2, Math.round(ROWS_COUNTED / rows))),
        now: (data) => data.timeWhenRecent(share),
        ours: (backend) => backend.getWorkflowStats(),
        control: (control, _, data) => control.stats(recentFrom(data.timeWhenRecent(share))),
        digest,
        expected: (data) => digest(data.stats(data.timeWhenRecent(share))),
      }),
  })
}

/** With as much of the average as all agree on. */
function digest({ totalWorkflows, statusCounts, recentWorkflows24h, averageExecutionTimeMs }: Stats) {
  return { totalWorkflows, statusCounts, recentWorkflows24h, average: averageExecutionTimeMs.toFixed(6) }
}
