/**
 * The reference store with its tables in one file that processes share: obviously right rather than fast. Every read reads the file.
 * A commit takes the lock, reads the tables, changes them, writes all of them to a new file with a checksum, syncs that and renames
 * it over the old one. So the file is at any time one whole revision of the tables, whatever fails or dies.
 */
import { createHash } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type * as core from '@flujo-state/core'
import { createStateBackend, defineCapabilities, isStateBackendError, StateBackendError } from '@flujo-state/core'
import type { HarnessEnv } from './harness.js'
import { codeOf, Disk, type OnAccess } from './reference-file-disk.js'
import { RevisionLock } from './reference-file-lock.js'
import { ReferenceStore, Tables } from './reference-store.js'

export const FILE = 'tables.json'
const PAUSE_MS = 5

export interface ReferenceFileOptions {
  readonly onAccess?: OnAccess
  /** How long a commit waits for another process [10,000]. */
  readonly busyTimeoutMs?: number
}

export class ReferenceFileStore extends ReferenceStore {
  override readonly capabilities = defineCapabilities({ persistence: 'crash', multiInstance: 'host' })
  protected readonly disk: Disk
  protected readonly lock: RevisionLock
  protected revision = 0
  readonly #busyTimeoutMs: number
  /** The file that the tables are from. */
  #read: Buffer | null = null

  constructor(folder: string, { onAccess, busyTimeoutMs = 10_000 }: ReferenceFileOptions = {}) {
    super(new Tables())
    this.disk = new Disk(folder, onAccess)
    this.lock = new RevisionLock(this.disk)
    this.#busyTimeoutMs = busyTimeoutMs
  }

  override open(): core.MaybePromise<void> {
    return guard(async () => {
      this.disk.make()
      if (this.disk.read(FILE) === null) await this.exclusively(() => this.save())
      this.load()
    })
  }

  override commit(units: readonly core.CommitUnit[], decide: core.Decide) {
    return guard(() =>
      this.exclusively(() => {
        const outcomes = this.write(units, decide)
        if (outcomes.some(({ ok }) => ok)) this.save()
        return outcomes
      }),
    )
  }

  /** Does the work while nobody else can write, on the tables as they are. All of it is in one turn of the event loop. */
  protected async exclusively<T>(work: () => T): Promise<T> {
    const deadline = performance.now() + this.#busyTimeoutMs
    for (;;) {
      this.load()
      const before = this.revision
      const lock = this.takeLock(before + 1)
      if (lock !== null) {
        try {
          this.load()
          if (this.revision === before) return work()
        } catch (error) {
          this.forget()
          throw error
        } finally {
          this.releaseLock(lock)
        }
      } else if (performance.now() >= deadline)
        throw new StateBackendError('BUSY', 'another process has held the lock for too long; try again')
      else await wait(PAUSE_MS * (0.5 + Math.random()))
    }
  }

  /** Null if another process has it. */
  protected takeLock(revision: number): string | null {
    return this.lock.take(revision)
  }

  protected releaseLock(lock: string): void {
    try {
      this.lock.release(lock)
    } catch {
      // It is void if the revision was made; if not, this process still has it when it comes again.
    }
  }

  /** Reads the tables, if the file is not the one that they are from. @throws `CORRUPT` */
  protected load(): void {
    const bytes = this.disk.read(FILE)
    if (bytes !== null && this.#read?.equals(bytes)) return
    this.forget()
    if (bytes === null) return
    const { revision, tables } = this.parse(bytes)
    this.revision = revision
    Object.assign(this.tables, tables)
    this.#read = bytes
  }

  /** The tables are not what the file says: the next reading begins anew. */
  protected forget(): void {
    this.#read = null
    this.revision = 0
    Object.assign(this.tables, new Tables())
  }

  protected parse(bytes: Buffer): { revision: number; tables: Tables } {
    const end = bytes.indexOf('\n')
    const body = bytes.subarray(end + 1)
    if (end === -1 || checksum(body) !== bytes.toString('latin1', 0, end))
      throw new StateBackendError('CORRUPT', `${FILE} in ${this.disk.folder} is damaged; it was left as it is`)
    return JSON.parse(body.toString())
  }

  /** Makes the tables the next revision of the file. */
  protected save(): void {
    const body = JSON.stringify({ revision: this.revision + 1, tables: this.tables })
    const temporary = this.disk.writeTemporary(`${checksum(body)}\n${body}`)
    this.replaceBy(temporary)
    this.forget()
    this.tidy()
  }

  protected replaceBy(temporary: string): void {
    try {
      this.disk.rename(temporary, FILE)
    } catch (error) {
      this.disk.remove(temporary)
      throw error
    }
    try {
      this.disk.syncNames()
    } catch (cause) {
      throw new StateBackendError('COMMIT_UNKNOWN', 'written, but the disk did not confirm it', { cause })
    }
  }

  protected tidy(): void {
    try {
      this.load()
      this.lock.sweep(this.revision)
    } catch {
      // What lies around is no data, and the next commit tries again.
    }
  }

  #afterLoading<T>(read: () => T): Promise<Awaited<T>> {
    return guard(() => {
      this.load()
      return read()
    })
  }
  override readState(runId: string) {
    return this.#afterLoading(() => super.readState(runId))
  }
  override readRun(runId: string) {
    return this.#afterLoading(() => super.readRun(runId))
  }
  override readSteps(runId: string) {
    return this.#afterLoading(() => super.readSteps(runId))
  }
  override readSpans(runId: string) {
    return this.#afterLoading(() => super.readSpans(runId))
  }
  override readLease(runId: string) {
    return this.#afterLoading(() => super.readLease(runId))
  }
  override readSystemState(key: string) {
    return this.#afterLoading(() => super.readSystemState(key))
  }
  override listStates(query: core.StateQuery) {
    return this.#afterLoading(() => super.listStates(query))
  }
  override listRuns(query: core.RunQuery) {
    return this.#afterLoading(() => super.listRuns(query))
  }
  override listEvaluations(query: core.EvaluationQuery) {
    return this.#afterLoading(() => super.listEvaluations(query))
  }
}

const checksum = (text: string | Uint8Array) => createHash('sha256').update(text).digest('hex')

/** Errors of the file system as those of the contract. */
async function guard<T>(work: () => T): Promise<Awaited<T>> {
  try {
    return await work()
  } catch (error) {
    if (isStateBackendError(error) || codeOf(error) === undefined) throw error
    throw new StateBackendError('IO', `the file system says ${String(error)}`, { cause: error })
  }
}

/** What a process needs to open such a storage: data only, so that it can be told to another one. */
export interface ReferenceFileArgs {
  readonly folder: string
  /** The name of a broken store, see `broken/file-variants.ts`. */
  readonly variant?: string | undefined
}

/** Opens the store in this process: what a child process calls too. */
export async function openReferenceFile({ clock }: HarnessEnv, args: unknown): Promise<core.StateBackend> {
  const { folder, variant } = args as ReferenceFileArgs
  return createStateBackend(new (await storeOf(variant))(folder), { clock })
}

/** The class of a broken store by its name; that of the right one without a name. */
export async function storeOf(variant: string | undefined): Promise<typeof ReferenceFileStore> {
  if (variant === undefined) return ReferenceFileStore
  // Not at the top: the broken ones are made from this one.
  const { fileVariants } = await import('./broken/file-variants.js')
  const Store = fileVariants[variant]
  if (Store === undefined) throw new RangeError(`there is no broken store '${variant}'`)
  return Store
}
