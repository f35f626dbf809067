import { once } from 'node:events'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { Content } from '../content.js'
import { forkScript } from '../harness/apart.js'
import { expect } from '../harness/contest.js'
import { DATABASE, type Place } from '../subjects/place.js'
import { type Bound, bound, sized } from './bound.js'

const IN_FLIGHT = 64
const RUNS = 1_024
const LIMIT = 64
const MB = 2 ** 20

/** How large the log of a database grows under many writes, while another process reads it over and over. */
export function wal(place: Place): Bound {
  return bound('WAL with a reader', place, async ({ folder, settings, say }) => {
    const writes = sized(settings, { quick: 640, normal: 10_000, full: 100_000 })
    const path = join(folder, DATABASE)
    const backend = place.openOurs(folder)
    await backend.open()
    const reader = forkScript('../wal-reader-child.ts')
    reader.send(path)
    await once(reader, 'message')
    const content = new Content()
    let largest = 0
    for (let from = 0; from < writes; from += IN_FLIGHT) {
      const states = Array.from({ length: IN_FLIGHT }, () => content.state(1024))
      await Promise.all(states.map((state, index) => backend.saveState(`run-${(from + index) % RUNS}`, state)))
      largest = Math.max(largest, sizeOf(`${path}-wal`))
      say(`${from.toLocaleString('en')} of ${writes.toLocaleString('en')}`)
    }
    reader.send('pause')
    const [reads] = await once(reader, 'message')
    expect(reads > 10, 'nobody has read meanwhile')
    // The reader is still there: nobody but ours can empty the log.
    await backend.shutdown()
    const left = sizeOf(`${path}-wal`)
    reader.send('end')
    await once(reader, 'exit')
    const what = `WAL, ${writes.toLocaleString('en')} writes and a reader`
    return [
      { what, figures: { largest: largest / MB }, unit: 'MB', limit: LIMIT },
      { what: 'WAL after shutdown', figures: { left: left / MB }, unit: 'MB', limit: 0 },
    ]
  })
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}
