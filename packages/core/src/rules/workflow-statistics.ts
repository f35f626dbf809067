import { WORKFLOW_STATUSES } from '../models/common.js'
import type { StatusCounts, WorkflowStats } from '../models/workflow-state.js'
import type { StateSummaryRow } from '../records.js'
import type { StateCounts } from '../state-store.js'

function emptyCounts(): StatusCounts {
  return Object.fromEntries(WORKFLOW_STATUSES.map((status) => [status, 0])) as StatusCounts
}

/** Counts snapshots one by one: what `countStates` does for stores that have no faster way. */
export function countStateRows(rows: Iterable<StateSummaryRow>, recentFrom: number): StateCounts {
  const byStatus = WORKFLOW_STATUSES.flatMap((status) => [
    { status, isBackgroundTask: false, count: 0 },
    { status, isBackgroundTask: true, count: 0 },
  ])
  let recent = 0
  const executionTime = { count: 0, total: 0 }
  for (const row of rows) {
    const place = byStatus.find(
      ({ status, isBackgroundTask }) => status === row.status && isBackgroundTask === row.isBackgroundTask,
    )
    if (place) place.count += 1
    if (row.createdAt >= recentFrom) recent += 1
    if (row.executionTimeMs === null) continue
    executionTime.count += 1
    executionTime.total += row.executionTimeMs
  }
  return { byStatus, recent, executionTime }
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
