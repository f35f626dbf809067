import { Content } from '../content.js'
import { type Contest, contest, expect, type Match, type Side, type Site } from '../harness/contest.js'
import { peerSides } from '../peers/sides.js'
import type { Entry, Snapshots } from '../subjects/control.js'
import { holds } from '../subjects/expected.js'
import { fill, openPair } from '../subjects/pair.js'
import { type Place, type Settings, scaleOf } from '../subjects/place.js'

const SIZE = 1024
const RUNS = 1024

/** Snapshots of 1 KB by run id, one after the other. */
export function loadState(places: readonly Place[], settings: Settings): Contest[] {
  return places.map((place) =>
    contest({
      work: 'loadState',
      place: place.name,
      control: 'raw read by id, JSON.parse',
      target: { memory: 0.5, file: undefined, 'sqlite full': 0.6, 'sqlite normal': 0.6 }[place.name],
      open: (site) => openMatch(place, settings, site),
    }),
  )
}

async function openMatch(place: Place, settings: Settings, { folder }: Site): Promise<Match<readonly Entry[]>> {
  const operations = scaleOf(place, settings).loads
  const content = new Content()
  const runs = Math.min(RUNS, operations)
  const entries = Array.from({ length: runs }, (_, index) => ({ runId: `run-${index}`, state: content.state(SIZE) }))
  const pair = await openPair(place, folder)
  await fill(pair, entries)
  return {
    operations,
    input: () => Array.from({ length: operations }, () => entries[content.next(entries.length)] as Entry),
    sides: {
      control: rawSide(pair.control),
      ours: {
        run: (wanted) => loadAll(wanted, (id) => pair.ours.loadState(id)),
        verify,
        close: () => pair.ours.shutdown(),
      },
      ...(await peerSides(place, settings, folder, async (peer) => {
        for (const { runId, state } of entries) await peer.save(runId, state)
        return rawSide(peer)
      })),
    },
  }
}

const rawSide = (kept: Snapshots): Side<readonly Entry[]> => ({
  run: (wanted) => loadRaw(wanted, (id) => kept.load(id)),
  verify,
  close: () => kept.close(),
})

/** One in so many loaded snapshots is kept and compared; keeping all would measure the garbage collector. */
const KEEP = 64

async function loadAll(wanted: readonly Entry[], load: (runId: string) => Promise<unknown>): Promise<unknown[]> {
  const kept: unknown[] = []
  for (let index = 0; index < wanted.length; index++) {
    const loaded = await load(runIdAt(wanted, index))
    if (loaded === null || index % KEEP === 0) kept.push(loaded)
  }
  return kept
}

async function loadRaw(wanted: readonly Entry[], load: (runId: string) => unknown): Promise<unknown[]> {
  const kept: unknown[] = []
  for (let index = 0; index < wanted.length; index++) {
    const loading = load(runIdAt(wanted, index))
    // A control that is synchronous does not pay for a promise.
    const loaded = loading instanceof Promise ? await loading : loading
    if (loaded === null || index % KEEP === 0) kept.push(loaded)
  }
  return kept
}

const runIdAt = (wanted: readonly Entry[], index: number) => (wanted[index] as Entry).runId

const verify: Side<readonly Entry[]>['verify'] = (wanted, result) => {
  const kept = result as readonly unknown[]
  expect(kept.length === Math.ceil(wanted.length / KEEP), 'a snapshot was not found')
  kept.forEach((loaded, index) => {
    const { runId, state } = wanted[index * KEEP] as Entry
    expect(holds(loaded, state), `"${runId}" was loaded wrongly`)
  })
}
