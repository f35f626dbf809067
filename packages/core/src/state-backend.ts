import type { Capabilities } from './capabilities.js'
import type {
  ClaimOptions,
  DeleteRunOptions,
  Lease,
  RenewOptions,
  VersionedOptions,
  WriteOptions,
} from './models/claim.js'
import type { Evaluation, EvaluationFilter, EvaluationInput } from './models/evaluation.js'
import type { Run, RunEnd, RunFilter, RunStart, RunSummary } from './models/run.js'
import type { StepInput, StepRecord } from './models/step.js'
import type { StorableObject } from './models/storable.js'
import type { SystemState } from './models/system-state.js'
import type {
  Span,
  SpanFilter,
  SpanInput,
  SpanNode,
  SpanNodeInput,
  SpanStatistics,
  SpanStatisticsFilter,
} from './models/trace.js'
import type {
  BackgroundTaskFilter,
  CleanupOptions,
  FailedFilter,
  FailedTaskFilter,
  StaleOptions,
  StateFilter,
  StateListItem,
  WorkflowFilter,
  WorkflowState,
  WorkflowStateInput,
  WorkflowStatePatch,
  WorkflowStats,
  WorkflowSummary,
} from './models/workflow-state.js'

/** The version of the snapshot after a write. */
export interface Written {
  readonly version: number
}
/** A snapshot change that shares the commit of a step or a run's end. Without a snapshot: `NOT_FOUND`, nothing is written. */
export interface WithState {
  readonly state: WorkflowStatePatch
}

/** The snapshots that runs resume from. */
export interface Snapshots {
  /**
   * Inserts the snapshot or replaces it as a whole. Moves the status in the run record too, fills a placeholder run, makes no
   * run record of its own.
   * @throws `CONFLICT` if `ifVersion` does not match, `STALE_LEASE`
   */
  saveState(runId: string, state: WorkflowStateInput, options?: VersionedOptions): Promise<Written>
  /**
   * Changes only the fields given. Costs the same however long the history is.
   * @throws `NOT_FOUND` if there is no snapshot, `CONFLICT`, `STALE_LEASE`
   */
  updateState(runId: string, patch: WorkflowStatePatch, options?: VersionedOptions): Promise<Written>
  /** The snapshot, a copy of its own, or null. */
  loadState(runId: string): Promise<WorkflowState | null>
  /** Removes the snapshot only; no error when there is none. */
  deleteState(runId: string, options?: WriteOptions): Promise<void>
  /** Newest `createdAt` first, ties by `runId` descending (code points), as in all lists. */
  listStates(filter?: StateFilter): Promise<StateListItem[]>
  /** Summaries, newest `createdAt` first. Filters combine; `createdAfter <= createdAt < createdBefore`. */
  listWorkflows(filter?: WorkflowFilter): Promise<WorkflowSummary[]>
  /** Counts over all snapshots. */
  getWorkflowStats(): Promise<WorkflowStats>
  /** Status `failed` and `updatedAt >= now - hoursBack` (24), newest `updatedAt` first. */
  getFailedWorkflows(filter?: FailedFilter): Promise<WorkflowSummary[]>
  /**
   * Deletes everything of each run whose status is one of `statuses` (the terminal ones, and placeholder runs), whose
   * `updatedAt < now - daysOld` (30) and which has no live lease. In batches, each run judged again in the atomic step that
   * deletes it. Gives the number of runs deleted (`dryRun`: that would be); when `signal` aborts, the count so far.
   */
  cleanupOldWorkflows(options?: CleanupOptions): Promise<number>
  /**
   * Gives freed space back to the file system where the store can.
   * @throws `BUSY` while another instance or process has the store open
   */
  compact(): Promise<void>
}

/** Snapshots with `isBackgroundTask`. */
export interface BackgroundTasks {
  /** Newest `updatedAt` first. */
  listBackgroundTasks(filter?: BackgroundTaskFilter): Promise<WorkflowSummary[]>
  /** Status `failed` and `updatedAt >= now - hoursBack` (24), newest `updatedAt` first. */
  getFailedBackgroundTasks(filter?: FailedTaskFilter): Promise<WorkflowSummary[]>
  /**
   * Running tasks with `updatedAt < now - staleHours` (24) and no live lease become `failed` with a `backgroundError`, and a
   * late worker's lease becomes stale. Gives how many; with several callers each task is settled once.
   */
  cleanupStaleBackgroundTasks(options?: StaleOptions): Promise<number>
}

