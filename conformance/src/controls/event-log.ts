import type { CommitUnit, Decide, RunQuery, StateQuery, Write } from '@flujo-state/core'
import { ReferenceStore, Tables } from '../reference-store.js'

/** The writes of each storage, in their order: all that an event log keeps. */
const logs = new WeakMap<Tables, Write[]>()

/**
 * A log of what was written, which every instance folds for itself as far as it is when something is asked. The tables that
 * instances share hold nothing: they only name the log.
 */
export class EventLogStore extends ReferenceStore {
  readonly #log: Write[]
  #read = 0

  constructor(named: Tables) {
    super(new Tables())
    this.#log = logs.get(named) ?? []
    logs.set(named, this.#log)
  }

  override commit(units: readonly CommitUnit[], decide: Decide) {
    return units.map((unit) => {
      const { outcome, writes } = decide(unit, this.head(unit), Date.now())
      this.#log.push(...writes)
      return outcome
    })
  }

  /** Does what others have written meanwhile, too. */
  #catchUp(): void {
    for (; this.#read < this.#log.length; this.#read++) {
      const write = this.#log[this.#read]
      if (write) this.apply(write)
    }
  }

  protected override head(unit: CommitUnit) {
    this.#catchUp()
    return super.head(unit)
  }
  override readState(runId: string) {
    this.#catchUp()
    return super.readState(runId)
  }
  override readRun(runId: string) {
    this.#catchUp()
    return super.readRun(runId)
  }
  override readSteps(runId: string) {
    this.#catchUp()
    return super.readSteps(runId)
  }
  override readSpans(runId: string) {
    this.#catchUp()
    return super.readSpans(runId)
  }
  override readLease(runId: string) {
    this.#catchUp()
    return super.readLease(runId)
  }
  override readSystemState(key: string) {
    this.#catchUp()
    return super.readSystemState(key)
  }
  override listStates(query: StateQuery) {
    this.#catchUp()
    return super.listStates(query)
  }
  override listRuns(query: RunQuery) {
    this.#catchUp()
    return super.listRuns(query)
  }
  override listEvaluations(query: Parameters<ReferenceStore['listEvaluations']>[0]) {
    this.#catchUp()
    return super.listEvaluations(query)
  }
}
