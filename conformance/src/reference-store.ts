/**
 * A store that keeps rows in plain arrays and finds, filters and sorts them the long way round: slow, and obviously right. The
 * suite is tried on it, and its broken backends are made from it.
 */
import type * as core from '@flujo-state/core'
import { defineCapabilities, stepOf } from '@flujo-state/core'

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

  constructor(tables: Tables) {
    this.tables = tables
  }

  open(): core.MaybePromise<void> {}
  close(): core.MaybePromise<void> {}

  commit(units: readonly core.CommitUnit[], decide: core.Decide): core.MaybePromise<readonly core.CommitOutcome[]> {
    return units.map((unit) => {
      const { outcome, writes } = decide(unit, this.head(unit), Date.now())
      for (const write of writes) this.apply(write)
      return outcome
    })
  }

  protected head(unit: core.CommitUnit): core.RunHead {
    const { runId } = unit
    const { states, runs, steps, leases, histories, counters } = this.tables
    const state = states.find((row) => row.runId === runId)
    const historyLength = histories.find((row) => row.runId === runId)?.items.length ?? 0
    const executionId = stepOf(unit)
    return {
      state: state ? { ...state, historyLength } : null,
      run: runs.find((row) => row.runId === runId) ?? null,
      lease: leases.find((row) => row.runId === runId) ?? null,
      step: steps.find((row) => row.runId === runId && row.executionId === executionId) ?? null,
      counters,
    }
  }

  protected apply(write: core.Write): void {
    const { tables } = this
    switch (write.kind) {
      case 'put-state':
        put(tables.states, write.row, (row) => row.runId === write.row.runId)
        this.putHistory(write.row.runId, write.history)
        return
      case 'patch-state':
        patch(tables.states, write.runId, write.set)
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
        put(tables.runs, write.row, (row) => row.runId === write.row.runId)
        return
      case 'patch-run':
        patch(tables.runs, write.runId, write.set)
        return
      case 'put-step':
        put(tables.steps, write.row, (row) => isStep(row, write.row))
        return
      case 'put-spans':
        this.putSpans(write.rows)
        return
      case 'delete-spans':
        tables.spans = others(tables.spans, write.runId)
        return
      case 'add-evaluation':
        tables.evaluations.push(write.row)
        return
      case 'put-lease':
        put(tables.leases, write.row, (row) => row.runId === write.row.runId)
        return
      case 'delete-lease':
        tables.leases = others(tables.leases, write.runId)
        return
      case 'put-system-state':
        put(tables.systemStates, write.row, (row) => row.key === write.row.key)
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

  // The one short cut here: thousands of spans come at once.
  protected putSpans(rows: readonly core.SpanRow[]): void {
    const { spans } = this.tables
    const key = ({ runId, spanId }: core.SpanRow) => JSON.stringify([runId, spanId])
    const places = new Map(spans.map((row, index) => [key(row), index]))
    for (const row of rows) {
      const place = places.get(key(row)) ?? spans.length
      places.set(key(row), place)
      spans[place] = row
    }
  }

  protected putHistory(runId: string, items: readonly core.Encoded[]): void {
    put(this.tables.histories, { runId, items: [...items] }, (row) => row.runId === runId)
  }
  protected history(runId: string): readonly core.Encoded[] {
    return this.tables.histories.find((row) => row.runId === runId)?.items ?? []
  }

  readState(runId: string): core.MaybePromise<core.StoredState | null> {
    const row = this.tables.states.find((row) => row.runId === runId)
    return row ? { row, history: [...this.history(runId)] } : null
  }
  readRun(runId: string): core.MaybePromise<core.RunRow | null> {
    const row = this.tables.runs.find((row) => row.runId === runId)
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
    return this.tables.leases.find((row) => row.runId === runId) ?? null
  }
  readSystemState(key: string): core.MaybePromise<core.SystemStateRow | null> {
    return this.tables.systemStates.find((row) => row.key === key) ?? null
  }

  /** The run's row with the snapshot's metadata, if there is a snapshot. */
  protected withMetadata<R extends core.RunSummaryRow>(row: R): R {
    const state = this.tables.states.find(({ runId }) => runId === row.runId)
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

const isStep = (a: core.StepRow, b: core.StepRow) => a.runId === b.runId && a.executionId === b.executionId

/** Replaces the row that is the same one in place, or adds it at the end. */
function put<R>(rows: R[], row: R, same: (other: R) => boolean): void {
  const index = rows.findIndex(same)
  if (index === -1) rows.push(row)
  else rows[index] = row
}

function patch<R extends { readonly runId: string }>(rows: R[], runId: string, set: Partial<Omit<R, 'runId'>>): void {
  const index = rows.findIndex((row) => row.runId === runId)
  const row = rows[index]
  if (row !== undefined) rows[index] = { ...row, ...set }
}

const others = <R extends { readonly runId: string }>(rows: readonly R[], runId: string): R[] =>
  rows.filter((row) => row.runId !== runId)

interface Listed {
  readonly runId: string
  readonly createdAt: number
  readonly updatedAt: number
}
type Paged = Pick<core.StateQuery, 'order' | 'from' | 'before' | 'after' | 'limit' | 'offset'>

const within = (time: number, { from, before }: Paged) =>
  (from === undefined || time >= from) && (before === undefined || time < before)

/** Newest first, ties by run id descending in the order of their UTF-8 bytes. */
function newestFirst(a: core.Position, b: core.Position): number {
  return b.time - a.time || Buffer.compare(Buffer.from(b.id), Buffer.from(a.id))
}

function pageOf<R extends Listed>(rows: readonly R[], { order, after, offset = 0, limit = rows.length }: Paged): R[] {
  const place = (row: R) => ({ time: row[order], id: row.runId })
  return rows
    .filter((row) => after === undefined || newestFirst(place(row), after) > 0)
    .sort((a, b) => newestFirst(place(a), place(b)))
    .slice(offset, offset + limit)
}
