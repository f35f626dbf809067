/**
 * What lists need of every run, so that no list reads whole runs: in memory by core's `ListIndex`, fed from `index.jsonl`, which
 * every writer adds to and every process follows. It is a cache: never synced to disk, rebuilt when it is missing or damaged, and
 * compared with the files themselves when a process begins to use it.
 *
 * A writer says which runs it is about to touch before it touches them, and what they are afterwards. A run that was touched
 * but not confirmed (its writer is at work, or died) is read from its own files by every list until it is.
 */
import { appendFileSync, closeSync, fstatSync } from 'node:fs'
import { basename } from 'node:path'
import { ListIndex } from '@flujo-state/core'
import { allDone, placeFile } from './durable.js'
import { Fresh } from './fresh.js'
import {
  type Confirmed,
  confirmed,
  gone,
  type IndexLine,
  readIndexLine,
  type Summary,
  writeIndexLine,
} from './index-line.js'
import { inFolder, isRunFolderName, isShardName, type Layout } from './layout.js'
import { Pace } from './pace.js'
import { lookAt, namesIn, openIfThere, readAt } from './reading.js'
import { readRun } from './run-folder.js'
import { stampOf } from './stored-run.js'

/** Entries above those that are needed, before the file is written anew; and entries of our own between two looks at that. */
const SPARE = 2000
/** Runs that share a line when the file is written anew. */
const RUNS_PER_LINE = 100
/** So many runs that the index does not fit are worth writing it anew. */
const MANY_MISFITS = 100
/** Folders looked at side by side. */
const PARALLEL = 16
const NEWLINE = 10

const entriesIn = (line: IndexLine) => ('touched' in line ? 1 : line.confirmed.length)

export class IndexFile {
  readonly #layout: Layout
  readonly #token: string
  #lists = new ListIndex()
  #known = new Map<string, Summary>()
  readonly #unconfirmed = new Set<string>()
  /** Which file was read how far; 'none': there was no file, so nobody has written since; null: not looked yet. */
  #ino: bigint | 'none' | null = null
  #offset = 0
  #entries = 0
  /** Entries of our own since the file was last looked at whether it is too long. */
  #appended = 0
  /** Runs that were read from their own files because the index did not fit. */
  #misfits = 0
  readonly #fresh = new Fresh(() => this.#refresh())

  constructor(layout: Layout, token: string) {
    this.#layout = layout
    this.#token = token
  }

  /** Says which runs are about to change. Called under the lock, before. */
  touch(runIds: readonly string[]): void {
    this.#append({ touched: runIds })
  }

