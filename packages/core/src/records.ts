/**
 * The encoded records that stores keep: times are integer milliseconds since 1970, payloads are texts of the codec, free
 * texts are escaped so that they hold no NUL and no lone surrogate. A store never looks inside a text.
 */
import type { WorkflowStatus } from './models/common.js'
import type { StepStatus } from './models/step.js'

/** A text made by the codec. With the default codec it is JSON. */
export type Encoded = string

/** A snapshot without its three payloads: what lists read. */
export interface StateSummaryRow {
  readonly runId: string
  readonly version: number
  readonly pipelineId: string
  readonly pipelineName: string
  readonly pipelineVersion: string
  readonly currentStepIndex: number
  readonly status: WorkflowStatus
  readonly createdAt: number
  readonly updatedAt: number
  readonly totalSteps: number
  readonly errorMessage: string | null
  readonly executionTimeMs: number | null
  readonly memoryUsageMb: number | null
  readonly metadata: Encoded
  readonly isBackgroundTask: boolean
  readonly parentRunId: string | null
  readonly taskId: string | null
  readonly backgroundError: string | null
}
export interface StateRow extends StateSummaryRow {
  readonly pipelineContext: Encoded
  readonly lastStepOutput: Encoded
}
export type StatePatchRow = Partial<Omit<StateRow, 'runId'>>

/** A snapshot as it is read: its row and the items of its history. */
export interface StoredState {
  readonly row: StateRow
  readonly history: readonly Encoded[]
}

export interface RunSummaryRow {
  readonly runId: string
  readonly pipelineId: string
  readonly pipelineName: string
  readonly pipelineVersion: string
  readonly status: WorkflowStatus
  readonly createdAt: number
  readonly updatedAt: number
  readonly endedAt: number | null
  readonly executionTimeMs: number | null
  readonly memoryUsageMb: number | null
  readonly totalSteps: number
  /** What `saveRunEnd` was given; null: the steps' sum counts. */
  readonly totalCostUsd: number | null
  /** The exact sum of the steps' costs, as JSON text of `rules/exact-sum.ts`. */
  readonly stepCosts: string
  readonly errorMessage: string | null
  readonly metadata: Encoded
  readonly placeholder: boolean
}
export interface RunRow extends RunSummaryRow {
  readonly finalContext: Encoded | null
}
export type RunPatchRow = Partial<Omit<RunRow, 'runId'>>

export interface StepRow {
  readonly runId: string
  readonly executionId: string
  readonly stepName: string
  readonly stepIndex: number
  readonly status: StepStatus
  readonly input: Encoded
  readonly output: Encoded
  readonly rawResponse: Encoded
  readonly errorMessage: string | null
  readonly costUsd: number | null
  readonly tokenCounts: number | null
  readonly executionTimeMs: number | null
  readonly createdAt: number
}

export interface SpanRow {
  readonly runId: string
  readonly spanId: string
  readonly parentSpanId: string | null
  readonly name: string
  /** Epoch milliseconds, fractions allowed. */
  readonly startTime: number
  readonly endTime: number | null
  readonly status: string
  readonly attributes: Encoded
  readonly events: Encoded
}

export interface EvaluationRow {
  readonly runId: string
  /** Grows with every evaluation of the store; what breaks ties of `createdAt`. */
  readonly sequence: number
  readonly score: number
  readonly feedback: string | null
  readonly stepName: string | null
  readonly metadata: Encoded | null
  readonly createdAt: number
}

export interface SystemStateRow {
  readonly key: string
  readonly value: Encoded
  readonly updatedAt: number
}

export interface LeaseRow {
  readonly runId: string
  readonly owner: string
  readonly fence: number
  readonly expiresAt: number
}
