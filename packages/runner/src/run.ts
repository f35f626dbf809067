import type { Storable } from '@flujo-state/core'
import { beginRun } from './begin.js'
import { checkName, refuse } from './check.js'
import { checkWorkflow, type Workflow } from './define.js'
import { environmentOf, type ResumeOptions, type RunOptions } from './options.js'
import { reopenRun } from './reopen.js'
import type { RunResult } from './result.js'
import { Session } from './session.js'
import { work } from './steps.js'

/**
 * Begins a run and works on it until it is completed, has failed or pauses. A step that fails does not reject this promise:
 * the result says so.
 * @throws `CONFLICT` if the run exists already, `RUN_CLAIMED`, `STALE_LEASE` if another worker took the run over,
 * `VALIDATION`, `SERIALIZATION` (with the path below `$.input` or `$.context`), and what else the backend throws. A run that
 * was stored stays `running` then, for `recover` or `resumeWorkflow`.
 */
export async function runWorkflow<Input, Output>(
  workflow: Workflow<Input, Output>,
  options: RunOptions<Input>,
): Promise<RunResult<Output>> {
  checkWorkflow(workflow, '$.workflow')
  const environment = environmentOf(options, ['runId', 'input', 'context', 'metadata'])
  const { runId, input, context, metadata } = options
  const session = await beginRun(workflow, { runId, input: input as Storable, context, metadata }, environment)
  return work(session) as Promise<RunResult<Output>>
}

/**
 * Goes on with a run that is paused, has failed, or was left running by a process that died: at the first step that is not
 * finished. A completed or cancelled run is left as it is and its result given.
 * @throws `NOT_FOUND`, `RUN_CLAIMED` while another worker has the run, `VALIDATION` if it belongs to another workflow or
 * version, `CONFLICT` if there is `data` but no pause that waits for it, and as `runWorkflow`
 */
export async function resumeWorkflow<Input, Output>(
  workflow: Workflow<Input, Output>,
  options: ResumeOptions,
): Promise<RunResult<Output>> {
  checkWorkflow(workflow, '$.workflow')
  const environment = environmentOf(options, ['runId', 'data', 'allowVersionChange'])
  const { runId, data, allowVersionChange = false } = options
  checkName(runId, '$.runId')
  if (typeof allowVersionChange !== 'boolean') refuse('$.allowVersionChange', 'expected true or false')
  const run = await reopenRun(workflow, { runId, data, allowVersionChange, wanted: () => true }, environment)
  return (run instanceof Session ? work(run) : run) as Promise<RunResult<Output>>
}
