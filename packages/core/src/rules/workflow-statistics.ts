import { WORKFLOW_STATUSES } from '../models/common.js'
import type { StatusCounts, WorkflowStats } from '../models/workflow-state.js'
import type { StateSummaryRow } from '../records.js'
import type { StateCounts } from '../state-store.js'
import { ExactSum } from './exact-sum.js'

/** What statistics know of a snapshot. */
export type CountedState = Pick<StateSummaryRow, 'status' | 'isBackgroundTask' | 'createdAt' | 'executionTimeMs'>

/** Counts of snapshots, all but the recent ones, kept while snapshots come, change and go. */
export class StateCounter {
  readonly #groups = WORKFLOW_STATUSES.flatMap((status) => [
    { status, isBackgroundTask: false, count: 0 },
    { status, isBackgroundTask: true, count: 0 },
  ])
  #timed = 0
  readonly #time = new ExactSum()

  /** A snapshot is now another one; null: there was or is none. */
  move(from: CountedState | null, to: CountedState | null): void {
    if (from !== null && to !== null && countsAlike(from, to)) return
    if (from !== null) this.#add(from, -1)
    if (to !== null) this.#add(to, 1)
  }

  #add({ status, isBackgroundTask, executionTimeMs }: CountedState, sign: 1 | -1): void {
    const group = this.#groups.find((group) => group.status === status && group.isBackgroundTask === isBackgroundTask)
    if (group) group.count += sign
    if (executionTimeMs === null) return
    this.#timed += sign
    this.#time.add(sign * executionTimeMs)
  }

  counts(recent: number): StateCounts {
    const byStatus = this.#groups.map((group) => ({ ...group }))
    return { byStatus, recent, executionTime: { count: this.#timed, total: this.#time.total() } }
  }
}

/** What most saves are: nothing has changed that is counted. */
function countsAlike(a: CountedState, b: CountedState): boolean {
  return a.status === b.status && a.isBackgroundTask === b.isBackgroundTask && a.executionTimeMs === b.executionTimeMs
}

/** Counts snapshots one by one: what `countStates` does for stores that have no faster way. */
export function countStateRows(rows: Iterable<CountedState>, recentFrom: number): StateCounts {
  const counter = new StateCounter()
  let recent = 0
  for (const row of rows) {
    counter.move(null, row)
    if (row.createdAt >= recentFrom) recent += 1
  }
  return counter.counts(recent)
}

function emptyCounts(): StatusCounts {
  return Object.fromEntries(WORKFLOW_STATUSES.map((status) => [status, 0])) as StatusCounts
}

/** The answer of `getWorkflowStats`. */
export function workflowStats(counts: StateCounts): WorkflowStats {
  const statusCounts = emptyCounts()
  const backgroundStatusCounts = emptyCounts()
  let totalWorkflows = 0
  for (const { status, isBackgroundTask, count } of counts.byStatus) {
    totalWorkflows += count
    statusCounts[status] += count
    if (isBackgroundTask) backgroundStatusCounts[status] += count
  }
  const { count, total } = counts.executionTime
  const averageExecutionTimeMs = count === 0 ? 0 : total / count
  return {
    totalWorkflows,
    statusCounts,
    recentWorkflows24h: counts.recent,
    averageExecutionTimeMs,
    backgroundStatusCounts,
  }
}
