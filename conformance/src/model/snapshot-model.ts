/**
 * What a store should hold, written from the contract alone: plain maps and plain values, no storage, no encoding, no queue. Every
 * backend is compared with it, core's rules too, so nothing of core is used here but types.
 */
import type * as core from '@flujo-state/core'

type State = Omit<core.WorkflowState, 'version'>

/** Everything under one run id. */
export interface Record {
  state: State | null
  run: Omit<core.Run, 'totalCostUsd'> | null
  /** What `saveRunEnd` was given; null: the sum of the steps. */
  givenCost: number | null
  /** In the order of first saving. */
  steps: core.StepRecord[]
  spans: Map<string, core.Span>
  /** The latest lease, also after its end. */
  lease: core.Lease | null
}

/** How a call is refused. */
export class Refusal {
  readonly code: core.ErrorCode
  constructor(code: core.ErrorCode) {
    this.code = code
  }
}

export const TERMINAL: readonly string[] = ['completed', 'failed', 'cancelled']

export type LeaseOption = { readonly lease?: core.Lease | undefined }
export type VersionOption = { readonly ifVersion?: number | undefined }
export type StateOption = { readonly state?: core.WorkflowStatePatch | undefined }

export class SnapshotModel {
  readonly records = new Map<string, Record>()
  /** In the order of saving. */
  readonly evaluations: Omit<core.Evaluation, 'evaluationId'>[] = []
  readonly systemStates = new Map<string, core.SystemState>()
  /** Runs whose snapshot must have a new version after the call that was last made. */
  readonly moved = new Set<string>()
  /** The last version seen of each run id, also past deletions. */
  readonly versions = new Map<string, number>()
  /** The greatest fence seen. */
  fence = 0
  protected readonly now: () => Date

  constructor(now: () => Date) {
    this.now = now
  }

  /** The record of the id; one that is made here and stays empty is nothing. */
  of(runId: string): Record {
    const record = this.records.get(runId) ?? {
      state: null,
      run: null,
      givenCost: null,
      steps: [],
      spans: new Map(),
      lease: null,
    }
    this.records.set(runId, record)
    return record
  }

  isLive(lease: core.Lease | null): lease is core.Lease {
    return lease !== null && this.now() < lease.expiresAt
  }

  protected judge(runId: string, options: LeaseOption & VersionOption, needsState = false): Refusal | null {
    const { lease, state } = this.of(runId)
    if (options.lease && options.lease.fence !== lease?.fence) return new Refusal('STALE_LEASE')
    if (needsState && state === null) return new Refusal('NOT_FOUND')
    const version = state === null ? 0 : this.versions.get(runId)
    return options.ifVersion === undefined || options.ifVersion === version ? null : new Refusal('CONFLICT')
  }

  /** Both records carry the one status of the run. */
  protected moveStatus(runId: string, status: core.WorkflowStatus, updatedAt: Date): void {
    const { state, run } = this.of(runId)
    if (run && run.status !== status) {
      run.endedAt = this.endedAtAfter(status, run)
      Object.assign(run, { status, updatedAt })
    }
    if (state && state.status !== status) {
      this.moved.add(runId)
      Object.assign(state, { status, updatedAt })
    }
  }

  protected endedAtAfter(
    status: core.WorkflowStatus,
    run: { status: core.WorkflowStatus; endedAt: Date | null } | null,
  ): Date | null {
    if (!TERMINAL.includes(status)) return null
    return run && TERMINAL.includes(run.status) ? run.endedAt : this.now()
  }

  saveState(runId: string, input: core.WorkflowStateInput, options: LeaseOption & VersionOption): Refusal | 'version' {
    const refusal = this.judge(runId, options)
    if (refusal) return refusal
    const record = this.of(runId)
    const { state: old, run } = record
    record.state = {
      lastStepOutput: null,
      stepHistory: [],
      totalSteps: 0,
      errorMessage: null,
      executionTimeMs: null,
      memoryUsageMb: null,
      metadata: run?.metadata ?? {},
      isBackgroundTask: false,
      parentRunId: null,
      taskId: null,
      backgroundError: null,
      createdAt: old?.createdAt ?? this.now(),
      ...input,
      runId,
      updatedAt: this.updatedAtAfter(input.updatedAt, old),
    } as State
    this.moved.add(runId)
    if (run?.placeholder) this.fill(record)
    else this.moveStatus(runId, record.state.status, record.state.updatedAt)
    return 'version'
  }

  protected updatedAtAfter(given: Date | undefined, old: State | null): Date {
    return given === undefined || given.getTime() === old?.updatedAt.getTime() ? this.now() : given
  }

  protected fill(record: Record): void {
    const { state, run } = record
    if (!state || !run) return
    const { pipelineId, pipelineName, pipelineVersion, status, createdAt, updatedAt } = state
    const endedAt = this.endedAtAfter(status, run)
    Object.assign(run, {
      pipelineId,
      pipelineName,
      pipelineVersion,
      status,
      createdAt,
      updatedAt,
      endedAt,
      placeholder: false,
    })
  }

  updateState(
    runId: string,
    patch: core.WorkflowStatePatch,
    options: LeaseOption & VersionOption,
  ): Refusal | 'version' {
    const refusal = this.judge(runId, options, true)
    if (refusal) return refusal
    this.patch(runId, patch)
    return 'version'
  }

  protected patch(runId: string, { appendStepHistory, ...patch }: core.WorkflowStatePatch): void {
    const record = this.of(runId)
    if (!record.state) return
    const updatedAt = this.updatedAtAfter(patch.updatedAt, record.state)
    const stepHistory = [...(patch.stepHistory ?? record.state.stepHistory), ...(appendStepHistory ?? [])]
    record.state = { ...record.state, ...(patch as State), stepHistory, updatedAt }
    this.moved.add(runId)
    this.moveStatus(runId, record.state.status, updatedAt)
  }

  deleteState(runId: string, options: LeaseOption): Refusal | undefined {
    const refusal = this.judge(runId, options)
    if (!refusal) this.of(runId).state = null
    return refusal ?? undefined
  }
}
