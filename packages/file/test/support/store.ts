/** Helpers that child processes need too: nothing of vitest here. */
import { writeFileSync } from 'node:fs'
import type { WorkflowStateInput } from '@flujo-state/core'
import { Layout } from '../../src/layout.js'
import type { Identity } from '../../src/process-identity.js'

export function stateOf(value: unknown, status: WorkflowStateInput['status'] = 'running'): WorkflowStateInput {
  const pipelineContext = { value } as WorkflowStateInput['pipelineContext']
  return { pipelineId: 'p', pipelineName: 'p', pipelineVersion: '1', currentStepIndex: 0, pipelineContext, status }
}

/** Writes the user file that a lock is a link to. */
export function enterForTest(folder: string, identity: Identity): void {
  writeFileSync(new Layout(folder).user(identity.token), JSON.stringify(identity))
}
