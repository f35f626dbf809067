import type { WorkflowStatus } from '../models/common.js'
import type { RunPatchRow, RunRow, RunSummaryRow, StatePatchRow } from '../records.js'
import { EMPTY_SUM } from '../rules/exact-sum.js'
import { endedAtAfter } from '../rules/status.js'
import type { Counters, RunHead, StateHead, Write } from '../state-store.js'

/** A unit being decided: the run as it would be after the writes so far, and those writes. */
export class Work {
  readonly writes: Write[] = []
  readonly now: number
  readonly runId: string
  readonly emptyObject: string
  state: RunHead['state']
  historyLength: number
  run: RunHead['run']
  lease: RunHead['lease']
  step: RunHead['step']
  counters: Counters
  readonly #stored: StateHead | null

  constructor(runId: string, head: RunHead, now: number, emptyObject: string) {
    this.runId = runId
    this.now = now
    this.emptyObject = emptyObject
    this.state = head.state
    this.historyLength = head.historyLength
    this.run = head.run
    this.lease = head.lease
    this.step = head.step
    this.counters = head.counters
    this.#stored = head.state
  }

  /** The version that this unit gives to the snapshot: one more than before, also past a deletion; the same for all its changes. */
  nextVersion(): number {
    return (this.#stored?.version ?? this.counters.version) + 1
  }

  /** The snapshot's new `updatedAt`: now, unless one was given that is not the stored one (a loaded snapshot is saved back). */
  updatedAt(given: number | null | undefined): number {
    return given == null || given === this.#stored?.updatedAt ? this.now : given
  }

  raise(counter: keyof Counters, to: number): void {
    if (this.counters[counter] >= to) return
    this.writes.push({ kind: 'raise-counter', counter, to })
    this.counters = { ...this.counters, [counter]: to }
  }

  /** Changes columns of the snapshot; joins a change that the unit made just before. */
  patchState(state: StateHead, set: StatePatchRow): void {
    const version = this.nextVersion()
    const last = this.writes.at(-1)
    if (last?.kind === 'patch-state')
      this.writes[this.writes.length - 1] = { ...last, set: { ...last.set, ...set, version } }
    else this.writes.push({ kind: 'patch-state', runId: this.runId, set: { ...set, version } })
    this.state = { ...state, ...set, version }
  }

  patchRun(old: RunSummaryRow, set: RunPatchRow): RunSummaryRow {
    const run = { ...old, ...set }
    const last = this.writes.at(-1)
    if (last?.kind === 'patch-run') this.writes[this.writes.length - 1] = { ...last, set: { ...last.set, ...set } }
    else this.writes.push({ kind: 'patch-run', runId: this.runId, set })
    this.run = run
    return run
  }

  putRun(run: RunRow): RunRow {
    this.writes.push({ kind: 'put-run', row: run })
    this.run = run
    return run
  }

  /** The run's one status moved with its snapshot: the run record follows. */
  moveRunStatus(status: WorkflowStatus, updatedAt: number): void {
    const run = this.run
    if (run === null || run.status === status) return
    this.patchRun(run, { status, updatedAt, endedAt: endedAtAfter(status, run, this.now) })
  }

  /** The run's one status moved with its record: the snapshot follows. */
  moveStateStatus(status: WorkflowStatus, updatedAt: number): void {
    const state = this.state
    if (state !== null && state.status !== status) this.patchState(state, { status, updatedAt })
  }

  /**
   * The run record that a step, span, evaluation or end belongs to. Nobody started it: with a snapshot it is filled from
   * that, else it is a placeholder, which ages from its last write.
   */
  ensureRun(): RunSummaryRow {
    const { run } = this
    if (run === null) return this.putRun(this.#newRun())
    return run.placeholder && run.updatedAt !== this.now ? this.patchRun(run, { updatedAt: this.now }) : run
  }

  /** A snapshot fills the run's placeholder and takes the mark off. */
  fillPlaceholder(run: RunSummaryRow, state: StateHead): void {
    this.patchRun(run, this.#fromState(state))
  }

  #newRun(): RunRow {
    const { state } = this
    return { ...this.#blankRun(), ...(state && this.#fromState(state)) }
  }

  #fromState(state: StateHead) {
    const { pipelineId, pipelineName, pipelineVersion, status, createdAt, updatedAt } = state
    const endedAt = endedAtAfter(status, this.run, this.now)
    return { pipelineId, pipelineName, pipelineVersion, status, createdAt, updatedAt, endedAt, placeholder: false }
  }

  #blankRun(): RunRow {
    return {
      runId: this.runId,
      pipelineId: 'unknown',
      pipelineName: 'unknown',
      pipelineVersion: 'latest',
      status: 'running',
      createdAt: this.now,
      updatedAt: this.now,
      endedAt: null,
      executionTimeMs: null,
      memoryUsageMb: null,
      totalSteps: 0,
      totalCostUsd: null,
      stepCosts: EMPTY_SUM,
      errorMessage: null,
      metadata: this.emptyObject,
      placeholder: true,
      finalContext: null,
    }
  }

  /** Starts the record of a run that has none, or fills a placeholder. */
  startRun(set: RunPatchRow, status: WorkflowStatus): void {
    const { run } = this
    const row = {
      ...set,
      status,
      createdAt: set.createdAt ?? this.now,
      updatedAt: set.updatedAt ?? this.now,
      endedAt: endedAtAfter(status, run, this.now),
      placeholder: false,
    }
    if (run === null) this.putRun({ ...this.#newRun(), ...row })
    else this.patchRun(run, row)
  }
}
