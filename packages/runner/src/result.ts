import type { StoredObject, WorkflowState } from '@flujo-state/core'
import type { BackgroundTask } from './background.js'
import { isObject } from './check.js'

/** How a run stands when its worker is done with it. */
export type RunResult<Output = unknown> = {
  readonly runId: string
  /** Those that this work has started. Wait for their `result`s before shutting the backend down. */
  readonly backgroundTasks: readonly BackgroundTask[]
} & (
  | { readonly status: 'completed'; readonly output: Output }
  | {
      readonly status: 'paused'
      readonly output: null
      readonly stepName: string
      /** What the step waits for, or which signal stopped the run. */
      readonly reason: string
      readonly by: PausedBy
    }
  | {
      readonly status: 'failed'
      readonly output: null
      readonly errorMessage: string
      /** What the step threw, if it was in this process. */
      readonly error: unknown
    }
  /** Somebody else ended it. */
  | { readonly status: 'cancelled'; readonly output: null }
)

/** A step (`ctx.pause`), the `signal` that told this worker to stop, or somebody else who changed the run's status. */
export type PausedBy = 'step' | 'signal' | 'other'

/** Where the metadata of a paused run says why it is paused, so that lists can show it. Taken away on resume. */
export const PAUSE_KEY = 'flujo.pause'

export interface PauseNote {
  readonly stepName: string
  readonly reason: string
  readonly by: PausedBy
}

/** Why a paused run is paused; null for others, and if it was not the runner that paused it. */
export function pauseNote(state: Pick<WorkflowState, 'status' | 'metadata'>): PauseNote | null {
  const note: unknown = state.metadata[PAUSE_KEY]
  return state.status === 'paused' && isObject(note) ? (note as unknown as PauseNote) : null
}

export function withoutPause(metadata: StoredObject): StoredObject {
  const { [PAUSE_KEY]: _note, ...rest } = metadata
  return rest
}

/** The result of a run that is not running, from what is stored of it. */
export function storedResult<Output>(state: WorkflowState): RunResult<Output> {
  const { runId } = state
  const backgroundTasks: readonly BackgroundTask[] = []
  switch (state.status) {
    case 'completed':
      return { runId, backgroundTasks, status: 'completed', output: state.lastStepOutput as Output }
    case 'failed': {
      const errorMessage = state.errorMessage ?? state.backgroundError ?? 'the run was marked as failed'
      return { runId, backgroundTasks, status: 'failed', output: null, errorMessage, error: null }
    }
    case 'cancelled':
      return { runId, backgroundTasks, status: 'cancelled', output: null }
    default: {
      const note = pauseNote(state) ?? { stepName: '', reason: 'paused from outside', by: 'other' as const }
      return { runId, backgroundTasks, status: 'paused', output: null, ...note }
    }
  }
}
