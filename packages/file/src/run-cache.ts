import type { Layout } from './layout.js'
import { readRun } from './run-folder.js'
import { type StoredRun, stampLog, stampOf, stampOfRun } from './stored-run.js'

/** Bytes of files whose runs are kept in memory. */
const MAX_BYTES = 32 * 1024 * 1024

/** Runs as they were read last, the ones used longest ago first to go. What is kept is compared with the files before it is used. */
export class RunCache {
  readonly #layout: Layout
  readonly #runs = new Map<string, StoredRun>()
  /** Runs that a commit may have changed in memory but not yet on disk. */
  readonly #changing = new Set<string>()
  #bytes = 0

  constructor(layout: Layout) {
    this.#layout = layout
  }

  /** What `pick` copies from the run as it is on disk; null if there is none. `pick` is called before anything can change it. */
  async read<T>(runId: string, pick: (run: StoredRun) => T): Promise<T | null> {
    const kept = this.#kept(runId)
    if (kept) return pick(kept)
    const run = await readRun(this.#layout.runFolder(runId), runId)
    if (!this.#changing.has(runId)) this.#keep(runId, run)
    return run && pick(run)
  }

  #kept(runId: string): StoredRun | null {
    const run = this.#changing.has(runId) ? undefined : this.#runs.get(runId)
    const stamp = run && stampOf(this.#layout.runFolder(runId), run.generation)
    if (!run || stamp === null || stamp !== stampOfRun(run)) return null
    // Used last.
    this.#runs.delete(runId)
    this.#runs.set(runId, run)
    return run
  }

  /** The run for a commit, which may change it in memory; readers look at the disk until one of the following is called. */
  async take(runId: string): Promise<StoredRun | null> {
    const run = this.#kept(runId) ?? (await readRun(this.#layout.runFolder(runId), runId))
    this.#changing.add(runId)
    return run
  }

  /** The commit has changed nothing. */
  unchanged(runId: string): void {
    this.#changing.delete(runId)
  }

  /** The run is on disk as it is in memory. False if the disk does not say so: then it is forgotten. */
  changed(runId: string, run: StoredRun): boolean {
    try {
      stampLog(this.#layout.runFolder(runId), run)
    } catch {
      this.forget(runId)
      return false
    }
    this.#changing.delete(runId)
    this.#keep(runId, run)
    return true
  }

  /** The run is gone, or what is in memory is not what is on disk. */
  forget(runId: string): void {
    this.#changing.delete(runId)
    this.#keep(runId, null)
  }

  #keep(runId: string, run: StoredRun | null): void {
    this.#drop(runId)
    if (run === null) return
    const bytes = run.logSize + run.checkpointSize
    this.#runs.set(runId, run)
    this.#sizes.set(runId, bytes)
    this.#bytes += bytes
    for (const oldest of this.#runs.keys()) {
      if (this.#bytes <= MAX_BYTES || oldest === runId) return
      this.#drop(oldest)
    }
  }

  /** As counted when they were kept: a run grows meanwhile. */
  readonly #sizes = new Map<string, number>()

  #drop(runId: string): void {
    this.#bytes -= this.#sizes.get(runId) ?? 0
    this.#sizes.delete(runId)
    this.#runs.delete(runId)
  }
}
