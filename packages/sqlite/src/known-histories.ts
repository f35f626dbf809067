import type { Encoded } from '@flujo-state/core'

/** So many characters are kept, of all histories together. */
const MAX_SIZE = 8 * 2 ** 20

interface Entry {
  readonly version: number
  readonly items: readonly Encoded[]
  readonly size: number
}

/**
 * The histories that were saved last, so that the next save need not read what is stored in order to write only what is new. A run
 * never has the same version twice: who finds the version stored finds these items stored, whoever else writes to the database.
 */
export class KnownHistories {
  readonly #maxSize: number
  readonly #entries = new Map<string, Entry>()
  #size = 0

  constructor(maxSize = MAX_SIZE) {
    this.#maxSize = maxSize
  }

  /** The items of the run's snapshot of this version, if they are known; forgets them, as they are about to change. */
  take(runId: string, version: number): readonly Encoded[] | null {
    const entry = this.#entries.get(runId)
    if (entry === undefined) return null
    this.#entries.delete(runId)
    this.#size -= entry.size
    return entry.version === version ? entry.items : null
  }

  /** Those that were kept first go first. Nothing may be kept of this run. */
  keep(runId: string, version: number, items: readonly Encoded[]): void {
    let size = 0
    for (const item of items) size += item.length
    if (size === 0 || size > this.#maxSize) return
    this.#entries.set(runId, { version, items, size })
    this.#size += size
    for (const oldest of this.#entries.keys()) {
      if (this.#size <= this.#maxSize) break
      this.take(oldest, version)
    }
  }

  /** To be called when a transaction has failed: its versions will come again, with other content. */
  clear(): void {
    this.#entries.clear()
    this.#size = 0
  }
}
