/** The rows of the raw controls, by position. */
import type { PlainState, PlainStep } from '../content.js'
import type { Loaded } from './control.js'

export const STATE_COLUMNS =
  `run_id version pipeline_id pipeline_name pipeline_version current_step_index status created_at updated_at total_steps
  execution_time_ms memory_usage_mb is_background_task parent_run_id task_id error_message background_error metadata
  pipeline_context last_step_output`.split(/\s+/)
export const SUMMARY_COLUMNS = STATE_COLUMNS.slice(0, -2)

/** A snapshot's row. Our tables have no column for a whole history: with one, it shares the column of the context. */
export function stateRow(runId: string, state: PlainState): unknown[] {
  const { pipelineContext, stepHistory: wholeHistory } = state
  return [
    runId,
    1,
    state.pipelineId,
    state.pipelineName,
    state.pipelineVersion,
    state.currentStepIndex,
    state.status,
    state.createdAt.getTime(),
    Date.now(),
    state.totalSteps ?? 0,
    state.executionTimeMs ?? null,
    null,
    0,
    null,
    null,
    null,
    null,
    JSON.stringify(state.metadata),
    JSON.stringify(wholeHistory.length === 0 ? pipelineContext : { pipelineContext, wholeHistory }),
    JSON.stringify(state.lastStepOutput),
  ]
}

// Written out twice on purpose: `{ ...summary, more }` would cost the control a microsecond a row.
export function summaryOf(row: readonly unknown[]) {
  return {
    runId: row[0] as string,
    version: row[1],
    pipelineId: row[2],
    pipelineName: row[3],
    pipelineVersion: row[4],
    currentStepIndex: row[5],
    status: row[6],
    createdAt: new Date(row[7] as number),
    updatedAt: new Date(row[8] as number),
    totalSteps: row[9],
    executionTimeMs: row[10],
    memoryUsageMb: row[11],
    isBackgroundTask: row[12] === 1,
    parentRunId: row[13],
    taskId: row[14],
    errorMessage: row[15],
    backgroundError: row[16],
    metadata: JSON.parse(row[17] as string),
  }
}

export function loadedOf(row: readonly unknown[]): Loaded {
  const context = JSON.parse(row[18] as string)
  const isWhole = context.wholeHistory !== undefined
  const loaded = {
    runId: row[0],
    version: row[1],
    pipelineId: row[2],
    pipelineName: row[3],
    pipelineVersion: row[4],
    currentStepIndex: row[5],
    status: row[6],
    createdAt: new Date(row[7] as number),
    updatedAt: new Date(row[8] as number),
    totalSteps: row[9],
    executionTimeMs: row[10],
    memoryUsageMb: row[11],
    isBackgroundTask: row[12] === 1,
    parentRunId: row[13],
    taskId: row[14],
    errorMessage: row[15],
    backgroundError: row[16],
    metadata: JSON.parse(row[17] as string),
    pipelineContext: isWhole ? context.pipelineContext : context,
    lastStepOutput: JSON.parse(row[19] as string),
    stepHistory: isWhole ? context.wholeHistory : [],
  }
  return loaded
}

export const STEP_COLUMNS =
  `run_id execution_id step_name step_index status cost_usd token_counts execution_time_ms created_at error_message
  input output raw_response`.split(/\s+/)

export function stepRow(step: PlainStep): unknown[] {
  const { runId, stepName, stepIndex, costUsd = null, executionTimeMs = null } = step
  const output = JSON.stringify(step.output)
  const executionId = String(stepIndex)
  const now = Date.now()
  return [
    runId,
    executionId,
    stepName,
    stepIndex,
    'completed',
    costUsd,
    null,
    executionTimeMs,
    now,
    null,
    'null',
    output,
    'null',
  ]
}

export const RUN_COLUMNS =
  `run_id pipeline_id pipeline_name pipeline_version status created_at updated_at ended_at execution_time_ms
  memory_usage_mb total_steps total_cost_usd placeholder error_message metadata`.split(/\s+/)

export function runSummaryOf(row: readonly unknown[]) {
  return {
    runId: row[0] as string,
    pipelineId: row[1],
    pipelineName: row[2],
    pipelineVersion: row[3],
    status: row[4],
    createdAt: new Date(row[5] as number),
    updatedAt: new Date(row[6] as number),
    endedAt: row[7] === null ? null : new Date(row[7] as number),
    executionTimeMs: row[8],
    memoryUsageMb: row[9],
    totalSteps: row[10],
    totalCostUsd: row[11],
    placeholder: row[12] === 1,
    errorMessage: row[13],
    metadata: JSON.parse(row[14] as string),
  }
}
