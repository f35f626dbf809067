/** SQL about the database as a whole: its settings, its transactions, what is in it. */
import type BetterSqlite3 from 'better-sqlite3'
import type { Durability } from '../options.js'

type Handle = BetterSqlite3.Database

export interface Settings {
  /** Milliseconds that SQLite itself would wait for a lock, blocking the event loop. */
  readonly busyTimeout: number
  readonly synchronous: number
}

const SYNCHRONOUS = { normal: 1, full: 2 } as const

/** What a connection of ours, and every transaction of ours on a handle of somebody else's, works with. */
export function ourSettings(durability: Durability): Settings {
  return { busyTimeout: 0, synchronous: SYNCHRONOUS[durability] }
}

export function readSettings(handle: Handle): Settings {
  return { busyTimeout: pragma(handle, 'busy_timeout'), synchronous: pragma(handle, 'synchronous') }
}

/** Cannot be done inside a transaction. */
export function applySettings(handle: Handle, { busyTimeout, synchronous }: Settings): void {
  handle.pragma(`busy_timeout = ${busyTimeout}`)
  handle.pragma(`synchronous = ${synchronous}`)
}

function pragma(handle: Handle, name: string): number {
  return Number(handle.pragma(name, { simple: true }))
}

/** After so many pages SQLite copies the log into the database by itself, within a commit. */
export function boundLog(handle: Handle, pages: number): void {
  handle.pragma(`wal_autocheckpoint = ${pages}`)
}

/** The journal mode after asking for this one: SQLite answers with the old one where it cannot. */
export function setJournalMode(handle: Handle, mode: string): string {
  return String(handle.pragma(`journal_mode = ${mode}`, { simple: true }))
}

export function journalMode(handle: Handle): string {
  return String(handle.pragma('journal_mode', { simple: true }))
}

/** 'UTF-8', 'UTF-16le' or 'UTF-16be'. */
export function encoding(handle: Handle): string {
  return String(handle.pragma('encoding', { simple: true }))
}

export function userVersion(handle: Handle): number {
  return pragma(handle, 'user_version')
}

/** The names of the tables and views. */
export function tableNames(handle: Handle): Set<string> {
  const rows = handle.prepare("select name from sqlite_schema where type in ('table', 'view')").raw().all()
  return new Set(rows.map((row) => String((row as unknown[])[0]).toLowerCase()))
}

/** Rewrites the file without its free pages. */
export function vacuum(handle: Handle): void {
  handle.exec('vacuum')
}

/** About the write-ahead log. */
export class LogQueries {
  readonly #handle: Handle
  #look: BetterSqlite3.Statement | null = null

  constructor(handle: Handle) {
    this.#handle = handle
  }

  /** How many pages it holds. */
  pages(): number {
    this.#look ??= this.#handle.prepare('pragma wal_checkpoint(noop)').raw()
    const [, pages] = this.#look.get() as [busy: number, pages: number, copied: number]
    return pages
  }

  /** Copies what nobody reads from the log any more into the database: if that is all, the next write begins it anew. */
  copy(): void {
    this.#handle.pragma('wal_checkpoint(passive)')
  }

  /** Copies it into the database and empties it. False if somebody is reading from it, or writing, just now. */
  empty(): boolean {
    return pragma(this.#handle, 'wal_checkpoint(truncate)') === 0
  }
}

/** Prepared once, as they enclose every write. */
export class TransactionQueries {
  readonly #immediate: BetterSqlite3.Statement
  readonly #deferred: BetterSqlite3.Statement
  readonly #commit: BetterSqlite3.Statement
  readonly #rollback: BetterSqlite3.Statement

  constructor(handle: Handle) {
    this.#immediate = handle.prepare('begin immediate')
    this.#deferred = handle.prepare('begin deferred')
    this.#commit = handle.prepare('commit')
    this.#rollback = handle.prepare('rollback')
  }

  /** `immediate` takes the write lock at once; `deferred` reads one state of the database until it ends. */
  begin(kind: 'immediate' | 'deferred'): void {
    if (kind === 'immediate') this.#immediate.run()
    else this.#deferred.run()
  }
  commit(): void {
    this.#commit.run()
  }
  rollback(): void {
    this.#rollback.run()
  }
}
