import {
  type Capabilities,
  type CommitOutcome,
  type CommitUnit,
  type Decide,
  defineCapabilities,
  type EvaluationQuery,
  type EvaluationRow,
  isStateBackendError,
  type LeaseRow,
  type MaybePromise,
  type RunQuery,
  type RunRow,
  type RunSummaryRow,
  type SpanAggregate,
  type SpanAggregateQuery,
  type SpanRow,
  StateBackendError,
  type StateCounts,
  type StateQuery,
  type StateStore,
  type StateSummaryRow,
  type StepRow,
  type StoredState,
  type SystemStateRow,
} from '@flujo-state/core'
import { Connection } from './connection.js'
import { loadDriver } from './driver.js'
import { translate } from './errors.js'
import { KnownHistories } from './known-histories.js'
import { Lock } from './lock.js'
import { migrate, pendingMigrations } from './migrate.js'
import type { Migration } from './migrations/index.js'
import type { Durability, MigrateMode } from './options.js'
import { Queries } from './queries/index.js'
import { keysWithIndex, makeMetadataIndexes } from './queries/metadata.js'
import type { Target } from './target.js'
import { Writer } from './writer.js'

export interface StoreOptions {
  readonly durability: Durability
  readonly busyTimeoutMs: number
  readonly migrate: MigrateMode
  readonly offloadBytes: number
  readonly indexedMetadata: readonly string[]
}

interface Opened {
  readonly connection: Connection
  readonly queries: Queries
  readonly histories: KnownHistories
}

/** Rows in tables: reads and applies what core has decided. */
export class SQLiteStore implements StateStore {
  readonly capabilities: Capabilities
  readonly groupsCommits = true
  readonly #target: Target
  readonly #options: StoreOptions
  readonly #lock: Lock
  #opened: Opened | null = null

  constructor(target: Target, options: StoreOptions) {
    this.#target = target
    this.#options = options
    this.#lock = new Lock(target.name, options.busyTimeoutMs)
    this.capabilities = defineCapabilities(
      target.kind === 'memory' || (target.kind === 'handle' && target.handle.memory)
        ? { persistence: 'none', multiInstance: 'none' }
        : { persistence: 'crash', multiInstance: 'host' },
    )
  }

  get waits(): number {
    return this.#lock.waits
  }

