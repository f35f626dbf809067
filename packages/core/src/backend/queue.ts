import type { StateBackendError } from '../errors.js'
import type { CommitOutcome, Decide, MaybePromise, StateStore } from '../state-store.js'
import type { CommitUnit } from '../store/unit.js'

/** What became of a unit that was done. */
export type Committed = Extract<CommitOutcome, { ok: true }>

interface Entry {
  /** Null while an asynchronous codec is still at work. */
  unit: CommitUnit | null
  failure: unknown
  readonly resolve: (outcome: Committed) => void
  readonly reject: (error: unknown) => void
}

/** So many units share a commit at most: bounds how long a store holds the event loop. */
const MAX_UNITS = 256

/**
 * The one way to a store's `commit`. Units that are submitted in the same turn of the event loop, or while a commit is under
 * way, share the next one; they are applied in the order of submission and settled after the commit, each by its own outcome.
 */
export class CommitQueue {
  readonly #store: StateStore
  readonly #decide: Decide
  readonly #ready: () => MaybePromise<void>
  readonly #entries: Entry[] = []
  #busy = false

  /** `ready` opens the store, before the first commit. */
  constructor(store: StateStore, decide: Decide, ready: () => MaybePromise<void>) {
    this.#store = store
    this.#decide = decide
    this.#ready = ready
  }

  /** Settles once the unit is durable. Rejects with the error that refused it. */
  submit(unit: MaybePromise<CommitUnit>): Promise<Committed> {
    return new Promise((resolve, reject) => {
      const entry: Entry = { unit: null, failure: null, resolve, reject }
      this.#entries.push(entry)
      if (!(unit instanceof Promise)) entry.unit = unit
      else
        unit.then(
          (encoded) => this.#prepared(entry, encoded, null),
          (failure) => this.#prepared(entry, null, failure),
        )
      this.#start()
    })
  }

  #prepared(entry: Entry, unit: CommitUnit | null, failure: unknown): void {
    entry.unit = unit
    entry.failure = failure
    this.#start()
  }

  #start(): void {
    if (this.#busy || !this.#hasWork()) return
    this.#busy = true
    if (this.#store.groupsCommits) setImmediate(() => void this.#drain())
    else void this.#drain()
  }

  // Only what is at the front: units keep the order in which they were submitted.
  #hasWork(): boolean {
    const first = this.#entries[0]
    return first !== undefined && (first.unit !== null || first.failure !== null)
  }

  async #drain(): Promise<void> {
    while (this.#hasWork()) await this.#commit(this.#take())
    this.#busy = false
  }

  #take(): Entry[] {
    const waiting = this.#entries.findIndex((entry) => entry.unit === null && entry.failure === null)
    return this.#entries.splice(0, Math.min(MAX_UNITS, waiting === -1 ? this.#entries.length : waiting))
  }

  async #commit(taken: Entry[]): Promise<void> {
    const entries: Entry[] = []
    for (const entry of taken) {
      if (entry.unit === null) entry.reject(entry.failure)
      else entries.push(entry)
    }
    if (entries.length === 0) return
    try {
      await this.#ready()
      const units = entries.map((entry) => entry.unit as CommitUnit)
      const outcomes = await this.#store.commit(units, this.#decide)
      for (const [index, entry] of entries.entries()) settle(entry, outcomes[index])
    } catch (error) {
      for (const entry of entries) entry.reject(error)
    }
  }
}

function settle(entry: Entry, outcome: CommitOutcome | undefined): void {
  if (outcome === undefined) entry.reject(new TypeError('the store gave fewer outcomes than it was given units'))
  else if (outcome.ok) entry.resolve(outcome)
  else entry.reject(outcome.error satisfies StateBackendError)
}
