import type { EvaluationRow, RunSummaryRow, StateSummaryRow } from '../records.js'
import { isTerminal } from '../rules/status.js'
import { StateCounter } from '../rules/workflow-statistics.js'
import type { EvaluationQuery, RunQuery, StateCounts, StateQuery } from '../state-store.js'
import { type Entry, SortedPlaces } from './sorted-places.js'

/** Where an evaluation stands in its list. */
export type EvaluationPlace = Pick<EvaluationRow, 'runId' | 'sequence' | 'createdAt'>

interface Listed<R> {
  readonly row: R
  readonly byCreation: Entry<R>
  /** Null where nobody asks for the row by its last change. */
  readonly byUpdate: Entry<R> | null
}
interface Entries {
  state: Listed<StateSummaryRow> | null
  run: Listed<RunSummaryRow> | null
  readonly evaluations: Entry<EvaluationPlace>[]
}

/** The lists of a store that keeps whole runs: small rows in memory, in the order of every list. Never holds a payload. */
export class ListIndex {
  readonly #entries = new Map<string, Entries>()
  readonly #states = new Lists<StateSummaryRow>(isAskedByUpdate)
  readonly #runs = new Lists<RunSummaryRow>(() => true)
  readonly #evaluations = new SortedPlaces<EvaluationPlace>()
  readonly #counter = new StateCounter()

  /** How many run ids are listed. */
  get size(): number {
    return this.#entries.size
  }

  runIds(): IterableIterator<string> {
    return this.#entries.keys()
  }

  /** Lists the run's summaries as they are now. Rows that are the same objects as before cost nothing. */
  put(runId: string, state: StateSummaryRow | null, run: RunSummaryRow | null): void {
    const entries = this.#of(runId)
    if (state !== (entries.state?.row ?? null)) this.#putState(entries, state)
    if (run !== (entries.run?.row ?? null)) entries.run = this.#runs.replace(entries.run, run)
  }

  #putState(entries: Entries, state: StateSummaryRow | null): void {
    this.#counter.move(entries.state?.row ?? null, state)
    entries.state = this.#states.replace(entries.state, state)
  }

  /** Evaluations of a run come in the order of their sequences; one that is listed already changes nothing. */
  addEvaluation(place: EvaluationPlace): void {
    const { runId, sequence, createdAt } = place
    const { evaluations } = this.#of(runId)
    if ((evaluations.at(-1)?.value.sequence ?? 0) >= sequence) return
    evaluations.push(this.#evaluations.add(createdAt, sequenceId(sequence), { runId, sequence, createdAt }))
  }

  evaluationsOf(runId: string): EvaluationPlace[] {
    return (this.#entries.get(runId)?.evaluations ?? []).map(({ value }) => value)
  }

  delete(runId: string): void {
    const entries = this.#entries.get(runId)
    if (entries === undefined) return
    this.#putState(entries, null)
    this.#runs.replace(entries.run, null)
    for (const entry of entries.evaluations) this.#evaluations.remove(entry)
    this.#entries.delete(runId)
  }

  #of(runId: string): Entries {
    const entries = this.#entries.get(runId) ?? { state: null, run: null, evaluations: [] }
    this.#entries.set(runId, entries)
    return entries
  }

  listStates(query: StateQuery): StateSummaryRow[] {
    const places = query.order === 'createdAt' ? this.#states.byCreation : this.#states.byUpdate
    return page(places.walk(query), (row) => matchesState(row, query), query)
  }

  /** Rows with the effective metadata: the snapshot's if there is one, else the run's. */
  listRuns(query: RunQuery): RunSummaryRow[] {
    const places = query.order === 'createdAt' ? this.#runs.byCreation : this.#runs.byUpdate
    const rows = page(places.walk(query), (row) => this.#matchesRun(row, query), query)
    return rows.map((row) => ({ ...row, metadata: this.#entries.get(row.runId)?.state?.row.metadata ?? row.metadata }))
  }

  #matchesRun(row: RunSummaryRow, query: RunQuery): boolean {
    if (query.statuses && !query.statuses.includes(row.status)) return false
    if (query.pipelineName !== undefined && row.pipelineName !== query.pipelineName) return false
    if (query.placeholder && !row.placeholder) return false
    return !query.withoutState || this.#entries.get(row.runId)?.state == null
  }

  listEvaluations({ runId, after, limit, offset }: EvaluationQuery): EvaluationPlace[] {
    const position = after && { time: after.time, id: sequenceId(after.sequence) }
    const matches = (place: EvaluationPlace) => runId === undefined || place.runId === runId
    return page(this.#evaluations.walk({ after: position }), matches, { limit, offset })
  }

  countStates(recentFrom: number): StateCounts {
    return this.#counter.counts(this.#states.byCreation.countFrom(recentFrom))
  }
}

interface Timed {
  readonly runId: string
  readonly createdAt: number
  readonly updatedAt: number
}

/** Rows in their two orders. */
class Lists<R extends Timed> {
  readonly byCreation = new SortedPlaces<R>()
  readonly byUpdate = new SortedPlaces<R>()
  readonly #isAskedByUpdate: (row: R) => boolean

  constructor(isAskedByUpdate: (row: R) => boolean) {
    this.#isAskedByUpdate = isAskedByUpdate
  }

  /** Lists a row instead of an old one, either of which may be missing. */
  replace(old: Listed<R> | null, row: R | null): Listed<R> | null {
    const updated = row !== null && this.#isAskedByUpdate(row) ? row : null
    const byUpdate = moved(this.byUpdate, old?.byUpdate ?? null, updated, updated?.updatedAt)
    const byCreation = moved(this.byCreation, old?.byCreation ?? null, row, row?.createdAt)
    return row && byCreation && { row, byCreation, byUpdate }
  }
}

/** The entry of a row instead of an old one: the same, if it keeps its place. */
function moved<R extends Timed>(places: SortedPlaces<R>, old: Entry<R> | null, row: R | null, time = 0) {
  if (old !== null && row !== null && old.time === time) {
    old.value = row
    return old
  }
  if (old !== null) places.remove(old)
  return row && places.add(time, row.runId, row)
}

/** Snapshots of runs at work change with every step, and nobody asks for them in that order (`StateQuery`). */
function isAskedByUpdate({ status, isBackgroundTask }: StateSummaryRow): boolean {
  return isBackgroundTask || isTerminal(status)
}

/** Sequences as ids that sort like numbers. */
const sequenceId = (sequence: number) => String(sequence).padStart(16, '0')

function matchesState(row: StateSummaryRow, query: StateQuery): boolean {
  if (query.statuses && !query.statuses.includes(row.status)) return false
  if (query.pipelineId !== undefined && row.pipelineId !== query.pipelineId) return false
  if (query.pipelineName !== undefined && row.pipelineName !== query.pipelineName) return false
  if (query.pipelineVersion !== undefined && row.pipelineVersion !== query.pipelineVersion) return false
  if (query.isBackgroundTask && !row.isBackgroundTask) return false
  return query.parentRunId === undefined || row.parentRunId === query.parentRunId
}

function page<T>(
  rows: Iterable<T>,
  matches: (row: T) => boolean,
  { limit = Number.POSITIVE_INFINITY, offset = 0 }: { limit?: number | undefined; offset?: number | undefined },
): T[] {
  const found: T[] = []
  if (limit === 0) return found
  let skipped = 0
  for (const row of rows) {
    if (!matches(row) || skipped++ < offset) continue
    found.push(row)
    if (found.length >= limit) break
  }
  return found
}
