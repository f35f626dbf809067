import {
  type CommitOutcome,
  type CommitUnit,
  type Decide,
  defineCapabilities,
  type EvaluationQuery,
  type EvaluationRow,
  isStateBackendError,
  type LeaseRow,
  type RunQuery,
  type RunRow,
  type RunSummaryRow,
  type SpanRow,
  StateBackendError,
  type StateCounts,
  type StateQuery,
  type StateStore,
  type StateSummaryRow,
  type StepRow,
  type StoredState,
  type SystemStateRow,
  stepsInOrder,
} from '@flujo-state/core'
import { Batch, type Surroundings } from './batch.js'
import { asIoError } from './errors.js'
import { emptyTrash, enter, leave, openFolder, otherUsers, sweep } from './folder.js'
import { IndexFile } from './index-file.js'
import { confirmed } from './index-line.js'
import { Journal } from './journal.js'
import type { Layout } from './layout.js'
import { Lock } from './lock.js'
import { Pace } from './pace.js'
import { newIdentity } from './process-identity.js'
import { readIfThere } from './reading.js'
import { type PayloadKind, readLine } from './record-text.js'
import { RunCache } from './run-cache.js'
import { makeCheckpoint, readRun as readRunFolder } from './run-folder.js'

export interface FileStoreOptions {
  readonly layout: Layout
  readonly busyTimeoutMs: number
  readonly payloads: PayloadKind
}

/** One folder per run; see `layout.ts` for what lies where and `batch.ts` for how a commit is made. */
export class FileStore implements StateStore {
  readonly capabilities = defineCapabilities({ persistence: 'crash', multiInstance: 'host' })
  /** Writes of a turn share the lock and are synced side by side. */
  readonly groupsCommits = true

  readonly #options: FileStoreOptions
  readonly #layout: Layout
  readonly #identity = newIdentity()
  readonly #lock: Lock
  readonly #index: IndexFile
  readonly #runs: RunCache
  readonly #journal: Journal
  readonly #surroundings: Surroundings
  /** Whether others know of this instance: not while it only reads what must not be written to. */
  #hasEntered = false
  /** Emptying of the trash, in the background. */
  #sweeping: Promise<void> = Promise.resolve()

