import type { WorkflowStateInput } from '@flujo-state/core'

/** A snapshot to save. */
export function aState(fields: Partial<WorkflowStateInput> = {}): WorkflowStateInput {
  return {
    pipelineId: 'orders',
    pipelineName: 'Orders',
    pipelineVersion: '1',
    currentStepIndex: 0,
    pipelineContext: { customer: { id: 'c1' } },
    status: 'running',
    ...fields,
  }
}
