import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { StateBackend } from '@flujo-state/core'
import { expect, type MaybePromise, type Side } from '../harness/contest.js'
import type { Control, Entry, Snapshots } from './control.js'
import { Expected } from './expected.js'
import type { Place } from './place.js'

/** Our backend and its control, opened side by side, each in a folder of its own. */
export interface Pair {
  readonly ours: StateBackend
  readonly control: Control
  /** Opens again what ours has saved; only where the place outlives its process, and after `ours.shutdown()`. */
  readonly reopen: () => StateBackend
}

export async function openPair(place: Place, folder: string): Promise<Pair> {
  const [oursFolder, controlFolder] = [join(folder, 'ours'), join(folder, 'control')]
  await mkdir(oursFolder, { recursive: true })
  await mkdir(controlFolder, { recursive: true })
  const ours = place.openOurs(oursFolder)
  await ours.open()
  return { ours, control: await place.openControl(controlFolder), reopen: () => place.openOurs(oursFolder) }
}

type Save<Subject> = (subject: Subject, entries: readonly Entry[]) => MaybePromise<unknown>

/** Sides that save entries and then prove that the entries are there: some after every round, all of them at the end. */
export function savingSides(place: Place, pair: Pair, how: { ours: Save<StateBackend>; control: Save<Control> }) {
  return { control: savingControl(pair.control, how.control), ours: savingOurs(place, pair, how.ours) }
}

const SAMPLE = 3

export function savingControl<Kept extends Snapshots>(control: Kept, save: Save<Kept>): Side<readonly Entry[]> {
  const expected = new Expected()
  const load = (runId: string) => control.load(runId)
  return {
    run: (entries) => save(control, entries),
    async verify(entries) {
      expected.note(entries)
      expect((await control.count()) === expected.size, 'snapshots of the control are lost')
      await expected.checkSome(load, SAMPLE)
    },
    async close() {
      await expected.checkAll(load)
      await control.close()
    },
  }
}

function savingOurs(place: Place, { ours, reopen }: Pair, save: Save<StateBackend>): Side<readonly Entry[]> {
  const expected = new Expected()
  return {
    run: (entries) => save(ours, entries),
    async verify(entries) {
      expected.note(entries)
      const { totalWorkflows } = await ours.getWorkflowStats()
      expect(totalWorkflows === expected.size, 'the backend has lost snapshots')
      await expected.checkSome((runId) => ours.loadState(runId), SAMPLE)
    },
    async close() {
      if (!place.outlivesProcess) {
        await expected.checkAll((runId) => ours.loadState(runId))
        return ours.shutdown()
      }
      await ours.shutdown()
      const again = reopen()
      await expected.checkAll((runId) => again.loadState(runId))
      await again.shutdown()
    },
  }
}

/** Fills both with the same snapshots. */
export async function fill({ ours, control }: Pair, entries: readonly Entry[]): Promise<void> {
  await control.saveAll(entries)
  for (let from = 0; from < entries.length; from += 256)
    await Promise.all(entries.slice(from, from + 256).map(({ runId, state }) => ours.saveState(runId, state)))
}
