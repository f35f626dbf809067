import type { Lease } from '../models/claim.js'
import type { LeaseRow } from '../records.js'

/** A stored lease as callers see it. */
export function leaseFromRow(row: LeaseRow): Lease {
  return { runId: row.runId, owner: row.owner, fence: row.fence, expiresAt: new Date(row.expiresAt) }
}
