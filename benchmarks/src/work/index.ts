import type { Contest } from '../harness/contest.js'
import { places, type Settings } from '../subjects/place.js'
import { codec } from './codec.js'
import { list } from './list.js'
import { loadState } from './load-state.js'
import { saveState } from './save-state.js'
import { stats } from './stats.js'
import { stepCommit } from './step-commit.js'

/** Everything that is measured, in the order of the table. A new piece of work is a file here and a line below. */
export function contests(settings: Settings): Contest[] {
  // How durable a write is makes no difference to a read.
  const readPlaces = places.filter((place) => place.name !== 'sqlite full')
  return [
    ...saveState(places, settings),
    ...stepCommit(places, settings),
    ...loadState(readPlaces, settings),
    ...list(readPlaces, settings),
    ...stats(readPlaces, settings),
    ...codec(settings),
  ]
}
