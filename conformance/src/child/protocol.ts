/** What the suite and its child processes say to each other. Messages are copied as by `structuredClone`. */
import { type ErrorCode, isStateBackendError, type Lease, StateBackendError } from '@flujo-state/core'
import { show } from '../show.js'

/** One call of a backend, as data. */
export interface Call {
  readonly method: string
  readonly args: readonly unknown[]
}

export type Request =
  /** Import the module and open an instance; it is known by the message's number from then on. */
  | {
      readonly kind: 'open'
      readonly module: string
      readonly exportName: string
      readonly storageKey: string
      readonly args: unknown
    }
  /** Make the calls one after the other; each one that succeeds is told at once. */
  | { readonly kind: 'calls'; readonly instance: number; readonly calls: readonly Call[] }
  /** Forget the instance; what it holds is let go by its `shutdown`, called before. */
  | { readonly kind: 'forget'; readonly instance: number }
  /** Nothing more will come: the process may end, and must be able to. */
  | { readonly kind: 'leave' }

export interface ToChild {
  readonly id: number
  /** The time of the suite's clock in milliseconds. */
  readonly now: number
  readonly request: Request
}

export type ToParent =
  /** Call number `done` of the request has succeeded. */
  | { readonly id: number; readonly done: number; readonly value: unknown }
  | { readonly id: number; readonly ended: unknown }
  | { readonly id: number; readonly failed: SentError }

export type SentError =
  | {
      readonly code: ErrorCode
      readonly message: string
      readonly details: { runId?: string; path?: string; lease?: Lease }
    }
  | { readonly code: null; readonly message: string }

export function packError(error: unknown): SentError {
  if (!isStateBackendError(error))
    return { code: null, message: error instanceof Error ? `${error.stack}` : `it threw ${show(error)}` }
  const { code, message, runId, path, lease } = error
  const details = {
    ...(runId !== undefined && { runId }),
    ...(path !== undefined && { path }),
    ...(lease && { lease }),
  }
  return { code, message, details }
}

export function unpackError(sent: SentError): Error {
  if (sent.code === null) return new Error(`in the child process: ${sent.message}`)
  return new StateBackendError(sent.code, sent.message, sent.details)
}
