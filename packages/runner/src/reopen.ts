import {
  StateBackendError,
  type StepRecord,
  type Storable,
  type WorkflowState,
  type WorkflowStatePatch,
} from '@flujo-state/core'
import { pipelineOf, runStart, traceAttributes } from './begin.js'
import { refuse, renamePath } from './check.js'
import { type Claim, claimRun } from './claim.js'
import type { AnyWorkflow } from './define.js'
import type { Environment } from './options.js'
import { pauseNote, type RunResult, storedResult, withoutPause } from './result.js'
import { type Position, Session, together } from './session.js'
import { RunTrace } from './trace.js'

export interface Reopening {
  readonly runId: string
  /** The answer to the pause that the run waits in; undefined: none. */
  readonly data?: Storable
  readonly allowVersionChange: boolean
  /** Judged under the claim: whether the run, as it is then, is to be worked on. */
  readonly wanted: (state: WorkflowState) => boolean
}

/**
 * Claims a run that stands still and makes it ready to be worked on. Gives the stored result instead if there is nothing to
 * do: it is completed or cancelled, or not wanted.
 * @throws `NOT_FOUND`, `RUN_CLAIMED`, `VALIDATION` if it belongs to another workflow, `CONFLICT` if it waits for no `data`
 */
export async function reopenRun(
  workflow: AnyWorkflow,
  how: Reopening,
  environment: Environment,
): Promise<Session | RunResult> {
  const { runId } = how
  const seen = await loadFor(workflow, how, environment)
  if (!canGoOn(seen, how)) return storedResult(seen)
  const claim = await claimRun(runId, environment)
  try {
    // Another worker may have been here between the look and the claim.
    const state = await loadFor(workflow, how, environment)
    if (!canGoOn(state, how)) {
      await claim.release()
      return storedResult(state)
    }
    return await open(workflow, state, how, environment, claim)
  } catch (error) {
    await claim.release()
    throw error
  }
}

function canGoOn(state: WorkflowState, { wanted }: Reopening): boolean {
  return wanted(state) && state.status !== 'completed' && state.status !== 'cancelled'
}

async function loadFor(workflow: AnyWorkflow, how: Reopening, { backend }: Environment): Promise<WorkflowState> {
  const { runId, allowVersionChange } = how
  const state = await backend.loadState(runId)
  if (state === null)
    throw new StateBackendError('NOT_FOUND', `there is no run '${runId}' to resume; begin it with runWorkflow`, {
      runId,
    })
  checkSameWorkflow(workflow, state, allowVersionChange)
  return state
}

function checkSameWorkflow(workflow: AnyWorkflow, state: WorkflowState, allowVersionChange: boolean): void {
  const { runId, pipelineId, pipelineVersion, stepHistory } = state
  if (pipelineId !== workflow.id)
    refuse('$.workflow.id', `is '${workflow.id}', but run '${runId}' belongs to workflow '${pipelineId}'`)
  if (allowVersionChange) return
  const help = 'resume it with that version, or with allowVersionChange if its steps so far are the same'
  if (pipelineVersion !== workflow.version)
    refuse(
      '$.workflow.version',
      `is '${workflow.version}', but run '${runId}' was begun by '${pipelineVersion}'; ${help}`,
    )
  for (const { stepIndex, stepName } of stepHistory) {
    const name = workflow.steps[stepIndex]?.name
    if (name !== stepName)
      refuse(`$.workflow.steps[${stepIndex}].name`, `is '${name}', but in run '${runId}' this step was '${stepName}'`)
  }
}

async function open(
  workflow: AnyWorkflow,
  state: WorkflowState,
  how: Reopening,
  environment: Environment,
  claim: Claim,
): Promise<Session> {
  const { backend, clock } = environment
  const { runId } = how
  const [steps, spans] = await Promise.all([backend.listRunSteps(runId), backend.getSpans(runId)])
  const record = steps.find(({ executionId }) => executionId === String(state.currentStepIndex))
  const position = positionOf(state, record, answersOf(state, record, how))
  const reopened = RunTrace.reopen(spans, steps, workflow.name, clock.now(), traceAttributes(workflow))
  const session = new Session({ environment, workflow, runId, claim, trace: reopened.trace, position })
  await saveReopened(session, record)
  await together(
    // Also makes the record that a crash right after the first snapshot has left out.
    session.write((lease) =>
      backend.saveRunStart({ ...runStart(workflow, runId), status: 'running', errorMessage: null }, lease),
    ),
    session.saveSpans(reopened.changed),
  )
  session.tell({ type: 'run-resumed', stepIndex: position.stepIndex, totalSteps: workflow.steps.length })
  return session
}

function positionOf(state: WorkflowState, record: StepRecord | undefined, answers: readonly Storable[]): Position {
  const times = state.stepHistory.map(({ executionTimeMs }) => Number(executionTimeMs) || 0)
  return {
    stepIndex: state.currentStepIndex,
    context: state.pipelineContext,
    input: state.lastStepOutput,
    metadata: withoutPause(state.metadata),
    version: state.version,
    workedMs: times.reduce((sum, time) => sum + time, 0),
    isBackgroundTask: state.isBackgroundTask,
    answers,
    costUsd: record?.costUsd ?? null,
    tokenCounts: record?.tokenCounts ?? null,
  }
}

/** The answers that the step's pauses get. They are kept in its record, so that a crash does not lose them. */
function answersOf(
  state: WorkflowState,
  record: StepRecord | undefined,
  { runId, data }: Reopening,
): readonly Storable[] {
  const given: readonly Storable[] = Array.isArray(record?.rawResponse) ? record.rawResponse : []
  if (pauseNote(state)?.by === 'step') return [...given, data ?? null]
  if (data === undefined) return given
  // Of a step that failed on its last answer, this is a better one.
  if (state.status === 'failed' && given.length > 0) return [...given.slice(0, -1), data]
  throw new StateBackendError('CONFLICT', `run '${runId}' waits for no data; resume it without`, {
    runId,
    path: '$.data',
  })
}

/** The run is running again, and its answers are stored, in one commit. */
async function saveReopened(session: Session, record: StepRecord | undefined): Promise<void> {
  const { backend, runId, workflow, position } = session
  const patch = () =>
    ({
      ...pipelineOf(workflow),
      status: 'running',
      totalSteps: workflow.steps.length,
      metadata: position.metadata,
      errorMessage: null,
      backgroundError: null,
    }) satisfies WorkflowStatePatch
  const lastAnswer = `$.rawResponse[${position.answers.length - 1}]`
  const write = session.change(patch, (state, options) =>
    record !== undefined && position.answers.length > 0
      ? backend.saveStepResult(
          { ...record, status: 'running', errorMessage: null, rawResponse: [...position.answers] },
          { ...options, state },
        )
      : backend.updateState(runId, state, options),
  )
  await write.catch((error: unknown) => Promise.reject(renamePath(error, { [lastAnswer]: '$.data' })))
}
