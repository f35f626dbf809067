import { setTimeout as sleep } from 'node:timers/promises'
import type { LogQueries } from './queries/database.js'

/**
 * So long it becomes before it is copied into the database: 3 MB, if a page has the usual 4 KB, so that a small database stays small
 * on disk, and the copying does not hold the event loop for long.
 */
const USUAL_PAGES = 750
/** Where there is no turn of the event loop to copy it in, SQLite does it by itself. */
export const MOST_PAGES = 2 * USUAL_PAGES
/** So often it is looked at whether it is to be copied. Commits that make it longer by much take longer themselves. */
const LOOK_EVERY_MS = 2
/** So often it is looked at whether it is far too long. */
const LOOK_FURTHER_EVERY_MS = 50
/** 16 MB, if a page has the usual 4 KB: several times what it has if nobody reads. */
const MANY_PAGES = 4096
const ATTEMPTS = 10

type Queries = Pick<LogQueries, 'pages' | 'copy' | 'empty'>

/**
 * Keeps the write-ahead log short. Mostly that takes a copy now and then, in a turn of the event loop between two commits. But SQLite
 * can only begin the log anew at a moment at which nobody reads from it, and as long as somebody writes, whoever comes to read does.
 * Where others read without a rest we rest until those who are reading have ended: who comes meanwhile finds everything in the
 * database itself.
 */
export class LogLimit {
  readonly #queries: Queries
  #nextLook = 0
  #nextLookFurther = 0
  #willCopy = false

  constructor(queries: Queries) {
    this.#queries = queries
  }

  /** To be called after each commit: the copy that it makes necessary does not hold the event loop together with it. */
  committed(): void {
    const now = performance.now()
    if (now < this.#nextLook || this.#willCopy) return
    this.#nextLook = now + LOOK_EVERY_MS
    if ((this.#attempt('pages') ?? 0) < USUAL_PAGES) return
    this.#willCopy = true
    setImmediate(() => {
      this.#willCopy = false
      this.#attempt('copy')
    })
  }

  isReached(): boolean {
    const now = performance.now()
    if (now < this.#nextLookFurther) return false
    this.#nextLookFurther = now + LOOK_FURTHER_EVERY_MS
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
    return this.#attempt('empty') ?? false
  }

  #attempt<K extends keyof Queries>(what: K): ReturnType<Queries[K]> | undefined {
    try {
      return this.#queries[what]() as ReturnType<Queries[K]>
    } catch {
      // As when SQLite does it by itself, behind a commit: what is in the log is safe there, and it is tried again.
    }
  }
}
