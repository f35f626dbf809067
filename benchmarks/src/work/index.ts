import type { Contest } from '../harness/contest.js'
import { file, memory, places, type Settings, sqliteFull, sqliteNormal } from '../subjects/place.js'
import { codec } from './codec.js'
import { coldStart } from './cold-start.js'
import { lists, metadata, newest } from './list.js'
import { loadState } from './load-state.js'
import { largerStates, saveState } from './save-state.js'
import { stats } from './stats.js'
import { growingHistory, stepCommit } from './step-commit.js'
import { traceReads, traceWrites } from './trace.js'

/** Where it makes no difference how durable a write is. */
const readPlaces = [memory, file, sqliteNormal]

/** Everything that is measured, in the order of the table. A new piece of work is a file here and a line below. */
export function contests(settings: Settings): Contest[] {
  return [
    ...saveState(places, settings),
    ...largerStates(readPlaces, settings),
    ...stepCommit(places, settings),
    ...growingHistory([file, sqliteNormal], settings),
    ...loadState(readPlaces, settings),
    ...newest(readPlaces, settings),
    ...lists(sqliteNormal, settings),
    ...stats(readPlaces, settings),
    ...metadata(sqliteNormal, settings),
    ...traceWrites([sqliteFull, sqliteNormal], settings),
    ...traceReads([sqliteNormal], settings),
    ...coldStart(settings),
    ...codec(settings),
  ]
}