/** The history of runs, apart from the snapshots; a run has one status in both. */
export interface Runs {
  /**
   * Starts a run or changes its record; the first call fixes `createdAt`, later ones change the fields given. An omitted
   * status is `running`, but changes nothing on a run that is paused or terminal.
   * @throws `STALE_LEASE`
   */
  saveRunStart(run: RunStart, options?: WriteOptions): Promise<void>
  /**
   * Ends a run (`status`: 'completed' unless it is already terminal): fields left out keep their value, null clears.
   * @throws `STALE_LEASE`; with `state`: `NOT_FOUND` without a snapshot
   */
  saveRunEnd(runId: string, end: RunEnd, options: WriteOptions & WithState): Promise<Written>
  saveRunEnd(runId: string, end: RunEnd, options?: WriteOptions): Promise<void>
  getRunDetails(runId: string): Promise<Run | null>
  /** Run records, newest `createdAt` first, without `finalContext`. */
  listRuns(filter?: RunFilter): Promise<RunSummary[]>
  /**
   * Removes everything that belongs to the id, at once; the id starts clean afterwards.
   * @throws `RUN_CLAIMED` while somebody else's lease lives, unless `force`
   */
  deleteRun(runId: string, options?: DeleteRunOptions): Promise<void>
}

export interface Steps {
  /**
   * Inserts or replaces the step record of (`runId`, `executionId`). With `state`, step and snapshot change together.
   * @throws `STALE_LEASE`, `CONFLICT`; with `state`: `NOT_FOUND` without a snapshot
   */
  saveStepResult(step: StepInput, options: VersionedOptions & WithState): Promise<Written>
  saveStepResult(step: StepInput, options?: VersionedOptions): Promise<void>
  /** By `stepIndex`, then in the order of first saving; empty for an unknown run. */
  listRunSteps(runId: string): Promise<StepRecord[]>
}

export interface Traces {
  /** Replaces the run's spans by this tree; position decides the parent. @throws `STALE_LEASE` */
  saveTrace(runId: string, root: SpanNodeInput, options?: WriteOptions): Promise<void>
  /** Inserts or replaces spans by `spanId`; an empty array does nothing. @throws `STALE_LEASE` */
  saveSpans(runId: string, spans: readonly SpanInput[], options?: WriteOptions): Promise<void>
  /**
   * The tree, children by `startTime`, then `spanId`; null without spans. Several roots come under a synthetic one
   * (`spanId` '', `name` 'trace', `status` 'synthetic').
   */
  getTrace(runId: string): Promise<SpanNode | null>
  /** Flat, by `startTime`, then `spanId`. */
  getSpans(runId: string, filter?: SpanFilter): Promise<Span[]>
  /** Counts and durations of ended spans. */
  getSpanStatistics(filter?: SpanStatisticsFilter): Promise<SpanStatistics>
}

export interface Evaluations {
  /** Adds an evaluation, dated now. @throws `STALE_LEASE` */
  persistEvaluation(runId: string, evaluation: EvaluationInput, options?: WriteOptions): Promise<void>
  /** Newest first, ties latest saved first; 20 unless `limit` says otherwise. */
  listEvaluations(filter?: EvaluationFilter): Promise<Evaluation[]>
}

export interface SystemStates {
  setSystemState(key: string, value: StorableObject): Promise<void>
  getSystemState(key: string): Promise<SystemState | null>
}

/** So that two workers never resume the same run. */
export interface Claims {
  /**
   * Claims a run, also one not saved yet, for `leaseMs` milliseconds.
   * @throws `RUN_CLAIMED` (with the holder's `lease`) while another lease lives, the same owner's included
   */
  claimRun(runId: string, options: ClaimOptions): Promise<Lease>
  /** A new term of `leaseMs` from now; also for an expired lease nobody superseded. @throws `STALE_LEASE` */
  renewLease(lease: Lease, options: RenewOptions): Promise<Lease>
  /** Gives the run back. @throws `STALE_LEASE` */
  releaseLease(lease: Lease): Promise<void>
  /** The live lease, or null. */
  getLease(runId: string): Promise<Lease | null>
}

export interface Lifecycle {
  /** Opens the store now instead of at the first call, so that problems surface at boot. May be called twice. */
  open(): Promise<void>
  /** Finishes the writes accepted before it and closes. May be called twice; every other call is `CLOSED` afterwards. */
  shutdown(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
  readonly capabilities: Capabilities
  /** '1.0' */
  readonly contractVersion: string
}

/**
 * What every backend promises. Inputs are checked before anything is written: `VALIDATION` (with the field's path), then
 * `SERIALIZATION`, `STALE_LEASE`, `NOT_FOUND`, `CONFLICT`, in this order, after `CLOSED`. Each call is atomic. Only
 * `StateBackendError`s leave a backend, always as rejections.
 */
export interface StateBackend
  extends Snapshots,
    BackgroundTasks,
    Runs,
    Steps,
    Traces,
    Evaluations,
    SystemStates,
    Claims,
    Lifecycle {}