  constructor(options: FileStoreOptions) {
    this.#options = options
    this.#layout = options.layout
    this.#lock = new Lock(options.layout, this.#identity, options.busyTimeoutMs)
    this.#index = new IndexFile(options.layout, this.#identity.token)
    this.#runs = new RunCache(options.layout)
    this.#journal = new Journal(options.layout, this.#identity.token)
    this.#surroundings = {
      ...{ layout: options.layout, cache: this.#runs, index: this.#index, journal: this.#journal },
      ...{ token: this.#identity.token, payloads: options.payloads },
    }
  }

  get waits(): number {
    return this.#lock.waits
  }

  open(): Promise<void> {
    return this.#guard('opening the store', async () => {
      this.#hasEntered = await openFolder(this.#layout, this.#identity, (work) => this.#lock.hold(work))
    })
  }

  close(): Promise<void> {
    return this.#guard('closing the store', async () => {
      await this.#sweeping
      if (!this.#hasEntered) return
      try {
        await this.#journal.close()
        // The last one to leave takes along what crashes of others have left; holding the lock removes those of the dead.
        const isLast = otherUsers(this.#layout, this.#identity).length === 0
        if (isLast)
          await this.#lock.hold(async () => {
            await this.#index.mend()
            await sweep(this.#layout, this.#identity)
          })
      } catch (error) {
        // Somebody else has come meanwhile, and will be the last one.
        if (!isStateBackendError(error, 'BUSY')) throw error
      } finally {
        leave(this.#layout, this.#identity)
      }
    })
  }

  async #guard<T>(doing: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw asIoError(error, `${doing} at ${this.#layout.root}`)
    }
  }

  commit(units: readonly CommitUnit[], decide: Decide): Promise<CommitOutcome[]> {
    return this.#guard('writing', () =>
      this.#exclusively(async () => {
        const batch = new Batch(this.#surroundings)
        const outcomes: CommitOutcome[] = []
        const pace = new Pace()
        for (const [number, unit] of units.entries()) {
          outcomes.push(await batch.decide(unit, number, decide))
          if (pace.isDue()) await pace.rest()
        }
        const discarded = await batch.persist(outcomes, units)
        if (discarded) this.#emptyTrash()
        return outcomes
      }),
    )
  }

  async #exclusively<T>(work: () => Promise<T>): Promise<T> {
    if (!this.#hasEntered) await enter(this.#layout, this.#identity)
    this.#hasEntered = true
    return this.#lock.hold(work)
  }

  #emptyTrash(): void {
    // Not worth waiting for; a failure leaves it to the next sweep.
    this.#sweeping = this.#sweeping.then(() => emptyTrash(this.#layout)).catch(() => undefined)
  }

  readState(runId: string): Promise<StoredState | null> {
    return this.#readImage(runId, (image) => image.state && { row: image.state, history: [...image.history] }, null)
  }
  readRun(runId: string): Promise<RunRow | null> {
    return this.#readImage(
      runId,
      ({ run, state }) => run && { ...run, metadata: state?.metadata ?? run.metadata },
      null,
    )
  }
  readSteps(runId: string): Promise<readonly StepRow[]> {
    return this.#readImage(runId, stepsInOrder, [])
  }
  readSpans(runId: string): Promise<readonly SpanRow[]> {
    return this.#readImage(runId, (image) => [...image.spans.values()], [])
  }
  readLease(runId: string): Promise<LeaseRow | null> {
    return this.#readImage(runId, (image) => image.lease, null)
  }

  #readImage<T>(runId: string, pick: (image: Parameters<typeof stepsInOrder>[0]) => T, missing: T): Promise<T> {
    return this.#guard('reading', async () => {
      const found = await this.#runs.read(runId, ({ image }) => ({ picked: pick(image) }))
      return found ? found.picked : missing
    })
  }

  readSystemState(key: string): Promise<SystemStateRow | null> {
    return this.#guard('reading', () => readSystemState(this.#layout.systemState(key), key))
  }

  listStates(query: StateQuery): Promise<StateSummaryRow[]> {
    return this.#guard('listing', async () => (await this.#index.refresh()).listStates(query))
  }
  listRuns(query: RunQuery): Promise<RunSummaryRow[]> {
    return this.#guard('listing', async () => (await this.#index.refresh()).listRuns(query))
  }
  countStates(recentFrom: number): Promise<StateCounts> {
    return this.#guard('counting', async () => (await this.#index.refresh()).countStates(recentFrom))
  }
  listEvaluations(query: EvaluationQuery): Promise<EvaluationRow[]> {
    return this.#guard('listing', async () => {
      const rows: EvaluationRow[] = []
      for (const { runId, sequence } of (await this.#index.refresh()).listEvaluations(query)) {
        const row = await this.#runs.read(runId, ({ image }) =>
          image.evaluations.find((each) => each.sequence === sequence),
        )
        if (row) rows.push(row)
      }
      return rows
    })
  }

  /** Turns every log into a checkpoint, writes the index anew and empties the trash. */
  compact(): Promise<void> {
    return this.#guard('compacting', async () => {
      await this.#sweeping
      await this.#exclusively(async () => {
        const [user] = otherUsers(this.#layout, this.#identity)
        if (user)
          throw new StateBackendError(
            'BUSY',
            `process ${user.pid} on ${user.host} has the store open; shut it down first`,
          )
        for (const runId of [...(await this.#index.refresh()).runIds()]) await this.#compactRun(runId)
        await this.#index.rewrite()
        await this.#journal.close()
        await sweep(this.#layout, this.#identity)
      })
    })
  }

  async #compactRun(runId: string): Promise<void> {
    const folder = this.#layout.runFolder(runId)
    const run = await readRunFolder(folder, runId)
    if (run === null || run.logSize === 0) return
    this.#index.touch([runId])
    await makeCheckpoint(folder, run, this.#options.payloads, this.#identity.token)
    await this.#index.confirm([confirmed(run)])
  }
}

async function readSystemState(path: string, key: string): Promise<SystemStateRow | null> {
  const bytes = await readIfThere(path)
  if (bytes === null) return null
  const row = readLine(bytes.toString().trimEnd()) as SystemStateRow | null
  if (row === null || row.key !== key)
    throw new StateBackendError(
      'CORRUPT',
      `the system state '${key}' in ${path} is damaged; the file was left as it is`,
    )
  return { key: row.key, value: row.value, updatedAt: row.updatedAt }
}
