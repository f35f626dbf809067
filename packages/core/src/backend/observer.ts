import type { ErrorCode } from '../errors.js'
import type { StateBackend } from '../state-backend.js'

type MethodName = {
  [K in keyof StateBackend]: StateBackend[K] extends (...args: never) => unknown ? K : never
}[keyof StateBackend]

/** One operation, told when it has ended; or one deletion, told for each run, so that an audit log can be kept. */
export interface ObserverEvent {
  readonly name: Exclude<MethodName, symbol> | 'run.deleted' | 'state.deleted'
  readonly runId: string | null
  readonly durationMs: number
  /** Records returned by a read, runs or records changed by a write. */
  readonly rows: number
  /** UTF-8 bytes of the payloads that were encoded or decoded. */
  readonly bytes: number
  /** How often the store waited for somebody else's lock meanwhile. */
  readonly waits: number
  /** Why it failed; null if it did not. */
  readonly code: ErrorCode | null
}

/** Called synchronously; what it throws is ignored. */
export type Observer = (event: ObserverEvent) => void

/** Tells the observer; its failure is no failure of the operation, which is done. */
export function tell(observer: Observer, event: ObserverEvent): void {
  try {
    observer(event)
  } catch {
    // An observer harms nothing: there is nobody to tell that it threw.
  }
}
