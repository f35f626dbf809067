import {
  isStateBackendError,
  StateBackendError,
  type Storable,
  type StorableObject,
  type StoredObject,
} from '@flujo-state/core'
import { checkName, renamePath } from './check.js'
import { type Claim, claimRun } from './claim.js'
import type { AnyWorkflow } from './define.js'
import type { Environment } from './options.js'
import { Session, together } from './session.js'
import { RunTrace } from './trace.js'

/** What a new run begins with. */
export interface Beginning {
  readonly runId?: string | undefined
  readonly input?: Storable
  readonly context?: StorableObject | undefined
  readonly metadata?: StorableObject | undefined
  /** For a background task. */
  readonly parent?: { readonly runId: string; readonly taskId: string } | undefined
}

/**
 * Claims a new run and stores it, so that from now on `recover` finds it if this process dies.
 * @throws `CONFLICT` if the run exists already, `RUN_CLAIMED`, `VALIDATION`, `SERIALIZATION`
 */
export async function beginRun(workflow: AnyWorkflow, start: Beginning, environment: Environment): Promise<Session> {
  const { runId = crypto.randomUUID() } = start
  checkName(runId, '$.runId')
  const claim = await claimRun(runId, environment)
  try {
    return await storeRun(workflow, runId, start, environment, claim)
  } catch (error) {
    await claim.release()
    throw error
  }
}

async function storeRun(
  workflow: AnyWorkflow,
  runId: string,
  start: Beginning,
  environment: Environment,
  claim: Claim,
): Promise<Session> {
  const { backend, clock } = environment
  const existing = await backend.getRunDetails(runId)
  if (existing !== null && !existing.placeholder) throw existsAlready(runId)
  const version = await saveFirstState(workflow, runId, start, environment, claim)
  const position = {
    stepIndex: 0,
    context: {},
    input: null,
    metadata: (start.metadata ?? {}) as StoredObject,
    version,
    workedMs: 0,
    isBackgroundTask: start.parent !== undefined,
    answers: [],
    costUsd: null,
    tokenCounts: null,
  }
  const trace = RunTrace.begin(workflow.name, clock.now(), traceAttributes(workflow))
  const session = new Session({ environment, workflow, runId, claim, trace, position })
  await together(
    session.write((lease) => backend.saveRunStart(runStart(workflow, runId, start.metadata), lease)),
    session.saveSpans([trace.root]),
    // Copies: the steps must not change what belongs to the caller.
    session.reload(),
  )
  session.tell({ type: 'run-started', stepIndex: 0, totalSteps: workflow.steps.length })
  return session
}

/** The snapshot comes first: with it alone the run can be resumed, with the run record alone its input would be lost. */
async function saveFirstState(
  workflow: AnyWorkflow,
  runId: string,
  { input, context = {}, metadata, parent }: Beginning,
  { backend }: Environment,
  { keeper }: Claim,
): Promise<number> {
  const state = {
    ...pipelineOf(workflow),
    currentStepIndex: 0,
    pipelineContext: context,
    lastStepOutput: input ?? null,
    status: 'running' as const,
    totalSteps: workflow.steps.length,
    metadata,
    ...(parent && { isBackgroundTask: true, parentRunId: parent.runId, taskId: parent.taskId }),
  }
  try {
    const { version } = await backend.saveState(runId, state, { lease: keeper.lease, ifVersion: 0 })
    return version
  } catch (error) {
    if (isStateBackendError(error, 'CONFLICT')) throw existsAlready(runId)
    throw renamePath(error, { '$.lastStepOutput': '$.input', '$.pipelineContext': '$.context' })
  }
}

export function pipelineOf({ id, name, version }: AnyWorkflow) {
  return { pipelineId: id, pipelineName: name, pipelineVersion: version }
}

export function traceAttributes({ id, version }: AnyWorkflow): StorableObject {
  return { pipelineId: id, pipelineVersion: version }
}

/** The run record. Its status is left out: new it is 'running', else the snapshot's. */
export function runStart(workflow: AnyWorkflow, runId: string, metadata?: StorableObject) {
  return { runId, ...pipelineOf(workflow), totalSteps: workflow.steps.length, metadata }
}

function existsAlready(runId: string): StateBackendError {
  const message = `the run '${runId}' exists already; go on with it by resumeWorkflow, or choose another runId`
  return new StateBackendError('CONFLICT', message, { runId })
}
