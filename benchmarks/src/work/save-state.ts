import { open } from 'node:fs/promises'
import type { StateBackend } from '@flujo-state/core'
import { Content } from '../content.js'
import { type Contest, contest, type Match, type Site } from '../harness/contest.js'
import { peerSides } from '../peers/sides.js'
import type { Control, Entry, Snapshots } from '../subjects/control.js'
import { openPair, savingControl, savingSides } from '../subjects/pair.js'
import { type Place, type Settings, scaleOf } from '../subjects/place.js'

/** The runs whose snapshots are saved over and over. */
const RUNS = 128
const SIZE = 1024
const IN_FLIGHT = 64

/** Whole snapshots of 1 KB: by a caller who waits for each, and by 64 at once. */
export function saveState(places: readonly Place[], settings: Settings): Contest[] {
  return places.flatMap((place) => [
    contest({
      work: 'saveState one by one',
      place: place.name,
      control: 'raw saves, one by one',
      target: { memory: 0.5, file: 0.8, 'sqlite full': 0.8, 'sqlite normal': 0.6 }[place.name],
      open: (site) => openMatch(place, settings, site, { ours: oneByOne, control: rawOneByOne, peers: rawOneByOne }),
    }),
    contest({
      work: 'saveState 64 in flight',
      place: place.name,
      control: 'raw saves, each durable by itself',
      target: { memory: undefined, file: 3, 'sqlite full': 5, 'sqlite normal': undefined }[place.name],
      open: (site) => openMatch(place, settings, site, { ours: inFlight, control: rawInFlight, peers: rawInFlight }),
    }),
    ...(place.hasTransactions ? [besideTransactions(place, settings), betweenReads(place, settings)] : []),
  ])
}

const besideTransactions = (place: Place, settings: Settings) =>
  contest({
    work: 'saveState 64 in flight / batches',
    place: place.name,
    control: 'raw saves, one transaction per 64',
    target: 0.45,
    open: (site) => openMatch(place, settings, site, { ours: inFlight, control: rawBatches }),
  })

/** What workflows do: each run works for itself, waits for something, and saves. */
const betweenReads = (place: Place, settings: Settings) =>
  contest({
    work: 'saveState 64 runs, I/O between',
    place: place.name,
    control: 'the same with raw saves, one by one',
    target: { 'sqlite full': 5 }[place.name as string],
    open: (site) => openMatch(place, settings, site, { ours: lanes, control: rawLanes }),
  })

interface How {
  readonly ours: (ours: StateBackend, entries: readonly Entry[]) => Promise<void>
  readonly control: (control: Control, entries: readonly Entry[]) => Promise<void>
  /** How peers save, where they can do what the control does. */
  readonly peers?: (peer: Snapshots, entries: readonly Entry[]) => Promise<void>
  /** The characters of a snapshot as JSON: 1,024 unless given. */
  readonly size?: number
}

async function openMatch(
  place: Place,
  settings: Settings,
  { folder }: Site,
  { peers, size = SIZE, ...how }: How,
): Promise<Match<readonly Entry[]>> {
  const operations = Math.max(4, Math.floor((scaleOf(place, settings).saves * SIZE) / size))
  const content = new Content()
  const entry = (index: number): Entry => ({ runId: `run-${index % RUNS}`, state: content.state(size) })
  return {
    operations,
    input: () => Array.from({ length: operations }, (_, index) => entry(index)),
    sides: {
      ...savingSides(place, await openPair(place, folder), how),
      ...(peers && (await peerSides(place, settings, folder, (peer) => savingControl(peer, peers)))),
    },
  }
}

const LARGER = { '10 KB': 10 * SIZE, '100 KB': 100 * SIZE, '1 MB': 1024 * SIZE }

/** How the cost of a save grows with the snapshot. */
export function largerStates(places: readonly Place[], settings: Settings): Contest[] {
  return places.flatMap((place) =>
    Object.entries(LARGER).map(([label, size]) =>
      contest({
        work: `saveState of ${label}`,
        place: place.name,
        control: 'raw saves, one by one',
        open(site) {
          const given = settings.quick ? size / 8 : size
          return openMatch(place, settings, site, { ours: oneByOne, control: rawOneByOne, size: given })
        },
      }),
    ),
  )
}

async function oneByOne(backend: StateBackend, entries: readonly Entry[]): Promise<void> {
  for (const { runId, state } of entries) await backend.saveState(runId, state)
}

async function rawOneByOne(control: Snapshots, entries: readonly Entry[]): Promise<void> {
  for (const { runId, state } of entries) {
    const saving = control.save(runId, state)
    // A control that is synchronous does not pay for a promise.
    if (saving instanceof Promise) await saving
  }
}

async function inFlight(backend: StateBackend, entries: readonly Entry[]): Promise<void> {
  for (const batch of batches(entries))
    await Promise.all(batch.map(({ runId, state }) => backend.saveState(runId, state)))
}

async function rawInFlight(control: Snapshots, entries: readonly Entry[]): Promise<void> {
  for (const batch of batches(entries)) await Promise.all(batch.map(({ runId, state }) => control.save(runId, state)))
}

async function rawBatches(control: Control, entries: readonly Entry[]): Promise<void> {
  for (const batch of batches(entries)) await control.saveAll(batch)
}

const lanes = (backend: StateBackend, entries: readonly Entry[]) =>
  inLanes(entries, ({ runId, state }) => backend.saveState(runId, state))

const rawLanes = (control: Control, entries: readonly Entry[]) =>
  inLanes(entries, ({ runId, state }) => control.save(runId, state))

/** 64 independent runs, each of which reads some bytes of a file before every save. */
async function inLanes(entries: readonly Entry[], save: (entry: Entry) => unknown): Promise<void> {
  const file = await open(new URL('../../package.json', import.meta.url))
  const lane = async (first: number) => {
    const bytes = Buffer.alloc(64)
    for (let index = first; index < entries.length; index += IN_FLIGHT) {
      await file.read(bytes, 0, bytes.length, 0)
      await save(entries[index] as Entry)
    }
  }
  try {
    await Promise.all(Array.from({ length: IN_FLIGHT }, (_, first) => lane(first)))
  } finally {
    await file.close()
  }
}

function* batches(entries: readonly Entry[]): Generator<readonly Entry[]> {
  for (let from = 0; from < entries.length; from += IN_FLIGHT) yield entries.slice(from, from + IN_FLIGHT)
}
