/**
 * One commit: the units of a turn, decided one after the other and made durable together, under the lock.
 *
 * Order on disk: counters, the note of which runs are touched, then each run: one line in its log for what all its writes change (or
 * its folder into the trash), and system states, then what the lists need. The lines of several runs are synced by a journal. A crash in between leaves every run wholly old or wholly new;
 * nothing was acknowledged. Counters come first, so that a fence, version or sequence that somebody may have seen is never given
 * out again.
 */
import {
  applyWrite,
  type CommitOutcome,
  type CommitUnit,
  type Counters,
  type Decide,
  headOf,
  isEmptyImage,
  type SystemStateRow,
  stepOf,
  type Write,
} from '@flujo-state/core'
import { replaceFile } from './durable.js'
import { asIoError, asWriteError, corrupt } from './errors.js'
import type { IndexFile } from './index-file.js'
import { type Confirmed, confirmed, gone } from './index-line.js'
import type { Journal } from './journal.js'
import type { Layout } from './layout.js'
import { type LoggedWrite, loggedAs } from './logged-write.js'
import { Pace } from './pace.js'
import { readIfThere } from './reading.js'
import { type PayloadKind, readLine, writeLine } from './record-text.js'
import type { RunCache } from './run-cache.js'
import { appendCommit, discardRun, makeCheckpoint, wantsCheckpoint } from './run-folder.js'
import { newRun, type StoredRun, stampOfRun } from './stored-run.js'

/** A run that the batch writes to. */
interface Touched {
  run: StoredRun
  /** Since the run was last removed. */
  writes: LoggedWrite[]
  /** Its folder goes into the trash before `writes`. */
  isDiscarded: boolean
  /** The last unit that removed the run, by its number in the batch. */
  removedBy: number
  /** Why units could not be written: those behind the number `after`. */
  failure: { readonly cause: unknown; readonly after: number } | null
  /** Whether the files are known to be as the image: they are confirmed to the index only then. */
  isCertain: boolean
}

/** What all batches of a store share. */
export interface Surroundings {
  readonly layout: Layout
  readonly cache: RunCache
  readonly index: IndexFile
  readonly journal: Journal
  readonly token: string
  readonly payloads: PayloadKind
}

let trashed = 0

export class Batch {
  readonly #layout: Layout
  readonly #cache: RunCache
  readonly #index: IndexFile
  readonly #journal: Journal
  readonly #token: string
  readonly #payloads: PayloadKind
  readonly #touched = new Map<string, Touched>()
  readonly #systemStates = new Map<string, SystemStateRow>()
  readonly #systemFailures = new Map<string, unknown>()
  #counters: Counters | null = null
  #countersRaised = false

  constructor({ layout, cache, index, journal, token, payloads }: Surroundings) {
    this.#layout = layout
    this.#cache = cache
    this.#index = index
    this.#journal = journal
    this.#token = token
    this.#payloads = payloads
  }

  /** Decides the unit of this number and keeps what it writes. A run that cannot be read fails its own units. */
  async decide(unit: CommitUnit, number: number, decide: Decide): Promise<CommitOutcome> {
    try {
      const touched = unit.runId === null ? null : await this.#take(unit.runId)
      this.#counters ??= await readCounters(this.#layout.counters)
      const head = headOf(touched?.run.image, stepOf(unit), this.#counters)
      const { outcome, writes } = decide(unit, head, Date.now())
      for (const write of writes) this.#keep(write, touched, number)
      return outcome
    } catch (error) {
      return { ok: false, error: asIoError(error, 'reading') }
    }
  }

  async #take(runId: string): Promise<Touched> {
    const known = this.#touched.get(runId)
    if (known) return known
    const run = (await this.#cache.take(runId)) ?? newRun(runId)
    const touched = { run, writes: [], isDiscarded: false, removedBy: -1, failure: null, isCertain: true }
    this.#touched.set(runId, touched)
    return touched
  }

  #keep(write: Write, touched: Touched | null, number: number): void {
    if (write.kind === 'raise-counter') {
      const counters = this.#counters as Counters
      this.#counters = { ...counters, [write.counter]: Math.max(counters[write.counter], write.to) }
      this.#countersRaised = true
    } else if (write.kind === 'put-system-state') this.#systemStates.set(write.row.key, write.row)
    else if (touched) {
      touched.writes.push(...loggedAs(write, touched.run.image))
      applyWrite(touched.run.image, write)
      if (isEmptyImage(touched.run.image)) discard(touched, number)
    }
  }

