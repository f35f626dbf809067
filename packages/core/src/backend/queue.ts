import type { CommitOutcome, Decide, MaybePromise, StateStore } from '../state-store.js'
import { adopt } from '../store/maybe-promise.js'
import type { CommitUnit } from '../store/unit.js'
import { Streak } from './streak.js'
import { sizeOf } from './unit-size.js'

/** What became of a unit that was done. */
export type Committed = Extract<CommitOutcome, { ok: true }>

interface Entry {
  /** Null while an asynchronous codec is still at work. */
  unit: CommitUnit | null
  failure: unknown
  readonly resolve: (outcome: Committed) => void
  readonly reject: (error: unknown) => void
}

/** So many units, and texts of so many characters, share a commit at most: bounds how long a store holds the event loop. */
const MAX_UNITS = 256
const MAX_SIZE = 2 ** 20

/**
 * The one way to a store's `commit`. Units that are submitted in the same turn of the event loop, or while a commit is under
 * way, share the next one; they are applied in the order of submission and settled after the commit, each by its own outcome.
 * Who waits for each write does not wait for the turn to end as well; a store that gains nothing by sharing commits at once.
 */
export class CommitQueue {
  readonly #store: StateStore
  readonly #decide: Decide
  readonly #ready: () => MaybePromise<void>
  readonly #entries: Entry[] = []
  #busy = false
  #opened = false
  readonly #streak = new Streak()

  /** `ready` opens the store, before the first commit. */
  constructor(store: StateStore, decide: Decide, ready: () => MaybePromise<void>) {
    this.#store = store
    this.#decide = decide
    this.#ready = ready
  }

  /** Done once the unit is durable. What refuses it is a rejection, never thrown. */
  submit(unit: MaybePromise<CommitUnit>): MaybePromise<Committed> {
    if (!(unit instanceof Promise) && this.#mayCommitAtOnce()) return this.#commitAtOnce(unit)
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

  #mayCommitAtOnce(): boolean {
    return !this.#store.groupsCommits && this.#opened && !this.#busy && this.#entries.length === 0
  }

  #commitAtOnce(unit: CommitUnit): MaybePromise<Committed> {
    this.#busy = true
    try {
      const outcomes = adopt(this.#store.commit([unit], this.#decide))
      if (outcomes instanceof Promise) return this.#await(outcomes)
      this.#free()
      return committed(outcomes[0])
    } catch (error) {
      this.#free()
      return Promise.reject(error)
    }
  }

  async #await(outcomes: Promise<readonly CommitOutcome[]>): Promise<Committed> {
    try {
      return committed((await outcomes)[0])
    } finally {
      this.#free()
    }
  }

  #prepared(entry: Entry, unit: CommitUnit | null, failure: unknown): void {
    entry.unit = unit
    entry.failure = failure
    this.#start()
  }

  #start(): void {
    if (this.#busy || !this.#hasWork()) return
    this.#busy = true
    if (!this.#store.groupsCommits) void this.#commit()
    else if (this.#streak.goesOn()) queueMicrotask(() => void this.#commit())
    else setImmediate(() => void this.#commit())
  }

  // Only what is at the front: units keep the order in which they were submitted.
  #hasWork(): boolean {
    const first = this.#entries[0]
    return first !== undefined && isReady(first)
  }

  async #commit(): Promise<void> {
    const entries = this.#take()
    try {
      await this.#ready()
      this.#opened = true
      const units = entries.map((entry) => entry.unit as CommitUnit)
      const outcomes = units.length === 0 ? [] : await this.#store.commit(units, this.#decide)
      this.#free()
      if (units.length === 1) this.#streak.mayGoOn()
      for (const [index, entry] of entries.entries()) settle(entry, outcomes[index])
    } catch (error) {
      this.#free()
      for (const entry of entries) entry.reject(error)
    }
  }

  /** The next batch; those at the front that could not be encoded are told so. */
  #take(): Entry[] {
    const taken: Entry[] = []
    let size = 0
    let count = 0
    for (const entry of this.#entries) {
      if (!isReady(entry) || taken.length === MAX_UNITS) break
      if (entry.unit !== null) {
        size += sizeOf(entry.unit)
        if (taken.length > 0 && size > MAX_SIZE) break
        taken.push(entry)
      } else entry.reject(entry.failure)
      count += 1
    }
    this.#entries.splice(0, count)
    return taken
  }

  /** What came meanwhile is next, in a turn of its own: a long queue never holds the event loop. */
  #free(): void {
    this.#busy = false
    this.#start()
  }
}

function isReady(entry: Entry): boolean {
  return entry.unit !== null || entry.failure !== null
}

/** @throws the error that refused the unit */
function committed(outcome: CommitOutcome | undefined): Committed {
  if (outcome === undefined) throw new TypeError('the store gave fewer outcomes than it was given units')
  if (!outcome.ok) throw outcome.error
  return outcome
}

function settle(entry: Entry, outcome: CommitOutcome | undefined): void {
  try {
    entry.resolve(committed(outcome))
  } catch (error) {
    entry.reject(error)
  }
}
