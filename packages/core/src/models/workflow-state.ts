import { z } from 'zod'
import { count, finite, freeText, identifier, span, time, type WorkflowStatus, workflowStatus } from './common.js'
import { nameFilter, pagingShape, statuses, statusFilter } from './paging.js'
import { type StoredObject, storable, storableObject } from './storable.js'

const optionalFields = {
  lastStepOutput: storable.optional(),
  createdAt: time.optional(),
  updatedAt: time.optional(),
  totalSteps: count.optional(),
  errorMessage: freeText.nullish(),
  executionTimeMs: finite.nullish(),
  memoryUsageMb: finite.nullish(),
  metadata: storableObject.optional(),
  isBackgroundTask: z.boolean().optional(),
  parentRunId: identifier.nullish(),
  taskId: identifier.nullish(),
  backgroundError: freeText.nullish(),
  /** Must equal the `runId` of the call. */
  runId: identifier.optional(),
  /** Ignored: so that a loaded state can be saved back as it is. */
  version: z.unknown().optional(),
}

const requiredFields = {
  pipelineId: identifier,
  pipelineName: identifier,
  pipelineVersion: identifier,
  /** The step that a resumed run begins with. */
  currentStepIndex: count,
  pipelineContext: storableObject,
  status: workflowStatus,
}

export const workflowStateInput = z.strictObject({
  ...requiredFields,
  ...optionalFields,
  stepHistory: z.array(storableObject).optional(),
})

export const workflowStatePatch = z
  .strictObject({
    ...z.object(requiredFields).partial().shape,
    ...optionalFields,
    stepHistory: z.array(storableObject).optional(),
    /** Items for the end of the history; costs the same however long it is. */
    appendStepHistory: z.array(storableObject).optional(),
  })
  .refine((patch) => patch.stepHistory === undefined || patch.appendStepHistory === undefined, {
    path: ['appendStepHistory'],
    message: 'cannot be combined with stepHistory: give the whole history or what to append',
  })

/** What `saveState` takes: the snapshot a run resumes from. Fields left out get their defaults. */
export type WorkflowStateInput = z.input<typeof workflowStateInput>
/** What `updateState` takes: the fields to change. */
export type WorkflowStatePatch = z.input<typeof workflowStatePatch>

/** What lists return: a snapshot without its payloads. */
export interface WorkflowSummary {
  runId: string
  pipelineId: string
  pipelineName: string
  pipelineVersion: string
  currentStepIndex: number
  status: WorkflowStatus
  createdAt: Date
  updatedAt: Date
  totalSteps: number
  errorMessage: string | null
  executionTimeMs: number | null
  memoryUsageMb: number | null
  metadata: StoredObject
  isBackgroundTask: boolean
  parentRunId: string | null
  taskId: string | null
  backgroundError: string | null
  /** Grows with every snapshot or status change of the run, also past a deletion. */
  version: number
}

/** A loaded snapshot: a copy of its own. */
export interface WorkflowState extends WorkflowSummary {
  pipelineContext: StoredObject
  // biome-ignore lint/suspicious/noExplicitAny: any storable value
  lastStepOutput: any
  stepHistory: StoredObject[]
}

/** What `listStates` returns. */
export type StateListItem = Pick<WorkflowSummary, 'runId' | 'status' | 'createdAt' | 'updatedAt'>

export const stateFilter = z.strictObject({ status: statusFilter, ...pagingShape })
export const workflowFilter = z.strictObject({
  status: statusFilter,
  pipelineId: nameFilter,
  pipelineName: nameFilter,
  pipelineVersion: nameFilter,
  /** createdAfter <= createdAt < createdBefore */
  createdAfter: time.optional(),
  createdBefore: time.optional(),
  ...pagingShape,
})
export const failedFilter = z.strictObject({ hoursBack: span.default(24), ...pagingShape })
export const backgroundTaskFilter = z.strictObject({ parentRunId: nameFilter, status: statusFilter, ...pagingShape })
export const failedTaskFilter = z.strictObject({ parentRunId: nameFilter, hoursBack: span.default(24), ...pagingShape })
export const staleOptions = z.strictObject({ staleHours: span.default(24) })
export const cleanupOptions = z.strictObject({
  daysOld: span.default(30),
  statuses: statuses.optional(),
  dryRun: z.boolean().default(false),
  signal: z.custom<AbortSignal>((value) => value instanceof AbortSignal, 'expected an AbortSignal').optional(),
  onProgress: z.custom<(progress: { deleted: number }) => void>((value) => typeof value === 'function').optional(),
})

export type StateFilter = z.input<typeof stateFilter>
export type WorkflowFilter = z.input<typeof workflowFilter>
export type FailedFilter = z.input<typeof failedFilter>
export type BackgroundTaskFilter = z.input<typeof backgroundTaskFilter>
export type FailedTaskFilter = z.input<typeof failedTaskFilter>
export type StaleOptions = z.input<typeof staleOptions>
export type CleanupOptions = z.input<typeof cleanupOptions>

export type StatusCounts = Record<WorkflowStatus, number>

export interface WorkflowStats {
  totalWorkflows: number
  /** All five statuses, zeros included. */
  statusCounts: StatusCounts
  /** Snapshots created in the last 24 hours, the edge included. */
  recentWorkflows24h: number
  /** Of those that have one; 0 if none has. */
  averageExecutionTimeMs: number
  backgroundStatusCounts: StatusCounts
}
