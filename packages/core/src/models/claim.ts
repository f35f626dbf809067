import { z } from 'zod'
import { count, identifier, milliseconds, time, wholeNumber } from './common.js'

/** The right to work on a run, for a time. Hand it to every write of that work. */
export interface Lease {
  readonly runId: string
  readonly owner: string
  /** Grows with every claim in the store; the store refuses the writes of an older one. */
  readonly fence: number
  /** The lease lives while now is before this. */
  readonly expiresAt: Date
}

export const lease = z.strictObject({ runId: identifier, owner: identifier, fence: wholeNumber(1), expiresAt: time })

export const claimOptions = z.strictObject({ owner: identifier, leaseMs: milliseconds })
export const renewOptions = z.strictObject({ leaseMs: milliseconds })

/** Who asks for a run, and for how many milliseconds (> 0). */
export type ClaimOptions = z.input<typeof claimOptions>
export type RenewOptions = z.input<typeof renewOptions>

/** Options of every write that belongs to a run. */
export const writeOptions = z.strictObject({ lease: lease.optional() })
/** Options of the writes that can also ask for a version. */
export const versionedOptions = z.strictObject({ lease: lease.optional(), ifVersion: count.optional() })

/** Of the writes that may carry a snapshot patch, which is checked by itself. */
const withState = { state: z.unknown().optional() }
export const writeOptionsWithState = writeOptions.extend(withState)
export const versionedOptionsWithState = versionedOptions.extend(withState)

export interface WriteOptions {
  /** Refuse with `STALE_LEASE` unless this lease is still the run's latest. Without one the write passes. */
  readonly lease?: Lease | undefined
}
export interface VersionedOptions extends WriteOptions {
  /** Refuse with `CONFLICT` unless the snapshot has this version (0: must not exist). */
  readonly ifVersion?: number | undefined
}
export const deleteRunOptions = z.strictObject({ lease: lease.optional(), force: z.boolean().optional() })
export interface DeleteRunOptions extends WriteOptions {
  /** Delete even while a lease lives. */
  readonly force?: boolean | undefined
}
