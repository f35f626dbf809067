import { type MaybePromise, StateBackendError } from '@flujo-state/core'
import type BetterSqlite3 from 'better-sqlite3'
import type { Driver } from './driver.js'
import { HandleInUse, isBusy, translate } from './errors.js'
import type { Lock } from './lock.js'
import { LogLimit, MOST_PAGES } from './log-limit.js'
import type { Durability } from './options.js'
import {
  applySettings,
  boundLog,
  journalMode,
  LogQueries,
  ourSettings,
  readSettings,
  type Settings,
  setJournalMode,
  TransactionQueries,
  vacuum,
} from './queries/database.js'
import { Statements } from './statement.js'
import { findFile, type Target } from './target.js'

export interface ConnectionOptions {
  readonly durability: Durability
  /** Make the file if there is none. */
  readonly create: boolean
  /** Looks at the database before anything of it is changed, and throws if it is not to be. */
  readonly examine: (handle: BetterSqlite3.Database, statements: Statements) => void
}

/** One open database: how statements are run on it, and in which transactions. */
export class Connection {
  readonly handle: BetterSqlite3.Database
  readonly statements: Statements
  readonly #target: Target
  readonly #settings: Settings
  readonly #lock: Lock
  readonly #transaction: TransactionQueries
  /** Null: the database has no log of ours to look after. */
  readonly #log: LogLimit | null

  private constructor(handle: BetterSqlite3.Database, driver: Driver, target: Target, lock: Lock, settings: Settings) {
    this.handle = handle
    this.statements = new Statements(handle, driver.builder(handle))
    this.#target = target
    this.#settings = settings
    this.#lock = lock
    this.#transaction = new TransactionQueries(handle)
    this.#log = target.kind === 'file' ? new LogLimit(new LogQueries(handle)) : null
  }

  /** @throws `IO`, `CORRUPT`, `BUSY`, `DRIVER`, and what `examine` throws */
  static async open(driver: Driver, target: Target, lock: Lock, options: ConnectionOptions): Promise<Connection> {
    const settings = ourSettings(options.durability)
    const connect = (handle: BetterSqlite3.Database) =>
      lock.attempt(() => new Connection(handle, driver, target, lock, settings))
    if (target.kind === 'handle') {
      const lent = await connect(target.handle)
      await lent.read(() => options.examine(lent.handle, lent.statements))
      return lent
    }
    const handle = await openOwn(driver, target, lock, options)
    try {
      if (target.kind === 'file') await lock.attempt(() => useWal(handle, target.name))
      await lock.attempt(() => {
        applySettings(handle, settings)
        boundLog(handle, MOST_PAGES)
      })
      return await connect(handle)
    } catch (error) {
      handle.close()
      throw error
    }
  }

  /** Runs reads of one statement. */
  read<T>(work: () => T): MaybePromise<T> {
    return this.#lock.attempt(() => this.#withOurSettings(work))
  }

  /** Runs reads of several statements, which all see the same state of the database. */
  snapshot<T>(work: () => T): MaybePromise<T> {
    return this.#lock.attempt(() => this.#withOurSettings(() => this.#within('deferred', work)))
  }

