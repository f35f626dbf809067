/** Matches of reads over a store with many snapshots. */
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { StateBackend } from '@flujo-state/core'
import { expect, type Match, type MaybePromise, type Side, type Site } from '../harness/contest.js'
import type { Entry, ListControl } from './control.js'
import { Dataset } from './dataset.js'
import type { Place } from './place.js'

/** Declared as often asked for, where the backend takes such hints. */
export const INDEXED_KEY = 'customer'

export interface Reading<Result, Lists extends ListControl> {
  /** How many snapshots there are. */
  readonly rows: number
  /** How often a round reads. */
  readonly calls: number
  /** The same for the control, where it needs much longer. */
  readonly controlCalls?: number
  /** The time at which is read. */
  readonly now: (data: Dataset) => number
  readonly ours: (backend: StateBackend, call: number, data: Dataset) => Promise<Result>
  readonly control: (control: Lists, call: number, data: Dataset) => MaybePromise<Result>
  /** What must come out of both, of the results and of the snapshots in the store. */
  readonly digest: (result: Result) => unknown
  readonly expected: (data: Dataset, call: number) => unknown
}

/** The input of a round is not needed: it reads the same over and over. */
export async function readingMatch<Result, Lists extends ListControl>(
  place: Place<Lists>,
  site: Site,
  reading: Reading<Result, Lists>,
): Promise<Match<undefined>> {
  const { rows, calls, controlCalls = calls, now, digest, expected } = reading
  const data = new Dataset(rows)
  const { ours, control } = await openFilled(place, data, site, new Date(now(data)))
  const side = (read: (call: number) => MaybePromise<Result>, operations: number): Side<undefined> => {
    // What the last call must give; to find it takes long among many rows.
    const wanted = expected(data, operations - 1)
    return {
      operations,
      run: () => repeated(read, operations),
      verify(_, result) {
        const found = digest(result as Result)
        expect(isDeepStrictEqual(found, wanted), `read ${JSON.stringify(found)}, expected ${JSON.stringify(wanted)}`)
      },
    }
  }
  return {
    operations: calls,
    input: () => undefined,
    sides: {
      control: {
        ...side((call) => reading.control(control, call, data), controlCalls),
        close: () => control.close(),
      },
      ours: { ...side((call) => reading.ours(ours, call, data), calls), close: () => ours.shutdown() },
    },
  }
}

/** Gives the last result. A side that is synchronous does not pay for promises. */
async function repeated<Result>(read: (call: number) => MaybePromise<Result>, calls: number) {
  let last: Result | undefined
  for (let call = 0; call < calls; call++) {
    const reading = read(call)
    last = reading instanceof Promise ? await reading : reading
  }
  return last
}

/** What outlives a process is filled once for all contests that read it. */
async function openFilled<Lists extends ListControl>(place: Place<Lists>, data: Dataset, site: Site, now: Date) {
  const folder = join(place.outlivesProcess ? site.shared : site.folder, `${place.name} ${data.rows}`)
  const [oursFolder, controlFolder, filled] = ['ours', 'control', 'filled'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ]
  const open = () => place.openOurs(oursFolder, { clock: () => now, indexed: INDEXED_KEY })
  let ours = open()
  if (!existsSync(filled)) {
    await mkdir(oursFolder, { recursive: true })
    await mkdir(controlFolder, { recursive: true })
    await fillWithRuns(ours, data, site.say)
    if (place.outlivesProcess) {
      await ours.shutdown()
      ours = open()
    }
    await writeFile(filled, '')
  }
  return { ours, control: await place.openLists(controlFolder, oursFolder, () => data.entries()) }
}

const AT_ONCE = 256

/** A run and a snapshot for each row. */
async function fillWithRuns(ours: StateBackend, data: Dataset, say: Site['say']): Promise<void> {
  let saving: Promise<unknown>[] = []
  let done = 0
  for (const entry of data.entries()) {
    saving.push(...saveRun(ours, entry))
    done += 1
    if (done % AT_ONCE !== 0 && done !== data.rows) continue
    await Promise.all(saving)
    saving = []
    say(`filling, ${done.toLocaleString('en')} of ${data.rows.toLocaleString('en')}`)
  }
}

function saveRun(ours: StateBackend, { runId, state }: Entry): Promise<unknown>[] {
  const { pipelineId, pipelineName, pipelineVersion, status, createdAt, metadata } = state
  const run = { runId, pipelineId, pipelineName, pipelineVersion, status, createdAt, updatedAt: createdAt, metadata }
  return [ours.saveRunStart(run), ours.saveState(runId, state)]
}
