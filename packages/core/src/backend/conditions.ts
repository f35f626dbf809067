import type { z } from 'zod'
import type { lease as leaseSchema } from '../models/claim.js'
import type { Condition } from '../store/unit.js'
import { refuse } from './check.js'

type CheckedLease = z.output<typeof leaseSchema>

/** What a write asks for, in the order in which it is judged: `STALE_LEASE`, `NOT_FOUND`, `CONFLICT`. */
export function writeConditions(
  runId: string,
  options: { lease?: CheckedLease | undefined; ifVersion?: number | undefined; needsState?: boolean },
): Condition[] {
  const { lease, ifVersion, needsState } = options
  const conditions: Condition[] = []
  if (lease) conditions.push(fence(runId, lease))
  if (needsState) conditions.push({ kind: 'state-exists' })
  if (ifVersion !== undefined) conditions.push({ kind: 'version', is: ifVersion })
  return conditions
}

function fence(runId: string, lease: CheckedLease): Condition {
  if (lease.runId !== runId) refuse('$.lease.runId', `is '${lease.runId}', but the call is for '${runId}'`)
  return { kind: 'fence', owner: lease.owner, fence: lease.fence }
}
