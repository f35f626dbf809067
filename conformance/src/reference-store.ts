/**
 * A store that keeps rows in plain arrays and filters and sorts them the long way round: slow, and obviously right. The
 * suite is tried on it, and its broken backends are made from it.
 */
import type * as core from '@flujo-state/core'
import { defineCapabilities, stepOf } from '@flujo-state/core'
import { others, Places, pageOf, within } from './reference-rows.js'

/** The rows of one storage. Instances that share it are instances over the same storage. */
export class Tables {
  states: core.StateRow[] = []
  histories: { runId: string; items: core.Encoded[] }[] = []
  runs: core.RunRow[] = []
  steps: core.StepRow[] = []
  spans: core.SpanRow[] = []
  evaluations: core.EvaluationRow[] = []
  leases: core.LeaseRow[] = []
  systemStates: core.SystemStateRow[] = []
  counters: core.Counters = { version: 0, fence: 0, evaluation: 0 }
}

export class ReferenceStore implements core.StateStore {
  readonly capabilities = defineCapabilities({ persistence: 'crash', multiInstance: 'process' })
  readonly groupsCommits: boolean = false
  protected readonly tables: Tables
  readonly #states = new Places<core.StateRow>(({ runId }) => runId)
  readonly #histories = new Places<Tables['histories'][number]>(({ runId }) => runId)
  readonly #runs = new Places<core.RunRow>(({ runId }) => runId)
  readonly #steps = new Places<core.StepRow>(({ runId, executionId }) => keyOf(runId, executionId))
  readonly #spans = new Places<core.SpanRow>(({ runId, spanId }) => keyOf(runId, spanId))
  readonly #leases = new Places<core.LeaseRow>(({ runId }) => runId)
  readonly #systemStates = new Places<core.SystemStateRow>(({ key }) => key)

  constructor(tables: Tables) {
    this.tables = tables
  }

  open(): core.MaybePromise<void> {}
  close(): core.MaybePromise<void> {}

  /** Asynchronous, as storage is: between two writes of one caller others get their turn. */
  commit(units: readonly core.CommitUnit[], decide: core.Decide): core.MaybePromise<readonly core.CommitOutcome[]> {
    return Promise.resolve(this.write(units, decide))
  }

  protected write(units: readonly core.CommitUnit[], decide: core.Decide): core.CommitOutcome[] {
    return units.map((unit) => {
      const { outcome, writes } = decide(unit, this.head(unit), Date.now())
      for (const write of writes) this.apply(write)
      return outcome
    })
  }

  protected head(unit: core.CommitUnit): core.RunHead {
    const { runId } = unit
    const { states, runs, steps, leases, histories, counters } = this.tables
    const executionId = stepOf(unit)
    return {
      state: this.#states.find(states, runId) ?? null,
      historyLength: this.#histories.find(histories, runId)?.items.length ?? 0,
      run: this.#runs.find(runs, runId) ?? null,
      lease: this.#leases.find(leases, runId) ?? null,
      step: this.#steps.find(steps, executionId === null ? null : keyOf(runId, executionId)) ?? null,
      counters,
    }
  }

  protected apply(write: core.Write): void {
    const { tables } = this
    switch (write.kind) {
      case 'put-state':
        this.#states.put(tables.states, write.row)
        this.putHistory(write.row.runId, write.history)
        return
      case 'patch-state':
        this.#states.patch(tables.states, write.runId, write.set)
        return
      case 'replace-history':
        this.putHistory(write.runId, write.items)
        return
      case 'append-history':
        this.putHistory(write.runId, [...this.history(write.runId), ...write.items])
        return
      case 'delete-state':
        tables.states = others(tables.states, write.runId)
        tables.histories = others(tables.histories, write.runId)
        return
      case 'put-run':
        this.#runs.put(tables.runs, write.row)
        return
      case 'patch-run':
        this.#runs.patch(tables.runs, write.runId, write.set)
        return
      case 'put-step':
        this.#steps.put(tables.steps, write.row)
        return
      case 'put-spans':
        for (const row of write.rows) this.#spans.put(tables.spans, row)
        return
      case 'delete-spans':
        tables.spans = others(tables.spans, write.runId)
        return
      case 'add-evaluation':
        tables.evaluations.push(write.row)
        return
      case 'put-lease':
        this.#leases.put(tables.leases, write.row)
        return
      case 'delete-lease':
        tables.leases = others(tables.leases, write.runId)
        return
      case 'put-system-state':
        this.#systemStates.put(tables.systemStates, write.row)
        return
      case 'raise-counter':
        tables.counters = { ...tables.counters, [write.counter]: Math.max(write.to, tables.counters[write.counter]) }
        return
      case 'delete-run':
        this.deleteRun(write.runId)
        return
    }
  }

