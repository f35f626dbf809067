import type { EvaluationRow, RunRow, SpanRow, StateRow, StepRow } from '../../src/index.js'

/** Stored rows with what the test cares about; the payloads are texts that nobody looks into. */
export function stateRow(fields: Partial<StateRow> = {}): StateRow {
  return {
    runId: 'r',
    version: 1,
    pipelineId: 'p',
    pipelineName: 'Pipeline',
    pipelineVersion: '1',
    currentStepIndex: 0,
    status: 'running',
    createdAt: 0,
    updatedAt: 0,
    totalSteps: 0,
    errorMessage: null,
    executionTimeMs: null,
    memoryUsageMb: null,
    metadata: '{}',
    isBackgroundTask: false,
    parentRunId: null,
    taskId: null,
    backgroundError: null,
    pipelineContext: '{}',
    lastStepOutput: 'null',
    ...fields,
  }
}

export function runRow(fields: Partial<RunRow> = {}): RunRow {
  return {
    runId: 'r',
    pipelineId: 'unknown',
    pipelineName: 'unknown',
    pipelineVersion: 'latest',
    status: 'running',
    createdAt: 0,
    updatedAt: 0,
    endedAt: null,
    executionTimeMs: null,
    memoryUsageMb: null,
    totalSteps: 0,
    totalCostUsd: null,
    stepCosts: '[]',
    errorMessage: null,
    metadata: '{}',
    placeholder: false,
    finalContext: null,
    ...fields,
  }
}

export function stepRow(fields: Partial<StepRow> = {}): StepRow {
  return {
    runId: 'r',
    executionId: '0',
    stepName: 'step',
    stepIndex: 0,
    status: 'completed',
    input: 'null',
    output: 'null',
    rawResponse: 'null',
    errorMessage: null,
    costUsd: null,
    tokenCounts: null,
    executionTimeMs: null,
    createdAt: 0,
    ...fields,
  }
}

export function spanRow(fields: Partial<SpanRow> = {}): SpanRow {
  return {
    runId: 'r',
    spanId: 's',
    parentSpanId: null,
    name: 'span',
    startTime: 0,
    endTime: null,
    status: 'running',
    attributes: '{}',
    events: '[]',
    ...fields,
  }
}

export function evaluationRow(fields: Partial<EvaluationRow> = {}): EvaluationRow {
  return { runId: 'r', sequence: 1, score: 0, feedback: null, stepName: null, metadata: null, createdAt: 0, ...fields }
}
