import type { StateRow } from '@flujo-state/core'

/** A snapshot as it is stored. */
export const ROW: StateRow = {
  runId: 'a',
  version: 1,
  pipelineId: 'p',
  pipelineName: 'p',
  pipelineVersion: '1',
  currentStepIndex: 0,
  status: 'running',
  createdAt: 1,
  updatedAt: 1,
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
}
