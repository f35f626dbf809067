import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { StateBackend } from '@flujo-state/core'
import { Content, type PlainState } from '../content.js'
import { expect } from '../harness/contest.js'
import type { Place } from '../subjects/place.js'
import { type Bound, bound, type Ground, sized } from './bound.js'

const IN_FLIGHT = 64
const DAY = 86_400_000

/** How long the event loop is held at a time. Only shown: on a busy machine it is held by others as well. */
export function holds(places: readonly Place[]): Bound[] {
  return places.flatMap((place) => [
    bound('event loop, 64 in flight', place, (ground) => during('64 in flight', place, ground, inFlight)),
    bound('event loop, 1 MB states', place, (ground) => during('1 MB states', place, ground, largeStates)),
    bound('event loop, cleanup', place, (ground) => during('cleanup', place, ground, cleanup)),
  ])
}

/** Prepares, and gives the work during which the loop is watched, with what it is called in the table. */
type Prepare = (
  backend: StateBackend,
  ground: Ground,
  place: Place,
) => Promise<{ readonly work: () => Promise<unknown>; readonly name?: string }>

async function during(name: string, place: Place, ground: Ground, prepare: Prepare) {
  const backend = place.openOurs(ground.folder)
  await backend.open()
  const { work, name: full = name } = await prepare(backend, ground, place)
  const figures = await held(work)
  await backend.shutdown()
  return [{ what: `event loop held, ${full}`, figures, unit: 'ms' }]
}

const RESOLUTION = 1

async function held(work: () => Promise<unknown>): Promise<Record<string, number>> {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION })
  delays.enable()
  await pause(20)
  delays.reset()
  // What comes before the second turn after a reset is not counted.
  await pause(5)
  await work()
  await pause(5)
  delays.disable()
  const millis = (nanos: number) => Math.max(0, nanos / 1e6 - RESOLUTION)
  return { p99: millis(delays.percentile(99)), max: millis(delays.max) }
}

const pause = (millis: number) => new Promise((resolve) => setTimeout(resolve, millis))
/** Between two calls, so that each holds the loop for itself, as where several users take turns. */
const turn = () => new Promise((resolve) => setImmediate(resolve))

const inFlight: Prepare = async (backend, { settings }) => {
  const content = new Content()
  const saveTogether = () => {
    const states = Array.from({ length: IN_FLIGHT }, () => content.state(1024))
    return () => Promise.all(states.map((state, index) => backend.saveState(`run-${index}`, state)))
  }
  for (let time = 0; time < 20; time++) await saveTogether()()
  const batches = Array.from({ length: sized(settings, { quick: 2, normal: 100, full: 400 }) }, saveTogether)
  return {
    async work() {
      for (const save of batches) {
        await save()
        await turn()
      }
    },
  }
}

const largeStates: Prepare = async (backend, { settings }) => {
  const content = new Content()
  const count = sized(settings, { quick: 2, normal: 40, full: 100 })
  const states = (count: number) => Array.from({ length: count }, () => content.state(1024 * 1024))
  const saveAndLoad = async (states: readonly PlainState[]) => {
    for (const [index, state] of states.entries()) {
      await backend.saveState(`run-${index % 8}`, state)
      await turn()
      await backend.loadState(`run-${index % 8}`)
      await turn()
    }
  }
  await saveAndLoad(states(4))
  const measured = states(count)
  return { work: () => saveAndLoad(measured) }
}

const cleanup: Prepare = async (backend, { settings, say }, place) => {
  const runs = sized(settings, { quick: 100, normal: 5_000, full: place.name === 'file' ? 20_000 : 200_000 })
  const content = new Content()
  const longAgo = new Date(Date.now() - 90 * DAY)
  for (let from = 0; from < runs; from += 256) {
    const batch = Array.from({ length: Math.min(256, runs - from) }, (_, index) => {
      const state = { ...content.state(300, longAgo.getTime()), status: 'completed' as const, updatedAt: longAgo }
      return backend.saveState(`run-${from + index}`, state)
    })
    await Promise.all(batch)
    say(`filling, ${from.toLocaleString('en')} of ${runs.toLocaleString('en')}`)
  }
  return {
    name: `cleanup of ${runs.toLocaleString('en')}`,
    async work() {
      const deleted = await backend.cleanupOldWorkflows()
      expect(deleted === runs, `${deleted} of ${runs} runs were deleted`)
    },
  }
}
