import { type WriteOptions, writeOptions } from '../models/claim.js'
import {
  type Evaluation,
  type EvaluationFilter,
  type EvaluationInput,
  evaluationFilter,
  evaluationInput,
} from '../models/evaluation.js'
import type { EvaluationRow } from '../records.js'
import { escapeText, unescapeText } from '../serialization/index.js'
import type { EvaluationQuery, MaybePromise } from '../state-store.js'
import { whenDone } from '../store/maybe-promise.js'
import type { Change } from '../store/unit.js'
import type { Call } from './call.js'
import { check, checkId, refuse } from './check.js'
import { writeConditions } from './conditions.js'
import type { Kernel } from './kernel.js'

export async function persistEvaluation(
  kernel: Kernel,
  call: Call,
  runIdInput: string,
  input: EvaluationInput,
  optionsInput: WriteOptions = {},
): Promise<void> {
  const runId = checkId(runIdInput, 'runId')
  const { score, feedback, stepName, metadata } = check(evaluationInput, input)
  const conditions = writeConditions(runId, check(writeOptions, optionsInput))
  const text = metadata == null ? null : kernel.encode(call, metadata, { runId, field: 'metadata' })
  const changes = whenDone(text, (metadata): Change[] => {
    const row = {
      runId,
      score,
      feedback: feedback == null ? null : escapeText(feedback),
      stepName: stepName ?? null,
      metadata,
    }
    return [{ kind: 'add-evaluation', row }]
  })
  await kernel.commit(runId, conditions, changes)
  call.rows = 1
}

export async function listEvaluations(
  kernel: Kernel,
  call: Call,
  filterInput: EvaluationFilter = {},
): Promise<Evaluation[]> {
  const { runId, limit, offset, after } = check(evaluationFilter, filterInput)
  if (after !== undefined && after.kind !== 'evaluation') refuse('$.after', 'is not the cursor of an evaluation')
  const position = after?.kind === 'evaluation' ? { time: after.createdAt, sequence: after.sequence } : undefined
  const query: EvaluationQuery = { runId, limit, offset, after: position }
  const rows = await kernel.read((store) => store.listEvaluations(query))
  return kernel.list(call, rows, (row) => decodeEvaluation(kernel, call, row))
}

function decodeEvaluation(kernel: Kernel, call: Call, row: EvaluationRow): MaybePromise<Evaluation> {
  const text = row.metadata
  const decoded = text === null ? null : kernel.decode(call, text, { runId: row.runId, field: 'metadata' })
  return whenDone(decoded as MaybePromise<Evaluation['metadata']>, (metadata) => ({
    evaluationId: String(row.sequence),
    runId: row.runId,
    score: row.score,
    feedback: row.feedback === null ? null : unescapeText(row.feedback),
    stepName: row.stepName,
    metadata,
    createdAt: new Date(row.createdAt),
  }))
}
