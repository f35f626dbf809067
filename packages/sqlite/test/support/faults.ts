/** Makes SQLite fail for a database file: real errors of the driver, in place of what a statement would do, and a lock that is held. */
import type { FaultKind, Faults } from '@flujo-state/conformance'
import Database from 'better-sqlite3'

type Access = 'read' | 'write' | 'commit'
type Statement = Database.Statement & { readonly database: Database.Database }

/** What SQLite says then. */
const CODES: Readonly<Record<Exclude<FaultKind, 'busy'>, Readonly<Partial<Record<Access, string>>>>> = {
  full: { write: 'SQLITE_FULL', commit: 'SQLITE_FULL' },
  io: { read: 'SQLITE_IOERR_READ', write: 'SQLITE_IOERR_WRITE', commit: 'SQLITE_IOERR_FSYNC' },
  readonly: { write: 'SQLITE_READONLY', commit: 'SQLITE_READONLY' },
}

const watched = new Map<string, DatabaseFaults>()
/** Connections with a transaction that has the right to write. */
const writing = new WeakSet<Database.Database>()

export class DatabaseFaults implements Faults {
  readonly kinds = ['busy', 'full', 'io', 'readonly'] as const
  readonly #path: string
  #failing: { readonly kind: FaultKind; left: number } | null = null
  /** Another connection, which holds the write lock. */
  #holder: Database.Database | null = null

  constructor(path: string) {
    this.#path = path
    watched.set(path, this)
  }

  failNext(kind: FaultKind, after = 0): void {
    this.#failing = { kind, left: after }
  }

  clear(): void {
    this.#failing = null
    this.#holder?.close()
    this.#holder = null
  }

  end(): void {
    this.clear()
    watched.delete(this.#path)
  }

  onAccess(access: Access, connection: Database.Database): void {
    const failing = this.#failing
    if (failing === null || connection === this.#holder) return
    if (failing.kind === 'busy') {
      if (failing.left-- <= 0 && this.#holder === null) this.#hold()
      return
    }
    const code = CODES[failing.kind][access]
    if (code === undefined || failing.left-- > 0) return
    throw new Database.SqliteError('made by a test', code)
  }

  /** Takes the write lock, unless the backend has it just now: then at the next access. */
  #hold(): void {
    this.#holder = new Database(this.#path, { timeout: 0 })
    try {
      this.#holder.exec('begin immediate')
    } catch (error) {
      this.#holder.close()
      this.#holder = null
      if ((error as { code?: string }).code !== 'SQLITE_BUSY') throw error
    }
  }
}

/** What a statement does with the file; null for those that only change the connection. */
function accessOf(source: string, isReadonly: boolean, connection: Database.Database): Access | null {
  const [first = '', second = ''] = source.trim().toLowerCase().split(/\s+/)
  if (first === 'begin') return second === 'immediate' ? 'write' : null
  if (first === 'commit') return writing.has(connection) ? 'commit' : null
  // Rolling back only forgets what was to be written.
  if (first === 'rollback') return null
  if (first === 'pragma') return accessOfPragma(second, source)
  return isReadonly ? 'read' : 'write'
}

function accessOfPragma(name: string, source: string): Access | null {
  if (/^(busy_timeout|synchronous|encoding|wal_autocheckpoint|wal_checkpoint\(noop)/.test(name)) return null
  if (name.startsWith('wal_checkpoint')) return 'write'
  return source.includes('=') && !/journal_mode = wal/.test(source) ? 'write' : 'read'
}

function tell(source: string, isReadonly: boolean, connection: Database.Database): void {
  const access = accessOf(source, isReadonly, connection)
  if (access !== null) watched.get(connection.name)?.onAccess(access, connection)
}

function noteTransaction(source: string, connection: Database.Database): void {
  if (/^\s*begin\s+immediate/i.test(source)) writing.add(connection)
  else if (!connection.inTransaction) writing.delete(connection)
}

const memory = new Database(':memory:')
const statements = Object.getPrototypeOf(memory.prepare('select 1')) as Record<string, (...args: unknown[]) => unknown>
memory.close()
for (const name of ['run', 'get', 'all', 'iterate']) {
  const original = statements[name] as (...args: unknown[]) => unknown
  statements[name] = function (this: Statement, ...args) {
    tell(this.source, this.readonly, this.database)
    const result = original.apply(this, args)
    noteTransaction(this.source, this.database)
    return result
  }
}
const { exec } = Database.prototype
Database.prototype.exec = function (this: Database.Database, source) {
  tell(source, false, this)
  const result = exec.call(this, source)
  noteTransaction(source, this)
  return result
}
