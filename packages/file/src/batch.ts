/**
 * One commit: the units of a turn, decided one after the other and made durable together, under the lock.
 *
 * Order on disk: counters and system states, the note of which runs are touched, then each run: one line in its log for all its
 * writes (or its folder into the trash), then what the lists need. A crash in between leaves every run wholly old or wholly new;
 * nothing was acknowledged. Counters come first, so that a fence, version or sequence that somebody may have seen is never given
 * out again.
 */
import { readFile } from 'node:fs/promises'
import {
  applyWrite,
  type CommitOutcome,
  type CommitUnit,
  type Counters,
  type Decide,
  headOf,
  isEmptyImage,
  stepOf,
  type Write,
} from '@flujo-state/core'
import { replaceFile } from './durable.js'
import { asIoError, corrupt, isMissing } from './errors.js'
import { type Confirmed, type IndexFile, placeOf, summaryOf } from './index-file.js'
import type { Layout } from './layout.js'
import { type PayloadForm, readLine, writeLine } from './record-text.js'
import type { RunCache } from './run-cache.js'
import { appendCommit, discardRun, makeCheckpoint, newRun, type StoredRun, wantsCheckpoint } from './run-folder.js'

/** A run that the batch writes to. */
interface Touched {
  run: StoredRun
  /** Since the run was last removed. */
  writes: Write[]
  /** Its folder goes into the trash before `writes`. */
  isDiscarded: boolean
  failure: unknown
}

let trashed = 0

export class Batch {
  readonly #layout: Layout
  readonly #cache: RunCache
  readonly #index: IndexFile
  readonly #token: string
  readonly #form: PayloadForm
  readonly #touched = new Map<string, Touched>()
  readonly #systemStates = new Map<string, Extract<Write, { kind: 'put-system-state' }>['row']>()
  #counters: Counters | null = null
  #countersRaised = false

  constructor(layout: Layout, cache: RunCache, index: IndexFile, token: string, form: PayloadForm) {
    this.#layout = layout
    this.#cache = cache
    this.#index = index
    this.#token = token
    this.#form = form
  }

  /** Decides a unit and keeps what it writes. A run that cannot be read fails its own units. */
  async decide(unit: CommitUnit, decide: Decide): Promise<CommitOutcome> {
    try {
      const touched = unit.runId === null ? null : await this.#take(unit.runId)
      this.#counters ??= await readCounters(this.#layout.counters)
      const head = headOf(touched?.run.image, stepOf(unit), this.#counters)
      const { outcome, writes } = decide(unit, head, Date.now())
      for (const write of writes) this.#keep(write, touched)
      return outcome
    } catch (error) {
      return { ok: false, error: asIoError(error, `reading run '${unit.runId}'`) }
    }
  }

  async #take(runId: string): Promise<Touched> {
    const known = this.#touched.get(runId)
    if (known) return known
    const run = (await this.#cache.take(runId)) ?? newRun(runId)
    const touched: Touched = { run, writes: [], isDiscarded: false, failure: null }
    this.#touched.set(runId, touched)
    return touched
  }

  #keep(write: Write, touched: Touched | null): void {
    if (write.kind === 'raise-counter') {
      const counters = this.#counters as Counters
      this.#counters = { ...counters, [write.counter]: Math.max(counters[write.counter], write.to) }
      this.#countersRaised = true
    } else if (write.kind === 'put-system-state') this.#systemStates.set(write.row.key, write.row)
    else if (touched) {
      applyWrite(touched.run.image, write)
      touched.writes.push(write)
      if (isEmptyImage(touched.run.image)) discard(touched)
    }
  }

  /** Makes the batch durable. Units whose run could not be written get their error in `outcomes`. True if runs were discarded. */
  async persist(outcomes: CommitOutcome[], units: readonly CommitUnit[]): Promise<boolean> {
    const changed = [...this.#touched].filter(([, touched]) => touched.writes.length > 0 || touched.isDiscarded)
    for (const [runId, { writes, isDiscarded }] of this.#touched)
      if (writes.length === 0 && !isDiscarded) this.#cache.unchanged(runId)
    try {
      if (this.#countersRaised && this.#counters)
        await writeCounters(this.#layout.counters, this.#counters, this.#token)
      for (const [key, row] of this.#systemStates)
        await replaceFile(this.#layout.systemState(key), writeLine(row, this.#form), this.#token)
      if (changed.length > 0) this.#index.touch(changed.map(([runId]) => runId))
    } catch (error) {
      for (const [runId] of changed) this.#cache.forget(runId)
      throw error
    }
    await Promise.all(changed.map(([runId, touched]) => this.#persistRun(runId, touched)))
    await this.#confirm(changed)
    this.#reportFailures(outcomes, units)
    return changed.some(([, { isDiscarded }]) => isDiscarded)
  }

  async #persistRun(runId: string, touched: Touched): Promise<void> {
    const { run, writes } = touched
    const folder = this.#layout.runFolder(runId)
    try {
      if (touched.isDiscarded) await discardRun(folder, this.#layout.trashed(this.#token, ++trashed))
      if (writes.length > 0) {
        await appendCommit(folder, run, writes, this.#form)
        if (wantsCheckpoint(run)) await makeCheckpoint(folder, run, this.#form, this.#token)
        this.#cache.changed(runId, run)
      } else this.#cache.forget(runId)
    } catch (error) {
      this.#cache.forget(runId)
      touched.failure = error
    }
  }

  async #confirm(changed: readonly (readonly [string, Touched])[]): Promise<void> {
    const confirmed: Confirmed[] = []
    for (const [runId, { run, writes, isDiscarded, failure }] of changed) {
      if (failure !== null) continue
      const added = writes.flatMap((write) => (write.kind === 'add-evaluation' ? [placeOf(write.row)] : []))
      const now = writes.length === 0 ? null : summaryOf(run)
      confirmed.push(isDiscarded && now ? { run: runId, now, evaluations: added } : { run: runId, now, added })
    }
    if (confirmed.length > 0) this.#index.confirm(confirmed)
    if (this.#index.isWasteful) await this.#index.rewrite()
  }

  #reportFailures(outcomes: CommitOutcome[], units: readonly CommitUnit[]): void {
    for (const [index, unit] of units.entries()) {
      const failure = unit.runId === null ? null : this.#touched.get(unit.runId)?.failure
      if (failure != null && outcomes[index]?.ok) outcomes[index] = { ok: false, error: asIoError(failure, 'writing') }
    }
  }
}

/** What was written before the run became empty is nothing any more. */
function discard(touched: Touched): void {
  touched.isDiscarded ||= touched.run.stamp !== ''
  touched.run = newRun(touched.run.runId)
  touched.writes = []
}

async function readCounters(path: string): Promise<Counters> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (isMissing(error)) return { version: 0, fence: 0, evaluation: 0 }
    throw error
  }
  const record = readLine(text.trimEnd()) as Counters | null
  if (record === null) throw corrupt('the counters are damaged', path)
  return { version: record.version, fence: record.fence, evaluation: record.evaluation }
}

function writeCounters(path: string, counters: Counters, token: string): Promise<void> {
  return replaceFile(path, writeLine(counters, 'text'), token)
}
