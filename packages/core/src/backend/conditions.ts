import type { z } from 'zod'
import type { lease as leaseSchema } from '../models/claim.js'
import type { WorkflowStatus } from '../models/common.js'
import type { Condition } from '../store/unit.js'
import { refuse } from './check.js'

type CheckedLease = z.output<typeof leaseSchema>

interface Asked {
  readonly lease?: CheckedLease | undefined
  readonly ifVersion?: number | undefined
}

/** Most writes ask for nothing. */
const NOTHING: readonly Condition[] = []

/** What a write asks for, in the order in which it is judged: `STALE_LEASE`, `NOT_FOUND`, `CONFLICT`, `VALIDATION`. */
export function writeConditions(
  runId: string,
  { lease, ifVersion }: Asked,
  needsState = false,
  endsAs?: WorkflowStatus,
): readonly Condition[] {
  if (lease === undefined && ifVersion === undefined && !needsState && endsAs === undefined) return NOTHING
  const conditions: Condition[] = []
  if (lease) conditions.push(fence(runId, lease))
  if (needsState) conditions.push({ kind: 'state-exists' })
  if (ifVersion !== undefined) conditions.push({ kind: 'version', is: ifVersion })
  if (endsAs !== undefined) conditions.push({ kind: 'ends-as', status: endsAs })
  return conditions
}

function fence(runId: string, lease: CheckedLease): Condition {
  if (lease.runId !== runId) refuse('$.lease.runId', `is '${lease.runId}', but the call is for '${runId}'`)
  return { kind: 'fence', owner: lease.owner, fence: lease.fence }
}
