import { setTimeout as sleep } from 'node:timers/promises'
import type { LogQueries } from './queries/database.js'

/** So often it is looked at. */
const LOOK_EVERY_MS = 50
/** 16 MB, if a page has the usual 4 KB: several times what it has if nobody reads. */
const MANY_PAGES = 4096
const ATTEMPTS = 10

/**
 * Keeps the write-ahead log short though others read without a rest. SQLite can only begin it anew at a moment at which nobody reads
 * from it, and as long as somebody writes, whoever comes to read does. So we rest until those who are reading have ended: who comes
 * meanwhile finds everything in the database itself.
 */
export class LogLimit {
  readonly #queries: Pick<LogQueries, 'pages' | 'empty'>
  #nextLook = 0

  constructor(queries: Pick<LogQueries, 'pages' | 'empty'>) {
    this.#queries = queries
  }

  isReached(): boolean {
    const now = performance.now()
    if (now < this.#nextLook) return false
    this.#nextLook = now + LOOK_EVERY_MS
    return this.#queries.pages() > MANY_PAGES
  }

  /** Empties the log, or gives up for now: some reader takes long. */
  async empty(): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (this.tryToEmpty()) return
      await sleep(1)
    }
  }

  tryToEmpty(): boolean {
    try {
      return this.#queries.empty()
    } catch {
      // As when SQLite does it by itself, behind a commit: what is in the log is safe there, and it is tried again.
      return false
    }
  }
}
