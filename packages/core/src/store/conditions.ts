import { StateBackendError } from '../errors.js'
import type { WorkflowStatus } from '../models/common.js'
import { isLive } from '../rules/lease.js'
import { statusAfterEnd } from '../rules/status.js'
import type { RunHead } from '../state-store.js'
import { leaseFromRow } from './lease-row.js'
import type { Condition } from './unit.js'

/** The first condition that does not hold, as the error that refuses the unit; null if all hold. */
export function judge(
  conditions: readonly Condition[],
  head: RunHead,
  runId: string | null,
  now: number,
): StateBackendError | null {
  for (const condition of conditions) {
    const error = judgeOne(condition, head, runId, now)
    if (error) return error
  }
  return null
}

function judgeOne(condition: Condition, head: RunHead, runId: string | null, now: number): StateBackendError | null {
  switch (condition.kind) {
    case 'fence':
      return head.lease?.fence === condition.fence && head.lease.owner === condition.owner
        ? null
        : new StateBackendError(
            'STALE_LEASE',
            `the lease of '${condition.owner}' (fence ${condition.fence}) is no longer the run's latest: it was superseded or released, or the run was deleted. Stop working on this run; nothing was written`,
            { runId },
          )
    case 'state-exists':
      return head.state
        ? null
        : new StateBackendError('NOT_FOUND', 'the run has no snapshot; save one with saveState first', { runId })
    case 'ends-as':
      return judgeEnd(condition.status, head, runId)
    case 'version':
      return judgeVersion(condition.is, head.state?.version ?? 0, runId)
    case 'unclaimed':
      return judgeClaim(condition.except, head, runId, now)
    case 'expired':
      return isExpired(condition, head) ? null : notAnyMore(runId)
    case 'stale-task':
      return isStaleTask(condition.before, head) ? null : notAnyMore(runId)
  }
}

function judgeEnd(status: WorkflowStatus, { run, state }: RunHead, runId: string | null): StateBackendError | null {
  const end = statusAfterEnd(undefined, (run ?? state)?.status ?? 'running')
  if (status === end) return null
  return new StateBackendError(
    'VALIDATION',
    `$.state.status: is '${status}', but the run ends as '${end}'; a run has one status`,
    { runId, path: '$.state.status' },
  )
}

function judgeVersion(expected: number, found: number, runId: string | null): StateBackendError | null {
  if (expected === found) return null
  const what = found === 0 ? 'the run has no snapshot' : `the snapshot has version ${found}`
  return new StateBackendError('CONFLICT', `expected version ${expected}, but ${what}; load it and decide anew`, {
    runId,
  })
}

function judgeClaim(except: number | undefined, head: RunHead, runId: string | null, now: number) {
  if (!isLive(head.lease, now) || head.lease.fence === except) return null
  const { owner, expiresAt } = head.lease
  return new StateBackendError(
    'RUN_CLAIMED',
    `the run is claimed by '${owner}' until ${new Date(expiresAt).toISOString()}; wait until then or until it is released`,
    { runId, lease: leaseFromRow(head.lease) },
  )
}

type Expired = Extract<Condition, { kind: 'expired' }>

function isExpired({ statuses, placeholders, before }: Expired, { state, run }: RunHead): boolean {
  const subject = state ?? run
  if (subject === null || subject.updatedAt >= before) return false
  // A run with a snapshot is never a placeholder.
  return run?.placeholder ? placeholders : statuses.includes(subject.status)
}

function isStaleTask(before: number, { state }: RunHead): boolean {
  return state?.isBackgroundTask === true && state.status === 'running' && state.updatedAt < before
}

// Only seen by the loops of core that look for candidates first: somebody was faster, which is fine.
function notAnyMore(runId: string | null): StateBackendError {
  return new StateBackendError('CONFLICT', 'the run changed meanwhile', { runId })
}