  async open(): Promise<void> {
    const { durability, migrate: mode, offloadBytes } = this.#options
    const { name: store } = this.#target
    const driver = await loadDriver()
    let pending: readonly Migration[] = []
    const connection = await Connection.open(driver, this.#target, this.#lock, {
      durability,
      create: mode === 'auto',
      examine: (handle, statements) => {
        pending = pendingMigrations({ handle, statements, store }, mode)
      },
    })
    try {
      const { handle, statements } = connection
      if (pending.length > 0) await connection.write(() => migrate({ handle, statements, store }))
      const indexed = await this.#indexMetadata(connection)
      const queries = new Queries(statements, offloadBytes, indexed)
      this.#opened = { connection, queries, histories: new KnownHistories() }
    } catch (error) {
      connection.close()
      throw error
    }
  }

  /** The keys of metadata that can be looked up by an index: those that have one, or, if it may be made, get it now. */
  async #indexMetadata(connection: Connection): Promise<readonly string[]> {
    const { handle } = connection
    const { indexedMetadata: keys, migrate: mode } = this.#options
    if (keys.length === 0) return keys
    const found = await connection.read(() => keysWithIndex(handle, keys))
    if (found.length === keys.length || mode !== 'auto') return found
    await connection.write(() => makeMetadataIndexes(handle, keys))
    return keys
  }

  close(): void {
    this.#opened?.connection.close()
    this.#opened = null
  }

  get isOpen(): boolean {
    return this.#opened !== null
  }

  #open(): Opened {
    if (this.#opened === null) throw new StateBackendError('CLOSED', `${this.#target.name} is not open`)
    return this.#opened
  }

  commit(units: readonly CommitUnit[], decide: Decide): MaybePromise<CommitOutcome[]> {
    // Without a promise where nobody has to be waited for: it costs as much as a small write.
    try {
      const outcomes = this.#commitTogether(units, decide)
      return outcomes instanceof Promise
        ? outcomes.catch((error) => this.#afterFailure(error, units, decide))
        : outcomes
    } catch (error) {
      return this.#afterFailure(error, units, decide)
    }
  }

  async #afterFailure(error: unknown, units: readonly CommitUnit[], decide: Decide): Promise<CommitOutcome[]> {
    // Not the fault of a unit: none of them was tried, or what became of them is not known.
    if (isStateBackendError(error, 'BUSY', 'CLOSED', 'COMMIT_UNKNOWN')) throw error
    if (units.length > 1) return this.#commitOneByOne(units, decide)
    return [{ ok: false, error: translate(error, this.#target.name) }]
  }

  #commitTogether(units: readonly CommitUnit[], decide: Decide): MaybePromise<CommitOutcome[]> {
    const { connection, queries, histories } = this.#open()
    const write = () => {
      const writer = new Writer(queries, histories, decide, Date.now())
      const outcomes = units.map((unit) => writer.apply(unit))
      writer.finish()
      return outcomes
    }
    return connection.write(write, () => histories.clear())
  }

  /** So that a unit that cannot be written fails alone. */
  async #commitOneByOne(units: readonly CommitUnit[], decide: Decide): Promise<CommitOutcome[]> {
    const outcomes: CommitOutcome[] = []
    let hopeless: StateBackendError | null = null
    for (const unit of units) {
      if (hopeless === null) {
        try {
          outcomes.push(...(await this.#commitTogether([unit], decide)))
        } catch (cause) {
          const error = translate(cause, this.#target.name)
          outcomes.push({ ok: false, error })
          // The others would only wait as long again.
          if (isStateBackendError(error, 'BUSY', 'CLOSED')) hopeless = error
        }
      } else outcomes.push({ ok: false, error: hopeless })
    }
    return outcomes
  }

  readState(runId: string): MaybePromise<StoredState | null> {
    const { connection, queries } = this.#open()
    const { states, histories } = queries
    return connection.readAtOnce(
      () => states.readAlone(runId),
      () => {
        const row = states.read(runId)
        return row && { row, history: histories.read(row.id) }
      },
    )
  }
  readRun(runId: string): MaybePromise<RunRow | null> {
    return this.#read(({ runs }) => runs.read(runId))
  }
  readSteps(runId: string): MaybePromise<readonly StepRow[]> {
    return this.#read(({ steps }) => steps.read(runId))
  }
  readSpans(runId: string): MaybePromise<readonly SpanRow[]> {
    return this.#read(({ traces }) => traces.read(runId))
  }
  readLease(runId: string): MaybePromise<LeaseRow | null> {
    return this.#read(({ claims }) => claims.read(runId))
  }
  readSystemState(key: string): MaybePromise<SystemStateRow | null> {
    return this.#read(({ systemStates }) => systemStates.read(key))
  }
  listStates(query: StateQuery): MaybePromise<readonly StateSummaryRow[]> {
    return this.#read(({ states }) => states.list(query))
  }
  listRuns(query: RunQuery): MaybePromise<readonly RunSummaryRow[]> {
    return this.#read(({ runs }) => runs.list(query))
  }
  listEvaluations(query: EvaluationQuery): MaybePromise<readonly EvaluationRow[]> {
    return this.#read(({ evaluations }) => evaluations.list(query))
  }
  aggregateSpans(query: SpanAggregateQuery): MaybePromise<readonly SpanAggregate[]> {
    return this.#read(({ traces }) => traces.aggregate(query))
  }
  countStates(recentFrom: number): MaybePromise<StateCounts> {
    const { connection, queries } = this.#open()
    return connection.snapshot(() => queries.statistics.read(recentFrom))
  }
  countStatesNow(recentFrom: number): StateCounts {
    const { connection, queries } = this.#open()
    return connection.snapshotNow(() => queries.statistics.read(recentFrom))
  }
  compact(): Promise<void> {
    return this.#open().connection.compact()
  }

  #read<T>(query: (queries: Queries) => T): MaybePromise<T> {
    const { connection, queries } = this.#open()
    return connection.read(() => query(queries))
  }
}
