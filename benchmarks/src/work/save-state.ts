import { readFile } from 'node:fs/promises'
import type { StateBackend } from '@flujo-state/core'
import { Content } from '../content.js'
import { type Contest, contest, type Match } from '../harness/contest.js'
import type { Control, Entry } from '../subjects/control.js'
import { openPair, savingSides } from '../subjects/pair.js'
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
      open: (folder) => openMatch(place, settings, folder, { ours: oneByOne, control: rawOneByOne }),
    }),
    contest({
      work: 'saveState 64 in flight',
      place: place.name,
      control: 'raw saves, each durable by itself',
      target: { memory: undefined, file: 3, 'sqlite full': 5, 'sqlite normal': undefined }[place.name],
      open: (folder) => openMatch(place, settings, folder, { ours: inFlight, control: rawInFlight }),
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
    open: (folder) => openMatch(place, settings, folder, { ours: inFlight, control: rawBatches }),
  })

/** What workflows do: each run works for itself, waits for something, and saves. */
const betweenReads = (place: Place, settings: Settings) =>
  contest({
    work: 'saveState 64 runs, I/O between',
    place: place.name,
    control: 'the same with raw saves, one by one',
    target: { 'sqlite full': 5 }[place.name as string],
    open: (folder) => openMatch(place, settings, folder, { ours: lanes, control: rawLanes }),
  })

async function openMatch(
  place: Place,
  settings: Settings,
  folder: string,
  how: Parameters<typeof savingSides>[2],
): Promise<Match<readonly Entry[]>> {
  const operations = scaleOf(place, settings).saves
  const content = new Content()
  const entry = (index: number): Entry => ({ runId: `run-${index % RUNS}`, state: content.state(SIZE) })
  return {
    operations,
    input: () => Array.from({ length: operations }, (_, index) => entry(index)),
    sides: savingSides(place, await openPair(place, folder), how),
  }
}

async function oneByOne(backend: StateBackend, entries: readonly Entry[]): Promise<void> {
  for (const { runId, state } of entries) await backend.saveState(runId, state)
}

async function rawOneByOne(control: Control, entries: readonly Entry[]): Promise<void> {
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

async function rawInFlight(control: Control, entries: readonly Entry[]): Promise<void> {
  for (const batch of batches(entries)) await Promise.all(batch.map(({ runId, state }) => control.save(runId, state)))
}

async function rawBatches(control: Control, entries: readonly Entry[]): Promise<void> {
  for (const batch of batches(entries)) await control.saveAll(batch)
}

const lanes = (backend: StateBackend, entries: readonly Entry[]) =>
  inLanes(entries, ({ runId, state }) => backend.saveState(runId, state))

const rawLanes = (control: Control, entries: readonly Entry[]) =>
  inLanes(entries, ({ runId, state }) => control.save(runId, state))

/** 64 independent runs, each of which reads a small file before every save. */
async function inLanes(entries: readonly Entry[], save: (entry: Entry) => unknown): Promise<void> {
  const file = new URL('../../package.json', import.meta.url)
  const lane = async (first: number) => {
    for (let index = first; index < entries.length; index += IN_FLIGHT) {
      await readFile(file)
      await save(entries[index] as Entry)
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, (_, first) => lane(first)))
}

function* batches(entries: readonly Entry[]): Generator<readonly Entry[]> {
  for (let from = 0; from < entries.length; from += IN_FLIGHT) yield entries.slice(from, from + IN_FLIGHT)
}
