/** The raw controls: what a good programmer would write for this one purpose, without checks, codec, versions or leases. */
import type { StatusCounts, WorkflowStatus } from '@flujo-state/core'
import type { PlainState, PlainStep } from '../content.js'
import type { MaybePromise } from '../harness/contest.js'

export interface Entry {
  readonly runId: string
  readonly state: PlainState
}

/** What the controls can read of a snapshot; ours give more. */
export type Loaded = Pick<PlainState, 'pipelineContext' | 'lastStepOutput' | 'stepHistory' | 'metadata'>

export interface Stats {
  readonly totalWorkflows: number
  readonly statusCounts: StatusCounts
  readonly recentWorkflows24h: number
  readonly averageExecutionTimeMs: number
}

/** What the snapshot becomes with a step; its history grows by `item`. */
export interface StepChange {
  readonly currentStepIndex: number
  readonly lastStepOutput: PlainState['lastStepOutput']
  readonly item: PlainState['stepHistory'][number]
}

/** Keeps whole snapshots: what a control, and a peer, must be able to do. */
export interface Snapshots {
  /** Inserts or replaces a snapshot as a whole, its history included; durable when done. */
  save(runId: string, state: PlainState): MaybePromise<unknown>
  load(runId: string): MaybePromise<Loaded | null>
  /** How many snapshots there are. */
  count(): MaybePromise<number>
  close(): MaybePromise<void>
}

export interface Control extends Snapshots {
  /** Many snapshots with one commit, where there is such a thing; durable when done. */
  saveAll(entries: readonly Entry[]): MaybePromise<unknown>
  /** A step's record, the changed fields of the snapshot and the new item of its history: only what changed; durable when done. */
  saveStep(step: PlainStep, change: StepChange): MaybePromise<unknown>
  countSteps(runId: string): MaybePromise<number>
}

/** Lists and counts over many snapshots. */
export interface ListControl {
  /** The newest summaries with this status. */
  newest(status: WorkflowStatus, limit: number): MaybePromise<readonly Listed[]>
  /** `recentFrom`: the time from which snapshots are recent. */
  stats(recentFrom: number): MaybePromise<Stats>
  close(): MaybePromise<void>
}

/** What is found out about a list: which runs, in which order. */
export interface Listed {
  readonly runId: string
}

/** Counts by looking at every row, for controls without a query language. */
export function recount(
  rows: Iterable<Pick<PlainState, 'status' | 'createdAt'> & { executionTimeMs?: number | null | undefined }>,
  recentFrom: number,
): Stats {
  const statusCounts = { running: 0, paused: 0, completed: 0, failed: 0, cancelled: 0 }
  let [totalWorkflows, recentWorkflows24h, timed, time] = [0, 0, 0, 0]
  for (const { status, createdAt, executionTimeMs } of rows) {
    totalWorkflows += 1
    statusCounts[status] += 1
    if (createdAt.getTime() >= recentFrom) recentWorkflows24h += 1
    if (executionTimeMs == null) continue
    timed += 1
    time += executionTimeMs
  }
  return { totalWorkflows, statusCounts, recentWorkflows24h, averageExecutionTimeMs: timed === 0 ? 0 : time / timed }
}

/** Newest first, ties by id descending, as all lists are. */
export function newestFirst<T extends { readonly runId: string; readonly createdAt: Date }>(rows: readonly T[]): T[] {
  return [...rows].sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime() || (a.runId < b.runId ? 1 : -1))
}
