import { z } from 'zod'
import { count, finite, freeText, identifier, time, WORKFLOW_STATUSES, wholeNumber } from './common.js'
import { storable } from './storable.js'

export const STEP_STATUSES = [...WORKFLOW_STATUSES, 'skipped'] as const
export type StepStatus = (typeof STEP_STATUSES)[number]

export const stepInput = z.strictObject({
  runId: identifier,
  stepName: identifier,
  stepIndex: count,
  status: z.enum(STEP_STATUSES).optional(),
  input: storable.optional(),
  output: storable.optional(),
  rawResponse: storable.optional(),
  errorMessage: freeText.nullish(),
  costUsd: finite.nullish(),
  tokenCounts: wholeNumber(Number.MIN_SAFE_INTEGER).nullish(),
  executionTimeMs: finite.nullish(),
  createdAt: time.optional(),
  /** What tells attempts apart; the step index as text unless given. */
  executionId: identifier.optional(),
})

/** What `saveStepResult` takes. */
export type StepInput = z.input<typeof stepInput>

export interface StepRecord {
  runId: string
  stepName: string
  stepIndex: number
  status: StepStatus
  // biome-ignore lint/suspicious/noExplicitAny: any storable value
  input: any
  // biome-ignore lint/suspicious/noExplicitAny: any storable value
  output: any
  // biome-ignore lint/suspicious/noExplicitAny: any storable value
  rawResponse: any
  errorMessage: string | null
  costUsd: number | null
  tokenCounts: number | null
  /** Milliseconds. */
  executionTimeMs: number | null
  createdAt: Date
  executionId: string
}
