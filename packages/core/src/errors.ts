import type { Lease } from './models/claim.js'

/** Every code an error of a backend can carry, and whether the same call may succeed when it is simply made again. */
const RETRYABLE = {
  /** The input is wrong; `path` names the field. Nothing was written. */
  VALIDATION: false,
  /** A value cannot be stored; `path` names it. Nothing was written. */
  SERIALIZATION: false,
  /** A stored value cannot be read back (cut off, foreign, an unknown type). */
  DESERIALIZATION: false,
  /** The call needs a record that is not there. */
  NOT_FOUND: false,
  /** `ifVersion` does not match: somebody else wrote first. Load again and decide anew. */
  CONFLICT: false,
  /** Another lease lives; `lease` is the holder's. */
  RUN_CLAIMED: false,
  /** The lease was superseded or released, or its run was deleted: stop working on this run. */
  STALE_LEASE: false,
  /** Another process held the store for longer than the timeout. */
  BUSY: true,
  /** The stored data is damaged, or is not a store of ours. Nothing was changed. */
  CORRUPT: false,
  /** The store was written by a newer version. Nothing was changed. */
  SCHEMA_TOO_NEW: false,
  /** The store needs an upgrade that was not allowed or is not known. Nothing was changed. */
  SCHEMA_OUTDATED: false,
  /** This backend declares in `capabilities` that it cannot do this. */
  NOT_SUPPORTED: false,
  /** A value is larger than `maxPayloadBytes`, or than the store can hold. */
  PAYLOAD_TOO_LARGE: false,
  /** `shutdown()` was called. */
  CLOSED: false,
  /** The connection broke while committing: the write may or may not have happened. Read before writing again. */
  COMMIT_UNKNOWN: false,
  /** The database driver is missing or does not load; the message has the command that mends it. */
  DRIVER: false,
  /** The operating system refused (disk full, no permission, read-only, …). */
  IO: false,
} as const

export type ErrorCode = keyof typeof RETRYABLE

/** All codes, for tables and tests. */
export const ERROR_CODES = Object.keys(RETRYABLE) as readonly ErrorCode[]

export interface ErrorDetails {
  readonly runId?: string | null | undefined
  /** Where in the input or the stored value, for example `$.stepHistory[0].x`. */
  readonly path?: string | undefined
  /** The holder's lease, with `RUN_CLAIMED`. */
  readonly lease?: Lease | undefined
  readonly cause?: unknown
}

// Symbol.for, so that an error from a second installed copy of this package is recognised too.
const BRAND = Symbol.for('flujo-state.StateBackendError')

/** The only error that leaves a backend. Branch on `code`; messages are for people and may change. */
export class StateBackendError extends Error {
  override readonly name: string = 'StateBackendError'
  readonly code: ErrorCode
  /** True if making the same call again, later, may succeed. */
  readonly retryable: boolean
  // `declare`: an error without them has no such property at all.
  declare readonly runId?: string
  declare readonly path?: string
  declare readonly lease?: Lease

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined)
    this.code = code
    this.retryable = RETRYABLE[code]
    if (details.runId != null) this.runId = details.runId
    if (details.path !== undefined) this.path = details.path
    if (details.lease !== undefined) this.lease = details.lease
  }
}
Object.defineProperty(StateBackendError.prototype, BRAND, { value: true })

/**
 * Whether `error` came from a backend (also one that uses another copy of this package), and, if codes are given, whether
 * it carries one of them.
 */
export function isStateBackendError(error: unknown, ...codes: ErrorCode[]): error is StateBackendError {
  if (typeof error !== 'object' || error === null || (error as Record<symbol, unknown>)[BRAND] !== true) return false
  return codes.length === 0 || codes.includes((error as StateBackendError).code)
}

/** The same error with the method's name before its message; what is no `StateBackendError` becomes `IO` with a cause. */
export function errorOfMethod(error: unknown, method: string, runId: string | null): StateBackendError {
  const known = isStateBackendError(error)
  const message = known ? error.message : `unexpected failure: ${messageOf(error)}`
  const named = new StateBackendError(known ? error.code : 'IO', `${method}: ${message}`, {
    runId: known ? (error.runId ?? runId) : runId,
    path: known ? error.path : undefined,
    lease: known ? error.lease : undefined,
    ...(known ? ('cause' in error ? { cause: error.cause } : {}) : { cause: error }),
  })
  if (known && error.stack) named.stack = error.stack.replace(error.message, named.message)
  return named
}

/** The message of anything that was thrown; never throws itself. */
export function messageOf(error: unknown): string {
  try {
    return error instanceof Error ? error.message : String(error)
  } catch {
    return 'a value that cannot be shown was thrown'
  }
}
