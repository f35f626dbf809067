/** The rest of the model: runs, their history, claims and retention, over the model of snapshots. */
import type * as core from '@flujo-state/core'
import {
  type LeaseOption,
  type Record,
  Refusal,
  SnapshotModel,
  type StateOption,
  TERMINAL,
  type VersionOption,
} from './snapshot-model.js'

const HOUR = 3_600_000

export class Model extends SnapshotModel {
  #blankRun(runId: string): NonNullable<Record['run']> {
    const now = this.now()
    const figures = {
      executionTimeMs: null,
      memoryUsageMb: null,
      totalSteps: 0,
      errorMessage: null,
      metadata: {},
      finalContext: null,
    }
    const pipeline = { pipelineId: 'unknown', pipelineName: 'unknown', pipelineVersion: 'latest' }
    return {
      runId,
      ...pipeline,
      status: 'running',
      createdAt: now,
      updatedAt: now,
      endedAt: null,
      ...figures,
      placeholder: true,
    }
  }

  /** What a step, span, evaluation or end needs: a run record, if need be a placeholder. */
  #ensureRun(runId: string): void {
    const record = this.of(runId)
    if (record.run?.placeholder) record.run.updatedAt = this.now()
    if (record.run) return
    record.run = this.#blankRun(runId)
    this.fill(record)
  }

  saveRunStart({ runId, createdAt, ...given }: core.RunStart, options: LeaseOption): Refusal | undefined {
    const refusal = this.judge(runId, options)
    if (refusal) return refusal
    const record = this.of(runId)
    const current = (record.state ?? record.run)?.status ?? 'running'
    const status = given.status ?? current
    const updatedAt = given.updatedAt ?? this.now()
    if (!record.run) {
      record.run = this.#blankRun(runId)
      this.fill(record)
      record.run.placeholder = true
    }
    const { run } = record
    if (run.placeholder) run.createdAt = createdAt ?? this.now()
    run.endedAt = this.endedAtAfter(status, run)
    Object.assign(run, given, { status, updatedAt, placeholder: false })
    this.moveStatus(runId, status, updatedAt)
    return undefined
  }

  saveRunEnd(runId: string, end: core.RunEnd, options: LeaseOption & StateOption): Refusal | 'version' | undefined {
    const refusal = this.judge(runId, options, options.state !== undefined)
    if (refusal) return refusal
    this.#ensureRun(runId)
    const record = this.of(runId)
    const run = record.run as NonNullable<Record['run']>
    const status = end.status ?? (TERMINAL.includes(run.status) ? run.status : 'completed')
    const updatedAt = end.updatedAt ?? this.now()
    const { totalCostUsd, endedAt = this.endedAtAfter(status, run), ...figures } = end
    if (totalCostUsd !== undefined) record.givenCost = totalCostUsd
    Object.assign(run, figures, { status, updatedAt, endedAt: TERMINAL.includes(status) ? endedAt : null })
    this.moveStatus(runId, status, updatedAt)
    if (options.state === undefined) return undefined
    this.patch(runId, options.state)
    return 'version'
  }

  saveStepResult(
    step: core.StepInput,
    options: LeaseOption & VersionOption & StateOption,
  ): Refusal | 'version' | undefined {
    const { runId } = step
    const refusal = this.judge(runId, options, options.state !== undefined)
    if (refusal) return refusal
    this.#ensureRun(runId)
    const { steps } = this.of(runId)
    const executionId = step.executionId ?? String(step.stepIndex)
    const empty = {
      status: 'completed',
      input: null,
      output: null,
      rawResponse: null,
      errorMessage: null,
      costUsd: null,
      tokenCounts: null,
      executionTimeMs: null,
    }
    const record = { ...empty, createdAt: this.now(), ...step, executionId } as core.StepRecord
    const place = steps.findIndex((old) => old.executionId === executionId)
    if (place === -1) steps.push(record)
    else steps[place] = record
    if (options.state === undefined) return undefined
    this.patch(runId, options.state)
    return 'version'
  }

  /** `replace`: as `saveTrace` does. */
  saveSpans(
    runId: string,
    spans: readonly core.SpanInput[],
    options: LeaseOption,
    replace = false,
  ): Refusal | undefined {
    const refusal = this.judge(runId, options)
    if (refusal) return refusal
    if (spans.length === 0) return undefined
    this.#ensureRun(runId)
    const record = this.of(runId)
    if (replace) record.spans.clear()
    const empty = { parentSpanId: null, endTime: null, status: 'running', attributes: {}, events: [] }
    for (const span of spans) record.spans.set(span.spanId, { ...empty, ...span } as core.Span)
    return undefined
  }

  persistEvaluation(runId: string, input: core.EvaluationInput, options: LeaseOption): Refusal | undefined {
    const refusal = this.judge(runId, options)
    if (refusal) return refusal
    this.#ensureRun(runId)
    const empty = { feedback: null, stepName: null, metadata: null }
    this.evaluations.push({ runId, ...empty, ...input, createdAt: this.now() } as core.Evaluation)
    return undefined
  }

  setSystemState(key: string, value: core.StorableObject): undefined {
    this.systemStates.set(key, { key, value, updatedAt: this.now() })
  }

  deleteRun(runId: string, { lease, force }: core.DeleteRunOptions): Refusal | undefined {
    const refusal = this.judge(runId, { lease })
    if (refusal) return refusal
    const held = this.of(runId).lease
    if (!force && this.isLive(held) && held.fence !== lease?.fence) return new Refusal('RUN_CLAIMED')
    this.#forget(runId)
    return undefined
  }

  #forget(runId: string): void {
    this.records.delete(runId)
    for (let index = this.evaluations.length - 1; index >= 0; index--)
      if (this.evaluations[index]?.runId === runId) this.evaluations.splice(index, 1)
  }

  /** Gives the lease with the fence that the store chose, which must be a new one. */
  claimRun(runId: string, { owner, leaseMs }: core.ClaimOptions): Refusal | Omit<core.Lease, 'fence'> {
    if (this.isLive(this.of(runId).lease)) return new Refusal('RUN_CLAIMED')
    return { runId, owner, expiresAt: new Date(this.now().getTime() + leaseMs) }
  }

  renewLease(lease: core.Lease, { leaseMs }: core.RenewOptions): Refusal | core.Lease {
    const refusal = this.judge(lease.runId, { lease })
    if (refusal) return refusal
    const renewed = { ...lease, expiresAt: new Date(this.now().getTime() + leaseMs) }
    this.of(lease.runId).lease = renewed
    return renewed
  }

  releaseLease(lease: core.Lease): Refusal | undefined {
    const refusal = this.judge(lease.runId, { lease })
    if (!refusal) this.of(lease.runId).lease = null
    return refusal ?? undefined
  }

  cleanupOldWorkflows({ daysOld = 30, statuses, dryRun = false }: core.CleanupOptions): number {
    const before = this.now().getTime() - daysOld * 24 * HOUR
    const wanted: readonly string[] = statuses ?? TERMINAL
    const old = [...this.records].filter(([, { state, run, lease }]) => {
      const subject = state ?? run
      if (!subject || this.isLive(lease) || subject.updatedAt.getTime() >= before) return false
      // Placeholders go by age alone, and only when no statuses were named.
      if (state === null && run?.placeholder) return statuses === undefined
      return wanted.includes(subject.status)
    })
    if (!dryRun) for (const [runId] of old) this.#forget(runId)
    return old.length
  }

  /** The message of the backend's own is filled in by whoever reads it. */
  cleanupStaleBackgroundTasks({ staleHours = 24 }: core.StaleOptions): string[] {
    const before = this.now().getTime() - staleHours * HOUR
    const stale = [...this.records].filter(([, { state, lease }]) => {
      const isRunning = state?.isBackgroundTask === true && state.status === 'running'
      return isRunning && state.updatedAt.getTime() < before && !this.isLive(lease)
    })
    for (const [runId, record] of stale) {
      this.moveStatus(runId, 'failed', this.now())
      record.lease = null
    }
    return stale.map(([runId]) => runId)
  }
}