  protected deleteRun(runId: string): void {
    const { tables } = this
    tables.states = others(tables.states, runId)
    tables.histories = others(tables.histories, runId)
    tables.runs = others(tables.runs, runId)
    tables.steps = others(tables.steps, runId)
    tables.spans = others(tables.spans, runId)
    tables.evaluations = others(tables.evaluations, runId)
    tables.leases = others(tables.leases, runId)
  }

  protected putHistory(runId: string, items: readonly core.Encoded[]): void {
    this.#histories.put(this.tables.histories, { runId, items: [...items] })
  }
  protected history(runId: string): readonly core.Encoded[] {
    return this.#histories.find(this.tables.histories, runId)?.items ?? []
  }

  readState(runId: string): core.MaybePromise<core.StoredState | null> {
    const row = this.#states.find(this.tables.states, runId)
    return Promise.resolve(row ? { row, history: [...this.history(runId)] } : null)
  }
  readRun(runId: string): core.MaybePromise<core.RunRow | null> {
    const row = this.#runs.find(this.tables.runs, runId)
    return row ? this.withMetadata(row) : null
  }
  readSteps(runId: string): core.MaybePromise<readonly core.StepRow[]> {
    // Sorting is stable: equal indexes stay in the order of first saving.
    return this.tables.steps.filter((row) => row.runId === runId).sort((a, b) => a.stepIndex - b.stepIndex)
  }
  readSpans(runId: string): core.MaybePromise<readonly core.SpanRow[]> {
    return this.tables.spans.filter((row) => row.runId === runId)
  }
  readLease(runId: string): core.MaybePromise<core.LeaseRow | null> {
    return this.#leases.find(this.tables.leases, runId) ?? null
  }
  readSystemState(key: string): core.MaybePromise<core.SystemStateRow | null> {
    return this.#systemStates.find(this.tables.systemStates, key) ?? null
  }

  /** The run's row with the snapshot's metadata, if there is a snapshot. */
  protected withMetadata<R extends core.RunSummaryRow>(row: R): R {
    const state = this.#states.find(this.tables.states, row.runId)
    return { ...row, metadata: state?.metadata ?? row.metadata }
  }

  listStates(query: core.StateQuery): core.MaybePromise<readonly core.StateSummaryRow[]> {
    const wanted = this.tables.states.filter(
      (row) =>
        within(row[query.order], query) &&
        (query.statuses === undefined || query.statuses.includes(row.status)) &&
        (query.pipelineId === undefined || row.pipelineId === query.pipelineId) &&
        (query.pipelineName === undefined || row.pipelineName === query.pipelineName) &&
        (query.pipelineVersion === undefined || row.pipelineVersion === query.pipelineVersion) &&
        (query.isBackgroundTask === undefined || row.isBackgroundTask) &&
        (query.parentRunId === undefined || row.parentRunId === query.parentRunId),
    )
    return pageOf(wanted, query)
  }

  listRuns(query: core.RunQuery): core.MaybePromise<readonly core.RunSummaryRow[]> {
    const withState = new Set(query.withoutState ? this.tables.states.map(({ runId }) => runId) : [])
    const wanted = this.tables.runs.filter(
      (row) =>
        within(row[query.order], query) &&
        (query.statuses === undefined || query.statuses.includes(row.status)) &&
        (query.pipelineName === undefined || row.pipelineName === query.pipelineName) &&
        (query.placeholder === undefined || row.placeholder) &&
        !withState.has(row.runId),
    )
    return pageOf(wanted, query).map((row) => this.withMetadata(row))
  }

  listEvaluations(query: core.EvaluationQuery): core.MaybePromise<readonly core.EvaluationRow[]> {
    const { runId, after, offset = 0, limit = Number.POSITIVE_INFINITY } = query
    const order = (a: Ranked, b: Ranked) => b.time - a.time || b.sequence - a.sequence
    return this.tables.evaluations
      .filter((row) => runId === undefined || row.runId === runId)
      .filter((row) => after === undefined || order(ranked(row), after) > 0)
      .sort((a, b) => order(ranked(a), ranked(b)))
      .slice(offset, offset + limit)
  }
}

interface Ranked {
  readonly time: number
  readonly sequence: number
}
const ranked = ({ createdAt, sequence }: core.EvaluationRow): Ranked => ({ time: createdAt, sequence })

// No identifier has a NUL in it.
const keyOf = (runId: string | null, id: string) => `${runId}\0${id}`
