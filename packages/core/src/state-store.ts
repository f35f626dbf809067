/**
 * What the author of a backend writes. A store keeps encoded records and applies row writes; it decides nothing. All that
 * must be atomic passes one door, `commit`: for each unit the store reads the run's head, asks `decide` (a pure function of
 * core) what to write, and writes that, in one atomic and durable step for all units together.
 */
import type { Capabilities } from './capabilities.js'
import type { StateBackendError } from './errors.js'
import type { WorkflowStatus } from './models/common.js'
import type {
  Encoded,
  EvaluationRow,
  LeaseRow,
  RunPatchRow,
  RunRow,
  RunSummaryRow,
  SpanRow,
  StatePatchRow,
  StateRow,
  StateSummaryRow,
  StepRow,
  StoredState,
  SystemStateRow,
} from './records.js'
import type { MemberText } from './serialization/index.js'
import type { CommitUnit } from './store/unit.js'

export type MaybePromise<T> = T | Promise<T>

/** What a decision needs to know of a snapshot. */
export type StateHead = Omit<
  StateSummaryRow,
  'metadata' | 'currentStepIndex' | 'parentRunId' | 'taskId' | 'backgroundError'
>

/** What is stored of a run before a unit is applied: everything small. Records that are not there are null. */
export interface RunHead {
  readonly state: StateHead | null
  /** How many items the snapshot's history has; 0 without a snapshot. */
  readonly historyLength: number
  readonly run: RunSummaryRow | null
  /** The run's latest lease, expired or not. */
  readonly lease: LeaseRow | null
  /** The cost of the step that the unit saves (`stepOf(unit)`), if that step is stored; else null. */
  readonly step: { readonly costUsd: number | null } | null
  readonly counters: Counters
}

/** Store-wide numbers that only grow and that nothing resets. All begin at 0. */
export interface Counters {
  /** The highest version that a deleted snapshot had. */
  readonly version: number
  /** The last fence given to a claim. */
  readonly fence: number
  /** The last sequence given to an evaluation. */
  readonly evaluation: number
}

/** One change of stored rows. A store applies the writes of a unit in their order, all or none. */
export type Write =
  /** Insert or replace the snapshot and its whole history. */
  | { readonly kind: 'put-state'; readonly row: StateRow; readonly history: readonly Encoded[] }
  /** Change some columns of a snapshot that is there. */
  | { readonly kind: 'patch-state'; readonly runId: string; readonly set: StatePatchRow }
  /** Replace the whole history of a snapshot that is there. */
  | { readonly kind: 'replace-history'; readonly runId: string; readonly items: readonly Encoded[] }
  /** Add to the end of the history, whose length so far is `from`. */
  | {
      readonly kind: 'append-history'
      readonly runId: string
      readonly from: number
      readonly items: readonly Encoded[]
    }
  | { readonly kind: 'delete-state'; readonly runId: string }
  | { readonly kind: 'put-run'; readonly row: RunRow }
  | { readonly kind: 'patch-run'; readonly runId: string; readonly set: RunPatchRow }
  /** Insert, or replace by (`runId`, `executionId`) without changing the place in the order of first saving. */
  | { readonly kind: 'put-step'; readonly row: StepRow }
  /** Insert or replace by (`runId`, `spanId`). */
  | { readonly kind: 'put-spans'; readonly runId: string; readonly rows: readonly SpanRow[] }
  | { readonly kind: 'delete-spans'; readonly runId: string }
  | { readonly kind: 'add-evaluation'; readonly row: EvaluationRow }
  | { readonly kind: 'put-lease'; readonly row: LeaseRow }
  | { readonly kind: 'delete-lease'; readonly runId: string }
  | { readonly kind: 'put-system-state'; readonly row: SystemStateRow }
  /** Set the counter to the larger of what it is and `to`. */
  | { readonly kind: 'raise-counter'; readonly counter: keyof Counters; readonly to: number }
  /** Remove everything of the run: snapshot, history, run, steps, spans, evaluations, lease. */
  | { readonly kind: 'delete-run'; readonly runId: string }

/** What became of a unit: done (with what callers want to know), or refused. */
export type CommitOutcome =
  | {
      readonly ok: true
      /** The snapshot's version after the unit; 0 without a snapshot. */
      readonly version: number
      /** The lease given or renewed by the unit. */
      readonly lease: LeaseRow | null
    }
  | { readonly ok: false; readonly error: StateBackendError }

/** What `decide` answers: the writes to apply (none when refused) and the outcome to report. */
export interface Decision {
  readonly outcome: CommitOutcome
  readonly writes: readonly Write[]
}

/** Core's rules, handed to the store: a pure, synchronous function. `storeTime` in milliseconds is the store's own now. */
export type Decide = (unit: CommitUnit, head: RunHead, storeTime: number) => Decision

/** A place in a list: only rows behind it are wanted. */
export interface Position {
  readonly time: number
  readonly id: string
}

