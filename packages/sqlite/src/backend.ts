import {
  errorOfMethod,
  hoursBefore,
  StateBackendError,
  StoreStateBackend,
  type WorkflowStats,
  workflowStats,
} from '@flujo-state/core'
import { type BetterSqlite3Database, checkOptions, type SQLiteBackendOptions } from './options.js'
import { SQLiteStore } from './store.js'
import { targetOf } from './target.js'

/** Keeps everything in one SQLite database. */
export class SQLiteBackend extends StoreStateBackend {
  readonly #store: SQLiteStore
  readonly #clock: () => Date
  #shutDown = false

  /**
   * @param database a path, a file URL, ':memory:', or an open better-sqlite3 `Database`, which is never closed and keeps its
   * settings
   * @throws `VALIDATION` for a target or options of the wrong kind. Nothing is opened yet
   */
  constructor(database: string | URL | BetterSqlite3Database, options: SQLiteBackendOptions = {}) {
    const { common, ...own } = checkOptions(options)
    const store = new SQLiteStore(targetOf(database), own)
    super(store, common)
    this.#store = store
    this.#clock = common.clock ?? (() => new Date())
  }

  override shutdown(): Promise<void> {
    this.#shutDown = true
    return super.shutdown()
  }

  /**
   * The answer of `getWorkflowStats`, for collectors that cannot wait for a promise (metrics scrapes). The backend must be open.
   * @throws `CLOSED` before `open()` and after `shutdown()`; `BUSY` (rare) while another process recovers the database
   */
  getWorkflowStatsSync(): WorkflowStats {
    try {
      if (this.#shutDown) throw new StateBackendError('CLOSED', 'the backend was shut down; make a new one to go on')
      if (!this.#store.isOpen)
        throw new StateBackendError('CLOSED', 'the backend is not open yet: await backend.open() once, before this')
      return workflowStats(this.#store.countStatesNow(hoursBefore(this.#clock().getTime(), 24)))
    } catch (error) {
      throw errorOfMethod(error, 'getWorkflowStatsSync', null)
    }
  }
}