  /**
   * Says what has become of them. Called under the lock, after. Never fails: the commit is durable, and runs that stay
   * unconfirmed are read from their own files.
   */
  async confirm(runs: readonly Confirmed[]): Promise<void> {
    try {
      if (runs.length > 0) this.#append({ confirmed: runs })
      if (this.#appended > SPARE) await this.#shorten()
      await this.mend()
    } catch {
      // Said above.
    }
  }

  /** Writes the file anew if many runs do not fit: it was lost, or came with a copy of the folder. Called under the lock. Never fails. */
  async mend(): Promise<void> {
    if (this.#misfits > MANY_MISFITS) await this.rewrite().catch(() => undefined)
  }

  #append(line: IndexLine): void {
    // The newline first: what a killed writer left unfinished then spoils nothing but itself.
    appendFileSync(this.#layout.index, `\n${writeIndexLine(line)}`, { mode: 0o600 })
    this.#appended += entriesIn(line)
  }

  async #shorten(): Promise<void> {
    this.#appended = 0
    const lists = await this.refresh()
    if (this.#entries > 4 * lists.size + SPARE) await this.rewrite()
  }

  /** The lists as of this call or later. */
  refresh(): Promise<ListIndex> {
    return this.#fresh.get()
  }

  async #refresh(): Promise<ListIndex> {
    try {
      const isNew = await this.#follow()
      if (isNew) await this.#compareWithFolders()
      // A copy: what is looked at stays in the set.
      for (const runId of [...this.#unconfirmed]) await this.#readAgain(runId)
      return this.#lists
    } catch (error) {
      // The lists are half of what they should be: the next call begins anew.
      this.#forget(null)
      throw error
    }
  }

  /** Reads what was added to the file. True if it had to begin anew. */
  async #follow(): Promise<boolean> {
    const seen = lookAt(this.#layout.index)
    // Often nobody has written since.
    if (seen ? seen.ino === this.#ino && Number(seen.size) === this.#offset : this.#ino === 'none') return false
    const fd = seen && openIfThere(this.#layout.index)
    if (fd === null) {
      this.#forget('none')
      return true
    }
    try {
      const { ino, size } = fstatSync(fd, { bigint: true })
      const isNew = ino !== this.#ino || size < this.#offset
      if (isNew) this.#forget(ino)
      if (size > this.#offset) await this.#take(fd, Number(size) - this.#offset)
      return isNew
    } finally {
      closeSync(fd)
    }
  }

  #forget(ino: bigint | 'none' | null): void {
    this.#lists = new ListIndex()
    this.#known = new Map()
    this.#unconfirmed.clear()
    this.#ino = ino
    this.#offset = 0
    this.#entries = 0
    this.#misfits = 0
  }

  async #take(fd: number, length: number): Promise<void> {
    const bytes = await readAt(fd, this.#offset, length)
    const pace = new Pace()
    let begin = 0
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, begin)) {
      if (end > begin) {
        this.#takeLine(bytes.toString('utf8', begin, end))
        if (pace.isDue()) await pace.rest()
      }
      begin = end + 1
    }
    this.#offset += begin
  }

  #takeLine(text: string): void {
    const line = readIndexLine(text)
    // A damaged line is passed over: its run is found out by comparing with the folders, or stays unconfirmed.
    if (line === null) return
    this.#entries += entriesIn(line)
    if ('touched' in line) for (const runId of line.touched) this.#unconfirmed.add(runId)
    else for (const run of line.confirmed) this.#put(run)
  }

  #put({ run: runId, now, after, evaluations }: Confirmed): void {
    if (after !== 0 && after !== this.#known.get(runId)?.lastEvaluation) {
      // Lines before this one are lost, so the evaluations must be read from the run.
      this.#unconfirmed.add(runId)
      return
    }
    this.#unconfirmed.delete(runId)
    if (after === 0) this.#lists.delete(runId)
    if (now === null) {
      this.#known.delete(runId)
      return
    }
    this.#known.set(runId, now)
    this.#lists.put(runId, now.state, now.summary)
    for (const place of evaluations) this.#lists.addEvaluation(place)
  }

  /** A run whose line is not to be trusted, from its own files. It stays unconfirmed: its writer may still be at work. */
  async #readAgain(runId: string): Promise<void> {
    const folder = this.#layout.runFolder(runId)
    const known = this.#known.get(runId)
    if (stampOf(folder, known?.generation ?? 0) === (known?.stamp ?? null)) return
    const run = await readRun(folder, runId)
    this.#put(run ? confirmed(run) : gone(runId))
    this.#unconfirmed.add(runId)
  }

  /** Finds the runs whose files are not what the index says. One look at each folder, no reading of those that fit. */
  async #compareWithFolders(): Promise<void> {
    const pace = new Pace()
    const idOf = new Map<string, string>()
    for (const runId of this.#known.keys()) {
      idOf.set(basename(this.#layout.runFolder(runId)), runId)
      if (pace.isDue()) await pace.rest()
    }
    for (const name of namesIn(this.#layout.runs).filter(isShardName)) {
      const shard = inFolder(this.#layout.runs, name)
      const names = namesIn(shard).filter(isRunFolderName)
      for (let first = 0; first < names.length; first += PARALLEL) {
        const folders = names.slice(first, first + PARALLEL).map((name) => inFolder(shard, name))
        await allDone(folders.map((folder) => this.#compare(folder, idOf)))
        if (pace.isDue()) await pace.rest()
      }
    }
    // What is left has no folder any more.
    for (const runId of idOf.values()) if (!this.#unconfirmed.has(runId)) this.#put(gone(runId))
  }

  async #compare(folder: string, idOf: Map<string, string>): Promise<void> {
    const name = basename(folder)
    const listedId = idOf.get(name)
    idOf.delete(name)
    const known = listedId === undefined ? undefined : this.#known.get(listedId)
    if (known && stampOf(folder, known.generation) === known.stamp) return
    const run = await readRun(folder, listedId ?? null)
    this.#misfits += 1
    if (run) this.#put(confirmed(run))
    else if (listedId !== undefined) this.#put(gone(listedId))
  }

  /** Writes the file anew, with one line a run. Called under the lock. Runs left out are found by comparing with the folders. */
  async rewrite(): Promise<void> {
    const lists = await this.refresh()
    const known = [...this.#known].filter(([runId]) => !this.#unconfirmed.has(runId))
    function* parts() {
      for (let first = 0; first < known.length; first += RUNS_PER_LINE) {
        const part = known.slice(first, first + RUNS_PER_LINE)
        const confirmed = part.map(([run, now]) => ({ run, now, after: 0, evaluations: lists.evaluationsOf(run) }))
        yield Buffer.from(writeIndexLine({ confirmed }))
      }
    }
    await placeFile(this.#layout.index, parts(), this.#token)
    this.#misfits = 0
  }
}
