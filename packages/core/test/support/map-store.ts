import {
  applyWrite,
  type CommitOutcome,
  type CommitUnit,
  type Counters,
  type Decide,
  defineCapabilities,
  emptyImage,
  headOf,
  ListIndex,
  type RunImage,
  type StateStore,
  type SystemStateRow,
  stepOf,
  stepsInOrder,
} from '../../src/index.js'

/** The plainest store there is, for tests of what lies above stores. `batches` has the number of units of each commit. */
export class MapStore implements StateStore {
  readonly capabilities = defineCapabilities({ persistence: 'none', multiInstance: 'none' })
  readonly groupsCommits: boolean = true
  readonly batches: number[] = []
  opened = 0
  closed = 0
  /** What `open` or `commit` throws next. */
  failure: Error | null = null
  readonly images = new Map<string, RunImage>()
  readonly #index = new ListIndex()
  readonly #systemStates = new Map<string, SystemStateRow>()
  #counters: Counters = { version: 0, fence: 0, evaluation: 0 }

  async open(): Promise<void> {
    this.opened += 1
    await this.#fail()
  }
  close(): void {
    this.closed += 1
  }
  async #fail(): Promise<void> {
    await Promise.resolve()
    const { failure } = this
    this.failure = null
    if (failure) throw failure
  }

  async commit(units: readonly CommitUnit[], decide: Decide): Promise<CommitOutcome[]> {
    await this.#fail()
    this.batches.push(units.length)
    return units.map((unit) => this.#apply(unit, decide))
  }

  #apply(unit: CommitUnit, decide: Decide): CommitOutcome {
    const image = this.images.get(unit.runId ?? '') ?? emptyImage()
    const { outcome, writes } = decide(unit, headOf(image, stepOf(unit), this.#counters), Date.now())
    for (const write of writes) {
      if (write.kind === 'put-system-state') this.#systemStates.set(write.row.key, write.row)
      if (write.kind === 'raise-counter') this.#counters = { ...this.#counters, [write.counter]: write.to }
      if (write.kind === 'add-evaluation') this.#index.addEvaluation(write.row)
      if (write.kind === 'delete-run') this.#index.delete(write.runId)
      applyWrite(image, write)
    }
    if (unit.runId !== null && writes.length > 0) {
      this.images.set(unit.runId, image)
      this.#index.put(unit.runId, image.state, image.run)
    }
    return outcome
  }

  readState(runId: string) {
    const image = this.images.get(runId)
    return image?.state ? { row: image.state, history: [...image.history] } : null
  }
  readRun(runId: string) {
    const image = this.images.get(runId)
    return image?.run ? { ...image.run, metadata: image.state?.metadata ?? image.run.metadata } : null
  }
  readSteps(runId: string) {
    return stepsInOrder(this.images.get(runId) ?? emptyImage())
  }
  readSpans(runId: string) {
    return [...(this.images.get(runId)?.spans.values() ?? [])]
  }
  readLease(runId: string) {
    return this.images.get(runId)?.lease ?? null
  }
  readSystemState(key: string) {
    return this.#systemStates.get(key) ?? null
  }
  listStates(query: Parameters<StateStore['listStates']>[0]) {
    return this.#index.listStates(query)
  }
  listRuns(query: Parameters<StateStore['listRuns']>[0]) {
    return this.#index.listRuns(query)
  }
  listEvaluations(query: Parameters<StateStore['listEvaluations']>[0]) {
    const rows = [...this.images.values()].flatMap((image) => image.evaluations)
    return this.#index.listEvaluations(query).flatMap(({ sequence }) => rows.filter((row) => row.sequence === sequence))
  }
}
