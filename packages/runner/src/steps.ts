import type { Storable, WorkflowStatePatch } from '@flujo-state/core'
import { messageOf } from './check.js'
import type { AnyStep } from './define.js'
import { Execution } from './execution.js'
import { PAUSE_KEY, type PauseNote, type RunResult, storedResult } from './result.js'
import { isFaultOfStep, type Session, together } from './session.js'
import { addEvent, addException, closeSpan, type OpenSpan } from './trace.js'

/**
 * Does the steps that are left, one after the other, and gives the run back. Each step's result is one commit with the
 * snapshot that the next step begins from; a crash before it runs the step again, a crash after it never does.
 * What ends a run's work is written last, spans before it: a crash in between leaves a run that is resumed and ended again.
 * @throws `STALE_LEASE` when another worker has taken the run over, and what else the backend throws
 */
export async function work(session: Session): Promise<RunResult> {
  try {
    for (;;) {
      const end = await goOn(session)
      if (end !== null) return end
    }
  } catch (error) {
    throw session.claim.keeper.lost ?? error
  } finally {
    await session.claim.release()
  }
}

async function goOn(session: Session): Promise<RunResult | null> {
  if (session.overruledBy !== null) return obey(session)
  const step = session.workflow.steps[session.position.stepIndex]
  if (step === undefined) return complete(session)
  await session.claim.keeper.ensure()
  if (session.signal.aborted) return interrupt(session, step.name, null)
  return doStep(session, step)
}

async function doStep(session: Session, step: AnyStep): Promise<RunResult | null> {
  const execution = new Execution(session, step)
  const { stepIndex } = execution
  // Shows the step while it runs, and is refused if the run is no longer ours: then the step is not begun.
  await session.saveSpans([execution.span])
  session.tell({ type: 'step-started', ...stepOf(session, step, stepIndex) })
  const ending = await execution.run()
  session.position.workedMs += execution.executionTimeMs
  if (session.claim.keeper.lost) throw session.claim.keeper.lost
  switch (ending.kind) {
    case 'completed':
      return finish(session, execution, ending.output)
    case 'paused':
      return pause(session, execution, ending.reason)
    case 'interrupted':
      return interrupt(session, step.name, execution)
    case 'failed':
      return fail(session, execution, ending.thrown)
  }
}

function stepOf({ workflow }: Session, { name }: AnyStep, stepIndex: number) {
  return { stepName: name, stepIndex, totalSteps: workflow.steps.length }
}

async function finish(session: Session, execution: Execution, output: Storable): Promise<RunResult | null> {
  const { backend, position } = session
  const { step, stepIndex, executionTimeMs } = execution
  const record = execution.record('completed', { input: position.input, output })
  const patch = () => ({
    currentStepIndex: stepIndex + 1,
    pipelineContext: position.context,
    lastStepOutput: output,
    appendStepHistory: [execution.historyItem('completed')],
  })
  try {
    await together(
      session.change(patch, (state, options) => backend.saveStepResult(record, { ...options, state })),
      session.saveSpans(execution.close('completed')),
    )
  } catch (error) {
    if (isFaultOfStep(error)) return fail(session, execution, error)
    throw error
  }
  Object.assign(position, { stepIndex: stepIndex + 1, input: output, answers: [], costUsd: null, tokenCounts: null })
  session.tell({ type: 'step-completed', ...stepOf(session, step, stepIndex), executionTimeMs })
  return null
}

async function pause(session: Session, execution: Execution, reason: string): Promise<RunResult> {
  const note: PauseNote = { stepName: execution.step.name, reason, by: 'step' }
  const record = execution.record('paused', { input: session.position.input })
  const patch = () => ({
    ...pausedPatch(session, note),
    appendStepHistory: [execution.historyItem('paused', { reason })],
  })
  await together(
    session.saveSpans([...execution.close('paused'), pausedRoot(session, note)]),
    session.change(patch, (state, options) => session.backend.saveStepResult(record, { ...options, state })),
  )
  return paused(session, note)
}

