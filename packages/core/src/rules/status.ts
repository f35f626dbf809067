import { TERMINAL_STATUSES, type WorkflowStatus } from '../models/common.js'

/** Whether a run with this status has ended. */
export function isTerminal(status: WorkflowStatus): boolean {
  return (TERMINAL_STATUSES as readonly string[]).includes(status)
}

/** The status that `saveRunStart` gives: an omitted one starts a run, but never restarts one that is paused or has ended. */
export function statusAfterStart(given: WorkflowStatus | undefined, current: WorkflowStatus | null): WorkflowStatus {
  return given ?? current ?? 'running'
}

/** The status that `saveRunEnd` gives: omitted it is 'completed', but never overrules how the run has ended already. */
export function statusAfterEnd(given: WorkflowStatus | undefined, current: WorkflowStatus): WorkflowStatus {
  return given ?? (isTerminal(current) ? current : 'completed')
}

/** When a run ended, after its status moved: becoming terminal sets it, leaving a terminal status clears it. */
export function endedAtAfter(
  to: WorkflowStatus,
  from: { readonly status: WorkflowStatus; readonly endedAt: number | null } | null,
  now: number,
): number | null {
  if (!isTerminal(to)) return null
  return from !== null && isTerminal(from.status) ? from.endedAt : now
}
