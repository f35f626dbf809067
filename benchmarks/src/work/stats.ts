import { type Contest, contest } from '../harness/contest.js'
import { recount, type Stats } from '../subjects/control.js'
import { readingMatch } from '../subjects/listed.js'
import { type Place, type Settings, scaleOf } from '../subjects/place.js'

/** `getWorkflowStats` over many snapshots, two in five of them recent. */
export function stats(places: readonly Place[], settings: Settings): Contest[] {
  return places.map((place) =>
    contest({
      work: `stats of ${scaleOf(place, settings).rows.toLocaleString('en')}`,
      place: place.name,
      control:
        { memory: 'loop over summaries', file: 'read every file' }[place.name as string] ?? 'one recounting query',
      open: (folder) =>
        readingMatch<Stats>(place, settings, folder, {
          ours: (backend) => backend.getWorkflowStats(),
          control: (control) => control.stats(),
          digest,
          expected: (entries) => digest(recount(entries.map(({ state }) => state))),
        }),
    }),
  )
}

/** Without the recent ones, which get fewer while the benchmark runs, and with as much of the average as all agree on. */
function digest({ totalWorkflows, statusCounts, averageExecutionTimeMs }: Stats) {
  return { totalWorkflows, statusCounts, average: averageExecutionTimeMs.toFixed(6) }
}
