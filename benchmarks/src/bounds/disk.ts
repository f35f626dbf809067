import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Content, type PlainState } from '../content.js'
import { expect } from '../harness/contest.js'
import { holds } from '../subjects/expected.js'
import type { Place } from '../subjects/place.js'
import { type Bound, bound, sized } from './bound.js'

const MB = 2 ** 20
const LIMIT = 5

/** What a large value that does not change takes on disk, however often it is saved: at most, at any time. */
export function unchanging(places: readonly Place[]): Bound[] {
  return places.flatMap((place) => [
    repeated('1 MB unchanged', place, (big) => big),
    repeated('{ 1 MB, i }', place, (big, i) => ({ big, i })),
  ])
}

type Context = PlainState['pipelineContext']

function repeated(name: string, place: Place, contextOf: (big: Context, i: number) => Context): Bound {
  return bound(`disk, ${name}`, place, async ({ folder, settings, say }) => {
    const saves = sized(settings, { quick: 3, normal: 500, full: 500 })
    const content = new Content()
    const text = JSON.stringify(content.document(MB))
    const backend = place.openOurs(folder)
    let [largest, last] = [0, content.state(1024)]
    for (let i = 0; i < saves; i++) {
      // Read anew each time, as by a caller who keeps no objects.
      last = { ...content.state(1024), pipelineContext: contextOf(JSON.parse(text), i) }
      await backend.saveState('run', last)
      largest = Math.max(largest, bytesIn(folder))
      say(`${i} of ${saves}`)
    }
    await backend.shutdown()
    const again = place.openOurs(folder)
    expect(holds(await again.loadState('run'), last), 'what was saved last is not there')
    await again.shutdown()
    return [{ what: `disk, ${saves} saves of ${name}`, figures: { largest: largest / MB }, unit: 'MB', limit: LIMIT }]
  })
}

function bytesIn(folder: string): number {
  let bytes = 0
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    // Files may go away meanwhile.
    if (entry.isFile()) bytes += statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0
  }
  return bytes
}
