/** What callers of a backend ask for, as plain data: encoded, complete, not yet decided. */
import type { WorkflowStatus } from '../models/common.js'
import type { Encoded, EvaluationRow, RunPatchRow, SpanRow, StatePatchRow, StateRow, StepRow } from '../records.js'

/** Judged inside the atomic step, at its time, in the order of the array; the first that fails refuses the unit. */
export type Condition =
  /** This lease is the run's latest, expired or not; else `STALE_LEASE`. */
  | { readonly kind: 'fence'; readonly owner: string; readonly fence: number }
  /** There is a snapshot; else `NOT_FOUND`. */
  | { readonly kind: 'state-exists' }
  /** Ending the run without a status leaves it with this one; else `VALIDATION` of `$.state.status`. */
  | { readonly kind: 'ends-as'; readonly status: WorkflowStatus }
  /** The snapshot has this version, 0: there is none; else `CONFLICT`. */
  | { readonly kind: 'version'; readonly is: number }
  /** No live lease, or the one with this fence; else `RUN_CLAIMED`. */
  | { readonly kind: 'unclaimed'; readonly except?: number | undefined }
  /** Retention may take the run: status, age and placeholder as asked; else `CONFLICT`. */
  | {
      readonly kind: 'expired'
      readonly statuses: readonly WorkflowStatus[]
      readonly placeholders: boolean
      readonly before: number
    }
  /** A running background task last updated before this time; else `CONFLICT`. */
  | { readonly kind: 'stale-task'; readonly before: number }

/** A snapshot as given: null times and metadata are filled in when it is decided. */
export type StateDraft = Omit<StateRow, 'version' | 'createdAt' | 'updatedAt' | 'metadata'> & {
  readonly createdAt: number | null
  readonly updatedAt: number | null
  readonly metadata: Encoded | null
}
export type StatePatch = Omit<StatePatchRow, 'version'>

export type Change =
  | { readonly kind: 'save-state'; readonly draft: StateDraft; readonly history: readonly Encoded[] }
  | {
      readonly kind: 'update-state'
      readonly set: StatePatch
      readonly history: readonly Encoded[] | null
      readonly append: readonly Encoded[] | null
    }
  | { readonly kind: 'delete-state' }
  | { readonly kind: 'start-run'; readonly set: RunPatchRow }
  | { readonly kind: 'end-run'; readonly set: RunPatchRow }
  | { readonly kind: 'save-step'; readonly row: Omit<StepRow, 'createdAt'> & { readonly createdAt: number | null } }
  | { readonly kind: 'save-spans'; readonly rows: readonly SpanRow[]; readonly replace: boolean }
  | { readonly kind: 'add-evaluation'; readonly row: Omit<EvaluationRow, 'sequence' | 'createdAt'> }
  | { readonly kind: 'put-system-state'; readonly key: string; readonly value: Encoded }
  | { readonly kind: 'claim'; readonly owner: string; readonly leaseMs: number }
  | { readonly kind: 'renew'; readonly leaseMs: number }
  | { readonly kind: 'release' }
  /** Marks a stale background task as failed. */
  | { readonly kind: 'mark-stale'; readonly backgroundError: string }
  | { readonly kind: 'delete-run' }

/** One atomic piece of work on one run (or, with `runId` null, on none). */
export interface CommitUnit {
  readonly runId: string | null
  readonly conditions: readonly Condition[]
  readonly changes: readonly Change[]
  /** The codec's `{}`: put in for metadata that nobody gave (decisions never call the codec). */
  readonly emptyObject: Encoded
}

/** The execution id of the step that the unit saves, if it saves one: its old cost belongs in the head. */
export function stepOf(unit: CommitUnit): string | null {
  for (const change of unit.changes) if (change.kind === 'save-step') return change.row.executionId
  return null
}