  /**
   * Makes the batch durable. Units that could not be written get their error in `outcomes`. True if runs were discarded.
   * Rejects only if nothing was written.
   */
  async persist(outcomes: CommitOutcome[], units: readonly CommitUnit[]): Promise<boolean> {
    const changed = [...this.#touched].filter(([, { writes, isDiscarded }]) => writes.length > 0 || isDiscarded)
    for (const [runId, { writes, isDiscarded }] of this.#touched)
      if (writes.length === 0 && !isDiscarded) this.#cache.unchanged(runId)
    try {
      if (this.#countersRaised && this.#counters)
        await replaceFile(this.#layout.counters, writeLine(this.#counters, 'text'), this.#token)
      if (changed.length > 0) this.#index.touch(changed.map(([runId]) => runId))
    } catch (error) {
      for (const [runId] of changed) this.#cache.forget(runId)
      throw error
    }
    await this.#persistAll(changed)
    await this.#index.confirm(changed.flatMap(([runId, touched]) => confirmationOf(runId, touched)))
    for (const [number, unit] of units.entries()) {
      const failure = this.#failureOf(unit, number)
      if (failure != null && outcomes[number]?.ok) outcomes[number] = { ok: false, error: asWriteError(failure) }
    }
    return changed.some(([, { isDiscarded }]) => isDiscarded)
  }

  /** All at once: what takes time is that the disk confirms each. */
  async #persistAll(changed: readonly [string, Touched][]): Promise<void> {
    const pace = new Pace()
    const works = [...this.#systemStates.values()].map((row) => this.#persistSystemState(row))
    await this.#journal.gather(async () => {
      for (const [runId, touched] of changed) {
        works.push(this.#persistRun(runId, touched))
        if (pace.isDue()) await pace.rest()
      }
    })
    await Promise.all(works)
  }

  async #persistSystemState(row: SystemStateRow): Promise<void> {
    try {
      await replaceFile(this.#layout.systemState(row.key), writeLine(row, this.#payloads), this.#token)
    } catch (error) {
      this.#systemFailures.set(row.key, error)
    }
  }

  async #persistRun(runId: string, touched: Touched): Promise<void> {
    const { run, writes, isDiscarded, removedBy } = touched
    const folder = this.#layout.runFolder(runId)
    let written = -1
    try {
      if (isDiscarded) await discardRun(folder, this.#layout.trashed(this.#token, ++trashed))
      written = removedBy
      if (writes.length > 0) await appendCommit(folder, run, writes, this.#payloads, this.#journal)
      if (wantsCheckpoint(run)) await this.#makeCheckpoint(folder, touched)
    } catch (cause) {
      touched.failure = { cause, after: written }
      touched.isCertain = false
    }
    if (writes.length === 0 || !touched.isCertain) this.#cache.forget(runId)
    // The commit is made: that nothing more can be told of the files is no failure of it.
    else touched.isCertain = this.#cache.changed(runId, run)
  }

  /** The commit is in the log already, so it does not fail with its checkpoint; the next one tries again. */
  async #makeCheckpoint(folder: string, touched: Touched): Promise<void> {
    try {
      await makeCheckpoint(folder, touched.run, this.#payloads, this.#token)
    } catch {
      touched.isCertain = false
    }
  }

  #failureOf(unit: CommitUnit, number: number): unknown {
    if (unit.runId !== null) {
      const failure = this.#touched.get(unit.runId)?.failure
      return failure && number > failure.after ? failure.cause : null
    }
    return unit.changes
      .map((change) => (change.kind === 'put-system-state' ? this.#systemFailures.get(change.key) : null))
      .find((failure) => failure != null)
  }
}

function confirmationOf(runId: string, { run, writes, isCertain }: Touched): Confirmed[] {
  if (!isCertain) return []
  if (writes.length === 0) return [gone(runId)]
  return [confirmed(run, writes.filter(({ kind }) => kind === 'add-evaluation').length)]
}

/** What was written before the run became empty is nothing any more. */
function discard(touched: Touched, number: number): void {
  touched.isDiscarded ||= stampOfRun(touched.run) !== null
  touched.run = newRun(touched.run.runId)
  touched.writes = []
  touched.removedBy = number
}

async function readCounters(path: string): Promise<Counters> {
  const bytes = await readIfThere(path)
  if (bytes === null) return { version: 0, fence: 0, evaluation: 0 }
  const record = readLine(bytes.toString().trimEnd()) as Counters | null
  if (record === null) throw corrupt('the counters are damaged', path)
  return { version: record.version, fence: record.fence, evaluation: record.evaluation }
}