  /** The same for reads that mostly need one statement only: `first`, which gives undefined if they need `work` instead. */
  readAtOnce<T>(first: () => T | undefined, work: () => T): MaybePromise<T> {
    return this.#lock.attempt(() =>
      this.#withOurSettings(() => {
        const found = first()
        return found === undefined ? this.#within('deferred', work) : found
      }),
    )
  }

  /** The same for callers that cannot wait. @throws `BUSY` where others would have waited */
  snapshotNow<T>(work: () => T): T {
    return this.#lock.attemptNow(() => this.#withOurSettings(() => this.#within('deferred', work)))
  }

  /**
   * Runs writes in one immediate transaction: all of them are committed, and durable, or none, and then `forget` is told. May be
   * run more than once.
   */
  write<T>(work: () => T, forget?: () => void): MaybePromise<T> {
    const log = this.#log
    return log?.isReached() ? log.empty().then(() => this.#write(work, forget)) : this.#write(work, forget)
  }

  #write<T>(work: () => T, forget?: () => void): MaybePromise<T> {
    return this.#lock.attemptInTurn(() => {
      if (this.handle.inTransaction) throw new HandleInUse()
      try {
        const result = this.#withOurSettings(() => this.#within('immediate', work))
        this.#log?.committed()
        return result
      } catch (error) {
        forget?.()
        throw error
      }
    })
  }

  #within<T>(kind: 'immediate' | 'deferred', work: () => T): T {
    // Only for reads: the owner of the handle has a transaction open, which shows one state of the database as well.
    if (this.handle.inTransaction) return work()
    this.#transaction.begin(kind)
    try {
      const result = work()
      this.#transaction.commit()
      return result
    } catch (error) {
      // Some errors have ended it already.
      if (this.handle.inTransaction) this.#transaction.rollback()
      throw error
    }
  }

  /** A handle that was lent keeps its owner's settings between our turns. */
  #withOurSettings<T>(work: () => T): T {
    if (this.#target.kind !== 'handle' || this.handle.inTransaction) return work()
    const theirs = readSettings(this.handle)
    applySettings(this.handle, this.#settings)
    try {
      return work()
    } finally {
      applySettings(this.handle, theirs)
    }
  }

  /** Rewrites the file without its free pages. Holds the event loop meanwhile. @throws `BUSY` at once if others have it open */
  async compact(): Promise<void> {
    const { handle } = this
    const mode = await this.#lock.attempt(() => {
      if (handle.inTransaction) throw new HandleInUse()
      return journalMode(handle)
    })
    try {
      this.#withOurSettings(() => {
        // Only the last user of a database may take it out of WAL mode: that is how we know that we are.
        if (mode === 'wal') setJournalMode(handle, 'delete')
        vacuum(handle)
      })
    } catch (cause) {
      if (!isBusy(cause)) throw translate(cause, this.#target.name)
      const message = `${this.#target.name}: others have it open; compact() needs it alone. Nothing was changed`
      throw new StateBackendError('BUSY', message, { cause })
    } finally {
      if (mode === 'wal') await this.#lock.attempt(() => this.#withOurSettings(() => setJournalMode(handle, mode)))
    }
  }

  /** A handle that was lent stays open. */
  close(): void {
    if (this.#target.kind === 'handle') return
    try {
      // Others may still have it open: then closing does not.
      this.#log?.tryToEmpty()
      this.handle.close()
    } catch (error) {
      throw translate(error, this.#target.name)
    }
  }
}

type OwnTarget = Exclude<Target, { kind: 'handle' }>

async function openOwn(
  driver: Driver,
  target: OwnTarget,
  lock: Lock,
  { create, examine }: ConnectionOptions,
): Promise<BetterSqlite3.Database> {
  const open = async (path: string, options: BetterSqlite3.Options) => {
    const handle = await lock.attempt(() => driver.open(path, { ...options, timeout: 0 }))
    try {
      await lock.attempt(() => examine(handle, new Statements(handle, driver.builder(handle))))
      return handle
    } catch (error) {
      handle.close()
      throw error
    }
  }
  if (target.kind === 'memory') return open(':memory:', {})
  const { path, name } = target
  const { walIsHot } = await findFile(path, name, create)
  // The last user who closes a database writes its WAL into the file, unless it may only read: so a file that we refuse keeps its bytes.
  if (walIsHot) (await open(path, { readonly: true })).close()
  return open(path, { fileMustExist: true })
}

/** Readers and a writer at the same time, and one fsync per commit. It is the file's own setting, and lasts. */
function useWal(handle: BetterSqlite3.Database, store: string): void {
  const mode = setJournalMode(handle, 'wal')
  if (mode === 'wal') return
  throw new StateBackendError(
    'IO',
    `${store}: its file system cannot hold a write-ahead log (journal mode stays '${mode}'), as is usual on network shares; put the database on a local disk`,
  )
}
