import {
  applyWrite,
  type Capabilities,
  type CommitOutcome,
  type CommitUnit,
  type Counters,
  type Decide,
  defineCapabilities,
  type EvaluationQuery,
  type EvaluationRow,
  emptyImage,
  headOf,
  isEmptyImage,
  type LeaseRow,
  ListIndex,
  type RunImage,
  type RunQuery,
  type RunRow,
  type RunSummaryRow,
  type SpanRow,
  type StateCounts,
  type StateQuery,
  type StateStore,
  type StateSummaryRow,
  type StepRow,
  type StoredState,
  type SystemStateRow,
  stepOf,
  stepsInOrder,
  TERMINAL_STATUSES,
  type Write,
} from '@flujo-state/core'

/** Whole runs in a map, with an index for the lists. Rows are immutable, so they can be handed out as they are. */
export class MemoryStore implements StateStore {
  readonly capabilities: Capabilities = defineCapabilities({ persistence: 'none', multiInstance: 'none' })
  /** A commit costs nothing that could be shared. */
  readonly groupsCommits = false

  readonly #images = new Map<string, RunImage>()
  readonly #index = new ListIndex()
  readonly #systemStates = new Map<string, SystemStateRow>()
  /** Terminal runs, the one written longest ago first. */
  readonly #terminal = new Set<string>()
  readonly #maxRuns: number
  readonly #clock: () => Date
  #counters: Counters = { version: 0, fence: 0, evaluation: 0 }

  constructor(maxRuns: number, clock = () => new Date()) {
    this.#maxRuns = maxRuns
    this.#clock = clock
  }

  open(): void {}
  close(): void {}

  commit(units: readonly CommitUnit[], decide: Decide): CommitOutcome[] {
    const outcomes = units.map((unit) => {
      const image = unit.runId === null ? undefined : this.#images.get(unit.runId)
      const { outcome, writes } = decide(unit, headOf(image, stepOf(unit), this.#counters), Date.now())
      if (writes.length > 0) this.#apply(unit.runId, writes)
      return outcome
    })
    this.#evict()
    return outcomes
  }

  #apply(runId: string | null, writes: readonly Write[]): void {
    for (const write of writes) this.#applyToStore(write)
    if (runId === null) return
    const image = this.#images.get(runId) ?? emptyImage()
    for (const write of writes) applyWrite(image, write)
    this.#keep(runId, image)
  }

  #applyToStore(write: Write): void {
    if (write.kind === 'put-system-state') this.#systemStates.set(write.row.key, write.row)
    else if (write.kind === 'raise-counter') this.#counters = { ...this.#counters, [write.counter]: write.to }
    else if (write.kind === 'add-evaluation') this.#index.addEvaluation(write.row)
  }

  #keep(runId: string, image: RunImage): void {
    this.#terminal.delete(runId)
    if (isEmptyImage(image)) {
      this.#images.delete(runId)
      this.#index.delete(runId)
      return
    }
    this.#images.set(runId, image)
    this.#index.put(runId, image.state, image.run)
    const status = (image.state ?? image.run)?.status
    if ((TERMINAL_STATUSES as readonly unknown[]).includes(status)) this.#terminal.add(runId)
  }

  /** Makes room by forgetting terminal runs that nobody has claimed, never others. */
  #evict(): void {
    for (const runId of this.#terminal) {
      if (this.#images.size <= this.#maxRuns) return
      const lease = this.#images.get(runId)?.lease
      // Somebody is still at work on it.
      if (lease && lease.expiresAt > this.#clock().getTime()) continue
      const version = this.#images.get(runId)?.state?.version ?? 0
      this.#counters = { ...this.#counters, version: Math.max(this.#counters.version, version) }
      this.#keep(runId, emptyImage())
    }
  }

  readState(runId: string): StoredState | null {
    const image = this.#images.get(runId)
    // A copy: the reader decodes it later, and an append changes the array in place.
    return image?.state ? { row: image.state, history: [...image.history] } : null
  }
  readRun(runId: string): RunRow | null {
    const image = this.#images.get(runId)
    return image?.run ? { ...image.run, metadata: image.state?.metadata ?? image.run.metadata } : null
  }
  readSteps(runId: string): StepRow[] {
    const image = this.#images.get(runId)
    return image ? stepsInOrder(image) : []
  }
  readSpans(runId: string): SpanRow[] {
    return [...(this.#images.get(runId)?.spans.values() ?? [])]
  }
  readLease(runId: string): LeaseRow | null {
    return this.#images.get(runId)?.lease ?? null
  }
  readSystemState(key: string): SystemStateRow | null {
    return this.#systemStates.get(key) ?? null
  }

  listStates(query: StateQuery): StateSummaryRow[] {
    return this.#index.listStates(query)
  }
  listRuns(query: RunQuery): RunSummaryRow[] {
    return this.#index.listRuns(query)
  }
  listEvaluations(query: EvaluationQuery): EvaluationRow[] {
    return this.#index.listEvaluations(query).flatMap(({ runId, sequence }) => {
      const evaluations = this.#images.get(runId)?.evaluations ?? []
      return evaluations.filter((row) => row.sequence === sequence)
    })
  }
  countStates(recentFrom: number): StateCounts {
    return this.#index.countStates(recentFrom)
  }
}