/** Pauses because the work was told to stop: before a step, or in one that threw because of it. */
async function interrupt(session: Session, stepName: string, execution: Execution | null): Promise<RunResult> {
  const reason = messageOf(session.signal.reason)
  const note: PauseNote = { stepName, reason, by: 'signal' }
  const history = execution ? [execution.historyItem('interrupted', { reason })] : []
  const patch = () => ({ ...pausedPatch(session, note), appendStepHistory: history })
  await together(
    session.saveSpans([...(execution?.close('interrupted') ?? []), pausedRoot(session, note)]),
    session.change(patch, (patch, options) => session.backend.updateState(session.runId, patch, options)),
  )
  return paused(session, note)
}

function pausedPatch({ overruledBy, position: { metadata } }: Session, note: PauseNote): WorkflowStatePatch {
  return overruledBy === null ? { status: 'paused', metadata: { ...metadata, [PAUSE_KEY]: { ...note } } } : {}
}

function pausedRoot(session: Session, { stepName, reason }: PauseNote): OpenSpan {
  const { root } = session.trace
  root.status = 'paused'
  addEvent(root, 'paused', session.now(), { stepName, reason })
  return root
}

async function paused(session: Session, note: PauseNote): Promise<RunResult> {
  if (session.overruledBy !== null) return obey(session)
  session.tell({ type: 'run-paused', ...note })
  const { runId, backgroundTasks } = session
  return { runId, backgroundTasks, status: 'paused', output: null, ...note }
}

/** The failed step without what it may have left half done: its context and output are not stored. */
async function fail(session: Session, execution: Execution, thrown: unknown): Promise<RunResult> {
  const { backend, runId, position, trace } = session
  const errorMessage = messageOf(thrown)
  const run = await backend.getRunDetails(runId)
  if (run !== null && run.status !== 'running') session.overruledBy = run.status
  const figures = { errorMessage, executionTimeMs: position.workedMs }
  const state = {
    ...figures,
    ...(position.isBackgroundTask ? { backgroundError: errorMessage } : {}),
    appendStepHistory: [execution.historyItem('failed', { errorMessage })],
  }
  addException(trace.root, session.now(), thrown, { stepName: execution.step.name })
  const root = session.overruledBy === null ? [closeSpan(trace.root, 'failed', session.now())] : []
  await together(
    saveFailedRecord(session, execution, errorMessage),
    session.saveSpans([...execution.close('failed'), ...root]),
    session.overruledBy !== null
      ? Promise.resolve()
      : session.write((lease) => backend.saveRunEnd(runId, { status: 'failed', ...figures }, { ...lease, state })),
  )
  if (session.overruledBy !== null) return obey(session)
  session.tell({ type: 'run-failed', errorMessage })
  return {
    runId,
    backgroundTasks: session.backgroundTasks,
    status: 'failed',
    output: null,
    errorMessage,
    error: thrown,
  }
}

async function saveFailedRecord(session: Session, execution: Execution, errorMessage: string): Promise<void> {
  const save = (input: Storable) => {
    const record = execution.record('failed', { input, errorMessage })
    return session.write((lease) => session.backend.saveStepResult(record, lease))
  }
  try {
    await save(session.position.input)
  } catch (error) {
    // The step has put into its input what cannot be stored.
    if (!isFaultOfStep(error)) throw error
    await save(null)
  }
}

async function complete(session: Session): Promise<RunResult> {
  const { backend, runId, position, trace, workflow, backgroundTasks } = session
  const figures = { executionTimeMs: position.workedMs, totalSteps: workflow.steps.length, errorMessage: null }
  await together(
    session.saveSpans([closeSpan(trace.root, 'completed', session.now())]),
    // Without a status: 'completed', unless somebody has cancelled the run since the last step.
    session.write((lease) =>
      backend.saveRunEnd(runId, { ...figures, finalContext: position.context }, { ...lease, state: figures }),
    ),
  )
  const run = await backend.getRunDetails(runId)
  if (run !== null && run.status !== 'completed') return obey(session)
  session.tell({ type: 'run-completed' })
  return { runId, backgroundTasks, status: 'completed', output: position.input }
}

/** Somebody else has decided what becomes of the run. */
async function obey(session: Session): Promise<RunResult> {
  const { trace, backgroundTasks } = session
  const state = await session.load()
  trace.root.status = state.status
  if (state.status !== 'paused') closeSpan(trace.root, state.status, session.now())
  await session.saveSpans([trace.root])
  const result = { ...storedResult(state), backgroundTasks }
  if (result.status === 'cancelled') session.tell({ type: 'run-cancelled' })
  return result
}
