import {
  isStateBackendError,
  type Lease,
  type StateBackend,
  StateBackendError,
  type Storable,
  type StoredObject,
  type WorkflowState,
  type WorkflowStatePatch,
  type WorkflowStatus,
  type Written,
} from '@flujo-state/core'
import type { BackgroundTask } from './background.js'
import { messageOf } from './check.js'
import type { Claim } from './claim.js'
import type { AnyWorkflow } from './define.js'
import type { Environment } from './options.js'
import type { ProgressNews } from './progress.js'
import { withoutPause } from './result.js'
import { persist } from './retry.js'
import { type OpenSpan, type RunTrace, withoutEvents } from './trace.js'

/** Where a run stands: what is stored of it that its worker needs to go on. */
export interface Position {
  /** The step to do next. */
  stepIndex: number
  /** What the steps before have left. */
  context: StoredObject
  input: Storable
  metadata: StoredObject
  /** Of the snapshot. */
  version: number
  /** Milliseconds that executions have taken so far, in all processes. */
  workedMs: number
  readonly isBackgroundTask: boolean
  /** Answers that the next step has been given to its `pause` calls, and what its earlier executions cost. */
  answers: readonly Storable[]
  costUsd: number | null
  tokenCounts: number | null
}

interface SessionParts {
  readonly environment: Environment
  readonly workflow: AnyWorkflow
  readonly runId: string
  readonly claim: Claim
  readonly trace: RunTrace
  readonly position: Position
}

type LeaseOption = { readonly lease: Lease }

/** One worker's work on one run, from the claim to its release; the only way by which it writes. */
export class Session {
  readonly environment: Environment
  readonly workflow: AnyWorkflow
  readonly runId: string
  readonly claim: Claim
  readonly trace: RunTrace
  readonly position: Position
  readonly backgroundTasks: BackgroundTask[] = []
  /** The status that somebody else gave the run meanwhile: it stays, and this worker stops. */
  overruledBy: WorkflowStatus | null = null

  constructor(parts: SessionParts) {
    this.environment = parts.environment
    this.workflow = parts.workflow
    this.runId = parts.runId
    this.claim = parts.claim
    this.trace = parts.trace
    this.position = parts.position
  }

  get backend(): StateBackend {
    return this.environment.backend
  }

  /** Aborts when the lease is lost or the work should stop. */
  get signal(): AbortSignal {
    return this.claim.signal
  }

  now(): number {
    return this.environment.clock.now()
  }

  addTask(task: BackgroundTask): void {
    if (!this.backgroundTasks.some(({ runId }) => runId === task.runId)) this.backgroundTasks.push(task)
  }

  tell(news: ProgressNews): void {
    try {
      this.environment.onProgress({ ...news, runId: this.runId, workflowName: this.workflow.name })
    } catch {
      // A listener is not part of the work.
    }
  }

  /** A write under the lease, made again while the store is busy. */
  async write<T>(write: (options: LeaseOption) => Promise<T>): Promise<T> {
    try {
      return await persist(() => write({ lease: this.claim.keeper.lease }))
    } catch (error) {
      this.claim.keeper.notice(error)
      throw error
    }
  }

  /** What a step has put into its spans must not cost its result: events that cannot be stored are left out. */
  async saveSpans(spans: readonly OpenSpan[]): Promise<void> {
    const save = (spans: readonly OpenSpan[]) => this.write((lease) => this.backend.saveSpans(this.runId, spans, lease))
    try {
      await save(spans)
    } catch (error) {
      if (!isFaultOfStep(error)) throw error
      await save(spans.map((span) => withoutEvents(span, messageOf(error))))
    }
  }

  /**
   * A write that changes the snapshot. It is made at the version that this worker knows; if somebody else was there
   * meanwhile it is made again at theirs, and a status they gave is kept: `patch` is called for each try.
   */
  async change(
    patch: () => WorkflowStatePatch,
    write: (patch: WorkflowStatePatch, options: LeaseOption & { readonly ifVersion: number }) => Promise<Written>,
  ): Promise<void> {
    for (;;) {
      const { status, ...rest } = patch()
      const wanted = status === undefined || this.overruledBy !== null ? rest : { ...rest, status }
      const ifVersion = this.position.version
      try {
        const { version } = await this.write((lease) => write(wanted, { ...lease, ifVersion }))
        this.position.version = version
        return
      } catch (error) {
        if (!isStateBackendError(error, 'CONFLICT')) throw error
        const state = await this.load()
        if (state.version === ifVersion) throw error
        this.#follow(state)
      }
    }
  }

  #follow({ version, status, metadata }: WorkflowState): void {
    this.position.version = version
    this.position.metadata = withoutPause(metadata)
    if (status !== 'running') this.overruledBy = status
  }

  /** Context and input as they are stored, for another attempt. */
  async reload(): Promise<void> {
    const state = await this.load()
    this.position.context = state.pipelineContext
    this.position.input = state.lastStepOutput
  }

  async load(): Promise<WorkflowState> {
    const state = await this.backend.loadState(this.runId)
    if (state !== null) return state
    throw new StateBackendError('NOT_FOUND', 'the snapshot was deleted while the run was worked on; the work stops', {
      runId: this.runId,
    })
  }
}

/** Errors of a write that only say that the step gave what cannot be stored: its failure, not the store's. */
export function isFaultOfStep(error: unknown): boolean {
  return isStateBackendError(error, 'SERIALIZATION', 'PAYLOAD_TOO_LARGE', 'VALIDATION')
}

/** Waits for writes that were begun in one turn of the event loop (they share a commit); the first failure counts. */
export async function together(...writes: readonly Promise<unknown>[]): Promise<void> {
  const outcomes = await Promise.allSettled(writes)
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
}
