import {
  isStateBackendError,
  StateBackendError,
  type Storable,
  type StorableObject,
  type WorkflowState,
} from '@flujo-state/core'
import { type Beginning, beginRun } from './begin.js'
import { checkFields, checkName } from './check.js'
import { type AnyWorkflow, checkWorkflow, type Workflow } from './define.js'
import type { Environment, InputOption } from './options.js'
import { reopenRun } from './reopen.js'
import type { RunResult } from './result.js'
import { Session } from './session.js'
import { work } from './steps.js'

export type BackgroundTaskOptions<Input> = {
  /** The id of the child run; made of the parent's id and the place of the call unless given. */
  readonly runId?: string | undefined
  /** The run id of the child unless given. */
  readonly taskId?: string | undefined
  readonly context?: StorableObject | undefined
  readonly metadata?: StorableObject | undefined
} & InputOption<Input>

/** A child run. It is stored, and this process works on it unless another does already. */
export interface BackgroundTask<Output = unknown> {
  readonly runId: string
  readonly taskId: string
  /** As of `runWorkflow`; rejects with `RUN_CLAIMED` if another worker has it. Need not be waited for. */
  readonly result: Promise<RunResult<Output>>
}

/** Starts the child run, or goes on with it if an earlier execution of the step has started it. */
export async function startBackgroundTask<Input, Output>(
  parent: Session,
  workflow: Workflow<Input, Output>,
  options: BackgroundTaskOptions<Input>,
  defaultRunId: string,
): Promise<BackgroundTask<Output>> {
  checkWorkflow(workflow, '$.workflow')
  checkFields(options, '$', ['runId', 'taskId', 'context', 'metadata', 'input'])
  const { runId = defaultRunId, taskId = runId, input, context, metadata } = options
  checkName(taskId, '$.taskId')
  const start = { runId, input: input as Storable, context, metadata, parent: { runId: parent.runId, taskId } }
  const { result } = await begin(parent, workflow, start)
  // Nobody need wait for it; what becomes of the task is stored.
  result.catch(() => {})
  return { runId, taskId, result: result as Promise<RunResult<Output>> }
}

type Task = Beginning & { readonly runId: string; readonly parent: { readonly runId: string } }
/** In an object, so that who awaits this does not await the work. */
type Begun = { readonly result: Promise<RunResult> }

async function begin({ environment }: Session, workflow: AnyWorkflow, task: Task): Promise<Begun> {
  try {
    return { result: work(await beginRun(workflow, task, environment)) }
  } catch (error) {
    if (isStateBackendError(error, 'RUN_CLAIMED')) return { result: Promise.reject(error) }
    if (!isStateBackendError(error, 'CONFLICT')) throw error
  }
  return goOn(environment, workflow, task)
}

/** An earlier execution of the step has begun the task. */
async function goOn(environment: Environment, workflow: AnyWorkflow, { runId, parent }: Task): Promise<Begun> {
  const wanted = ({ parentRunId, status }: WorkflowState) => {
    if (parentRunId === parent.runId) return status === 'running'
    const message = `the run '${runId}' exists already and is no background task of '${parent.runId}'; choose another runId`
    throw new StateBackendError('CONFLICT', message, { runId })
  }
  try {
    const run = await reopenRun(workflow, { runId, wanted, allowVersionChange: false }, environment)
    return { result: run instanceof Session ? work(run) : Promise.resolve(run) }
  } catch (error) {
    if (isStateBackendError(error, 'RUN_CLAIMED')) return { result: Promise.reject(error) }
    throw error
  }
}
