import type { WorkflowStateInput } from '../../src/index.js'

/** A valid snapshot with what the test cares about. */
export function stateWith(fields: Partial<WorkflowStateInput> = {}): WorkflowStateInput {
  return {
    pipelineId: 'p',
    pipelineName: 'Pipeline',
    pipelineVersion: '1',
    currentStepIndex: 0,
    pipelineContext: {},
    status: 'running',
    ...fields,
  }
}
