/**
 * What lists need of every run, so that no list reads whole runs: in memory by core's `ListIndex`, fed from `index.jsonl`, which
 * every writer adds to and every process follows. It is a cache: never synced to disk, rebuilt when it is missing or damaged, and
 * compared with the files themselves when a process begins to use it.
 *
 * A writer says which runs it is about to touch before it touches them, and what they are afterwards. A run that was touched
 * but not confirmed (its writer is at work, or died) is read from its own files by every list until it is.
 */
import { appendFileSync } from 'node:fs'
import { open, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import {
  type EvaluationPlace,
  type EvaluationRow,
  ListIndex,
  type RunImage,
  type RunSummaryRow,
  type StateSummaryRow,
} from '@flujo-state/core'
import { isMissing } from './errors.js'
import { type Layout, temporaryName } from './layout.js'
import { readLine, writeLine } from './record-text.js'
import { namesIn, readRun, type StoredRun, stampOf } from './run-folder.js'

/** Lines above those that are needed, before the file is written anew. */
const SPARE_LINES = 2000
/** Folders looked at side by side. */
const PARALLEL = 16

/** What lists need of a run, as of the files with this stamp. */
export interface Summary {
  readonly generation: number
  readonly stamp: string
  readonly state: StateSummaryRow | null
  readonly summary: RunSummaryRow | null
}

/** What a run is now (null: gone), with all its evaluations or with those that came to the known ones. */
export interface Confirmed {
  readonly run: string
  readonly now: Summary | null
  readonly evaluations?: readonly EvaluationPlace[]
  readonly added?: readonly EvaluationPlace[]
}

/** A line of the file. */
type Line = { readonly touched: readonly string[] } | Confirmed

export function summaryOf({ image, generation, stamp }: StoredRun): Summary {
  const state = image.state && withoutPayloads(image.state)
  const summary = image.run && withoutFinalContext(image.run)
  return { generation, stamp, state, summary }
}

export function placeOf({ runId, sequence, createdAt }: EvaluationRow): EvaluationPlace {
  return { runId, sequence, createdAt }
}

function confirmedBy(run: StoredRun): Confirmed {
  return { run: run.runId, now: summaryOf(run), evaluations: run.image.evaluations.map(placeOf) }
}

function withoutPayloads({
  pipelineContext: _context,
  lastStepOutput: _output,
  ...summary
}: NonNullable<RunImage['state']>) {
  return summary
}
function withoutFinalContext({ finalContext: _context, ...summary }: NonNullable<RunImage['run']>) {
  return summary
}

export class IndexFile {
  readonly #layout: Layout
  readonly #token: string
  #lists = new ListIndex()
  #known = new Map<string, Summary>()
  readonly #unconfirmed = new Set<string>()
  /** Which file was read how far. */
  #ino: bigint | null = null
  #offset = 0
  #lines = 0
  #refreshing: Promise<ListIndex> | null = null

  constructor(layout: Layout, token: string) {
    this.#layout = layout
    this.#token = token
  }

  /** Says which runs are about to change. Called under the lock, before. */
  touch(runIds: readonly string[]): void {
    this.#append([{ touched: runIds }])
  }

  /** Says what has become of them. Called under the lock, after. */
  confirm(runs: readonly Confirmed[]): void {
    try {
      this.#append(runs)
    } catch {
      // They stay unconfirmed, so lists read them from their own files; the commit itself is durable.
    }
  }

  #append(lines: readonly Line[]): void {
    // The newline first: what a killed writer left unfinished then spoils nothing but itself.
    const text = lines.map((line) => writeLine(line, 'text')).join('')
    appendFileSync(this.#layout.index, `\n${text}`, { mode: 0o600 })
  }

  /** The lists as of now. */
  refresh(): Promise<ListIndex> {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = null
    })
    return this.#refreshing
  }

  async #refresh(): Promise<ListIndex> {
    const isNew = await this.#follow()
    if (isNew) await this.#compareWithFolders()
    for (const runId of this.#unconfirmed) await this.#readAgain(runId)
    return this.#lists
  }

  /** Reads what was added to the file. True if it had to begin anew. */
  async #follow(): Promise<boolean> {
    const file = await stat(this.#layout.index, { bigint: true }).catch((error: unknown) => {
      if (isMissing(error)) return null
      throw error
    })
    const isNew = this.#ino === null || file?.ino !== this.#ino || file.size < this.#offset
    if (isNew) this.#forget(file?.ino ?? null)
    if (file && file.size > this.#offset) this.#take(await this.#readFrom(this.#offset, Number(file.size)))
    return isNew
  }

  #forget(ino: bigint | null): void {
    this.#lists = new ListIndex()
    this.#known = new Map()
    this.#unconfirmed.clear()
    this.#ino = ino
    this.#offset = 0
    this.#lines = 0
  }

  async #readFrom(offset: number, size: number): Promise<Buffer> {
    const handle = await open(this.#layout.index, 'r')
    try {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(size - offset), 0, size - offset, offset)
      return buffer.subarray(0, bytesRead)
    } finally {
      await handle.close()
    }
  }

  #take(bytes: Buffer): void {
    const whole = bytes.lastIndexOf(10) + 1
    this.#offset += whole
    for (const text of bytes.subarray(0, whole).toString().split('\n')) {
      if (text === '') continue
      this.#lines += 1
      // A damaged line is passed over: its run is found out by comparing with the folders, or stays unconfirmed.
      const line = readLine(text) as Line | null
      if (line === null) continue
      if ('touched' in line) for (const runId of line.touched) this.#unconfirmed.add(runId)
      else this.#put(line)
    }
  }

  #put({ run: runId, now, evaluations, added = [] }: Confirmed): void {
    this.#unconfirmed.delete(runId)
    if (now === null || evaluations) this.#lists.delete(runId)
    if (now === null) {
      this.#known.delete(runId)
      return
    }
    this.#known.set(runId, now)
    this.#lists.put(runId, now.state, now.summary)
    for (const place of evaluations ?? added) this.#lists.addEvaluation(place)
  }

  /** A run whose line is not to be trusted, from its own files. It stays unconfirmed: its writer may still be at work. */
  async #readAgain(runId: string): Promise<void> {
    const folder = this.#layout.runFolder(runId)
    const known = this.#known.get(runId)
    if (stampOf(folder, known?.generation ?? 0) === (known?.stamp ?? null)) return
    const run = await readRun(folder, runId)
    this.#put(run ? confirmedBy(run) : { run: runId, now: null })
    this.#unconfirmed.add(runId)
  }

  /** Finds the runs whose files are not what the index says. One look at each folder, no reading of those that fit. */
  async #compareWithFolders(): Promise<void> {
    const idOf = new Map([...this.#known.keys()].map((runId) => [basename(this.#layout.runFolder(runId)), runId]))
    for (const shard of await namesIn(this.#layout.runs)) {
      const names = await namesIn(join(this.#layout.runs, shard))
      for (let first = 0; first < names.length; first += PARALLEL)
        await Promise.all(
          names.slice(first, first + PARALLEL).map((name) => this.#compare(join(this.#layout.runs, shard, name), idOf)),
        )
    }
    // What is left has no folder any more.
    for (const runId of idOf.values()) if (!this.#unconfirmed.has(runId)) this.#put({ run: runId, now: null })
  }

  async #compare(folder: string, idOf: Map<string, string>): Promise<void> {
    const name = basename(folder)
    const listedId = idOf.get(name)
    idOf.delete(name)
    const known = listedId === undefined ? undefined : this.#known.get(listedId)
    if (known && stampOf(folder, known.generation) === known.stamp) return
    const run = await readRun(folder, listedId ?? null)
    if (run) this.#put(confirmedBy(run))
    else if (listedId !== undefined) this.#put({ run: listedId, now: null })
  }

  /** Whether so much of the file is out of date that it should be written anew. */
  get isWasteful(): boolean {
    return this.#lines > 4 * this.#lists.size + SPARE_LINES
  }

  /** Writes the file anew. Called under the lock. */
  async rewrite(): Promise<void> {
    const lists = await this.refresh()
    const lines: string[] = []
    for (const runId of lists.runIds()) {
      const now = this.#known.get(runId)
      if (now === undefined || this.#unconfirmed.has(runId)) continue
      lines.push(writeLine({ run: runId, now, evaluations: lists.evaluationsOf(runId) }, 'text'))
    }
    const temporary = temporaryName(this.#layout.index, this.#token)
    try {
      await writeFile(temporary, lines.join(''), { mode: 0o600 })
      await rename(temporary, this.#layout.index)
    } catch (error) {
      await rm(temporary, { force: true })
      throw error
    }
  }
}
