import { z } from 'zod'
import { count, finite, freeText, identifier, time, type WorkflowStatus, workflowStatus } from './common.js'
import { nameFilter, pagingShape, statusFilter } from './paging.js'
import { type StoredObject, storableObject } from './storable.js'

/** Fields left out of a repeated `saveRunStart` keep their value. */
export const runStart = z.strictObject({
  runId: identifier,
  pipelineId: identifier.optional(),
  pipelineName: identifier.optional(),
  pipelineVersion: identifier.optional(),
  status: workflowStatus.optional(),
  createdAt: time.optional(),
  updatedAt: time.optional(),
  executionTimeMs: finite.nullish(),
  memoryUsageMb: finite.nullish(),
  totalSteps: count.optional(),
  errorMessage: freeText.nullish(),
  metadata: storableObject.optional(),
})

/** Fields left out keep their value, an explicit null clears. */
export const runEnd = z.strictObject({
  status: workflowStatus.optional(),
  endedAt: time.nullish(),
  updatedAt: time.optional(),
  executionTimeMs: finite.nullish(),
  memoryUsageMb: finite.nullish(),
  totalSteps: count.optional(),
  /** Null: the sum of the steps' costs again. */
  totalCostUsd: finite.nullish(),
  errorMessage: freeText.nullish(),
  finalContext: storableObject.nullish(),
  metadata: storableObject.optional(),
})

export type RunStart = z.input<typeof runStart>
export type RunEnd = z.input<typeof runEnd>

/** What `listRuns` returns. */
export interface RunSummary {
  runId: string
  pipelineId: string
  pipelineName: string
  pipelineVersion: string
  status: WorkflowStatus
  createdAt: Date
  updatedAt: Date
  /** Set while the status is terminal. */
  endedAt: Date | null
  executionTimeMs: number | null
  memoryUsageMb: number | null
  totalSteps: number
  /** What `saveRunEnd` was given, else the sum of the steps' `costUsd`. */
  totalCostUsd: number
  errorMessage: string | null
  /** The snapshot's if there is one, else the run's. */
  metadata: StoredObject
  /** Made by a step, span, evaluation or end of a run that nobody started. */
  placeholder: boolean
}

export interface Run extends RunSummary {
  finalContext: StoredObject | null
}

export const runFilter = z.strictObject({
  status: statusFilter,
  pipelineName: nameFilter,
  /** Containment: nested objects contain, everything else is deep-equal. */
  metadataFilter: storableObject.optional(),
  createdAfter: time.optional(),
  createdBefore: time.optional(),
  ...pagingShape,
})
export type RunFilter = z.input<typeof runFilter>
