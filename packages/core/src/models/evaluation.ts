import { z } from 'zod'
import { count, finite, freeText, identifier } from './common.js'
import { nameFilter, pagingShape } from './paging.js'
import { type StoredObject, storableObject } from './storable.js'

export const evaluationInput = z.strictObject({
  score: finite,
  feedback: freeText.nullish(),
  stepName: identifier.nullish(),
  metadata: storableObject.nullish(),
})
/** What `persistEvaluation` takes. */
export type EvaluationInput = z.input<typeof evaluationInput>

export interface Evaluation {
  /** Read-only; which one it is among evaluations of the same time. */
  evaluationId: string
  runId: string
  score: number
  feedback: string | null
  stepName: string | null
  metadata: StoredObject | null
  createdAt: Date
}

export const evaluationFilter = z.strictObject({ runId: nameFilter, ...pagingShape, limit: count.default(20) })
export type EvaluationFilter = z.input<typeof evaluationFilter>
