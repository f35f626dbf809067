import type { StorableObject } from '@flujo-state/core'
import type { PausedBy } from './result.js'

/** What happens in a run while this process works on it, told to `onProgress`. */
export type ProgressEvent = { readonly runId: string; readonly workflowName: string } & (
  | { readonly type: 'run-started' | 'run-resumed'; readonly stepIndex: number; readonly totalSteps: number }
  | {
      readonly type: 'step-started'
      readonly stepName: string
      readonly stepIndex: number
      readonly totalSteps: number
    }
  | {
      readonly type: 'step-completed'
      readonly stepName: string
      readonly stepIndex: number
      readonly totalSteps: number
      /** Milliseconds. */
      readonly executionTimeMs: number
    }
  | {
      readonly type: 'attempt-failed'
      readonly stepName: string
      readonly stepIndex: number
      readonly attempt: number
      readonly retriesLeft: number
      readonly error: unknown
    }
  /** `ctx.log` of a step. */
  | {
      readonly type: 'log'
      readonly stepName: string
      readonly stepIndex: number
      readonly message: string
      readonly attributes: StorableObject
    }
  | { readonly type: 'run-paused'; readonly stepName: string; readonly reason: string; readonly by: PausedBy }
  | { readonly type: 'run-failed'; readonly errorMessage: string }
  | { readonly type: 'run-completed' | 'run-cancelled' }
)

/** An event without what is the same for all events of a run. */
export type ProgressNews = ProgressEvent extends infer E
  ? E extends ProgressEvent
    ? Omit<E, 'runId' | 'workflowName'>
    : never
  : never

export type ProgressListener = (event: ProgressEvent) => void
