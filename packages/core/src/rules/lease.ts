import { MAX_TIME } from '../models/common.js'
import type { LeaseRow } from '../records.js'

/** A lease lives while now is before its end. */
export function isLive(lease: LeaseRow | null, now: number): lease is LeaseRow {
  return lease !== null && now < lease.expiresAt
}

/** When a term of `leaseMs` milliseconds that begins now ends: whole milliseconds, at least one, never later than a time can be. */
export function leaseEnd(now: number, leaseMs: number): number {
  return Math.min(MAX_TIME, now + Math.ceil(leaseMs))
}