/** Rows come newest `order` first, ties by run id descending in code-point order. All filters combine. */
export interface StateQuery {
  /**
   * `updatedAt` is only asked for with terminal `statuses` or with `isBackgroundTask`: a store need not keep the order in which
   * runs at work were last changed, which would cost every step.
   */
  readonly order: 'createdAt' | 'updatedAt'
  /** No status twice; an empty array matches none. */
  readonly statuses?: readonly WorkflowStatus[] | undefined
  readonly pipelineId?: string | undefined
  readonly pipelineName?: string | undefined
  readonly pipelineVersion?: string | undefined
  readonly isBackgroundTask?: true | undefined
  readonly parentRunId?: string | undefined
  /** On the time of `order`: `from <= time < before`. */
  readonly from?: number | undefined
  readonly before?: number | undefined
  readonly after?: Position | undefined
  readonly limit?: number | undefined
  readonly offset?: number | undefined
}

export interface RunQuery {
  readonly order: 'createdAt' | 'updatedAt'
  /** No status twice; an empty array matches none. */
  readonly statuses?: readonly WorkflowStatus[] | undefined
  readonly pipelineName?: string | undefined
  readonly placeholder?: true | undefined
  /** Only runs that have no snapshot. */
  readonly withoutState?: true | undefined
  readonly from?: number | undefined
  readonly before?: number | undefined
  readonly after?: Position | undefined
  readonly limit?: number | undefined
  readonly offset?: number | undefined
  /**
   * Members that the effective metadata must have. A hint: a store may leave out rows that surely do not; core judges the others
   * and pages itself (`limit` is then the size of a chunk). Only given where metadata is text of the default codec: the text has
   * one of the member's `texts` in it, or it begins with `{"$flujo"`, or not even with `{` (another codec wrote it, and core says so).
   */
  readonly metadata?: readonly MemberText[] | undefined
}

export interface EvaluationQuery {
  readonly runId?: string | undefined
  /** Rows behind (`time`, sequence `id`), newest `createdAt` first, ties by `sequence` descending. */
  readonly after?: { readonly time: number; readonly sequence: number } | undefined
  readonly limit?: number | undefined
  readonly offset?: number | undefined
}

/** What the author of a backend writes: rows by their keys, lists, and one door for writes. */
export interface StateStore {
  /** What this store can do, see `defineCapabilities`. */
  readonly capabilities: Capabilities
  /** Whether writes of one turn of the event loop should be handed over together (they share a costly commit). */
  readonly groupsCommits: boolean

  /** How often this store has waited for somebody else's lock, for observers. */
  readonly waits?: number

  /** Called once before anything else, again after a failure. @throws `CORRUPT`, `SCHEMA_TOO_NEW`, `DRIVER`, `BUSY`, `IO` */
  open(): MaybePromise<void>
  /** Called once, after the last commit settled. */
  close(): MaybePromise<void>
  /** The store's own time in milliseconds, for windows of reads. Left out: this process's time. */
  now?(): MaybePromise<number>

  /**
   * Applies the units in order, each all or nothing, later ones seeing earlier ones, and makes them durable together. For
   * each: read the head, call `decide` with the store's own time (`now`, else `Date.now()`), apply its writes. Rejects only if nothing at all was written (or `COMMIT_UNKNOWN`);
   * a unit that cannot be written fails alone, by an outcome that is not ok.
   */
  commit(units: readonly CommitUnit[], decide: Decide): MaybePromise<readonly CommitOutcome[]>

  readState(runId: string): MaybePromise<StoredState | null>
  /** With the effective metadata: the snapshot's if there is one, else the run's. */
  readRun(runId: string): MaybePromise<RunRow | null>
  /** By `stepIndex`, then in the order of first saving. */
  readSteps(runId: string): MaybePromise<readonly StepRow[]>
  /** In any order. */
  readSpans(runId: string): MaybePromise<readonly SpanRow[]>
  readLease(runId: string): MaybePromise<LeaseRow | null>
  readSystemState(key: string): MaybePromise<SystemStateRow | null>
  /** Never reads payloads. */
  listStates(query: StateQuery): MaybePromise<readonly StateSummaryRow[]>
  /** Never reads payloads. With the effective metadata, as `readRun`. */
  listRuns(query: RunQuery): MaybePromise<readonly RunSummaryRow[]>
  listEvaluations(query: EvaluationQuery): MaybePromise<readonly EvaluationRow[]>

  /** Faster forms of what core otherwise derives from the lists; the suite proves that both give the same. */
  countStates?(recentFrom: number): MaybePromise<StateCounts>
  aggregateSpans?(query: SpanAggregateQuery): MaybePromise<readonly SpanAggregate[]>
  /** Gives freed space back. @throws `BUSY` while somebody else has the store open */
  compact?(): MaybePromise<void>
}

export interface StateCounts {
  readonly byStatus: readonly {
    readonly status: WorkflowStatus
    readonly isBackgroundTask: boolean
    readonly count: number
  }[]
  /** Snapshots with `createdAt >= recentFrom`. */
  readonly recent: number
  readonly executionTime: { readonly count: number; readonly total: number }
}

export interface SpanAggregateQuery {
  readonly pipelineName?: string | undefined
  /** Both inclusive, on `startTime`. */
  readonly from?: number | undefined
  readonly to?: number | undefined
}
/** Ended spans of one name and status. */
export interface SpanAggregate {
  readonly name: string
  readonly status: string
  readonly count: number
  /** Milliseconds. */
  readonly total: number
  readonly min: number
  readonly max: number
}
