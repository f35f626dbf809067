import {
  isStateBackendError,
  iterate,
  type StateBackend,
  type WorkflowFilter,
  type WorkflowState,
  type WorkflowSummary,
} from '@flujo-state/core'
import { checkFields, refuse } from './check.js'
import { claimRun } from './claim.js'
import { type AnyWorkflow, checkWorkflow } from './define.js'
import { type Environment, environmentOf, type RunnerOptions } from './options.js'
import { reopenRun } from './reopen.js'
import { type PauseNote, pauseNote, type RunResult } from './result.js'
import { Session, together } from './session.js'
import { stopOnSignals } from './signals.js'
import { work } from './steps.js'
import { abandonedSpans } from './trace.js'

/** Which runs to look at; all unless given. */
export type ResumableFilter = Pick<WorkflowFilter, 'pipelineId' | 'pipelineName' | 'pipelineVersion'>

/** A run that could be resumed now. */
export interface ResumableRun extends WorkflowSummary {
  /** `abandoned`: left running by a worker whose lease has ended. */
  readonly why: 'paused' | 'abandoned'
  /** What a paused run waits for, if the runner paused it. */
  readonly pause: PauseNote | null
}

/** Paused runs, and those left running without a live lease; newest first. */
export async function listResumable(backend: StateBackend, filter: ResumableFilter = {}): Promise<ResumableRun[]> {
  checkFields(filter, '$', ['pipelineId', 'pipelineName', 'pipelineVersion'])
  const runs: ResumableRun[] = []
  for await (const run of resumable(backend, { ...filter, status: ['paused', 'running'] })) runs.push(run)
  return runs
}

async function* resumable(backend: StateBackend, filter: WorkflowFilter): AsyncGenerator<ResumableRun> {
  for await (const run of iterate((page: WorkflowFilter) => backend.listWorkflows(page), filter)) {
    if (run.status === 'paused') yield { ...run, why: 'paused', pause: pauseNote(run) }
    else if ((await backend.getLease(run.runId)) === null) yield { ...run, why: 'abandoned', pause: null }
  }
}

export interface RecoverOptions extends Omit<RunnerOptions, 'backend'> {
  /** The runs of these are recovered, others are left alone. May be left out for `action: 'fail'`: then all are. */
  readonly workflows?: readonly AnyWorkflow[] | undefined
  /** What to do with runs left running without a live lease: go on with them (unless given), or mark them as failed. */
  readonly action?: 'resume' | 'fail' | undefined
  /** With 'resume': go on with runs that a signal has paused, too (never with those that wait for data). */
  readonly interrupted?: boolean | undefined
  /** How many runs to work on at the same time; 4 unless given. */
  readonly concurrency?: number | undefined
  /** As of `resumeWorkflow`. */
  readonly allowVersionChange?: boolean | undefined
}

export interface Recovery {
  /** What became of the runs that this call went on with. */
  readonly resumed: RunResult[]
  /** Runs that this call has marked as failed. */
  readonly failed: string[]
  /** Runs that another worker has taken meanwhile, and those of workflows that were not given. */
  readonly skipped: { readonly runId: string; readonly why: 'claimed' | 'changed' | 'unknown workflow' }[]
  /** Runs whose recovery failed; they stay as they are. */
  readonly errors: { readonly runId: string; readonly error: unknown }[]
}

/**
 * Takes care of the runs whose process died. Any number of processes may call it at the same time: each run is taken by one.
 * Resolves once all of them are worked through.
 * @throws `VALIDATION`; errors of single runs are in the result
 */
export async function recover(backend: StateBackend, options: RecoverOptions): Promise<Recovery> {
  const settings = settingsOf(backend, options)
  if (!settings.environment.handleSignals) return recoverAll(backend, settings)
  // Once for all runs: after a signal no further one is taken.
  const { signal, dispose } = stopOnSignals()
  const stops = [...settings.environment.stops, signal]
  const environment = { ...settings.environment, handleSignals: false, stops }
  return recoverAll(backend, { ...settings, environment }).finally(dispose)
}

async function recoverAll(backend: StateBackend, settings: Settings): Promise<Recovery> {
  const { interrupted, concurrency, environment } = settings
  const recovery: Recovery = { resumed: [], failed: [], skipped: [], errors: [] }
  const left = resumable(backend, { status: interrupted ? ['running', 'paused'] : 'running' })
  // All take from the one list.
  const worker = async () => {
    for await (const run of left) {
      if (environment.stops.some(({ aborted }) => aborted)) break
      if (isLeft(run, interrupted)) await takeCare(run, settings, recovery)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
  return recovery
}

interface Settings {
  readonly environment: Environment
  readonly workflows: readonly AnyWorkflow[] | null
  readonly action: 'resume' | 'fail'
  readonly interrupted: boolean
  readonly concurrency: number
  readonly allowVersionChange: boolean
}

function settingsOf(backend: StateBackend, options: RecoverOptions): Settings {
  const {
    workflows = null,
    action = 'resume',
    interrupted = false,
    concurrency = 4,
    allowVersionChange = false,
  } = options
  const more = ['workflows', 'action', 'interrupted', 'concurrency', 'allowVersionChange']
  const environment = environmentOf({ ...options, backend }, more)
  if (action !== 'resume' && action !== 'fail') refuse('$.action', "expected 'resume' or 'fail'")
  if (workflows !== null && !Array.isArray(workflows)) refuse('$.workflows', 'expected an array of workflows')
  if (workflows === null && action === 'resume')
    refuse('$.workflows', 'is missing: which workflows can be gone on with?')
  workflows?.forEach((workflow, index) => void checkWorkflow(workflow, `$.workflows[${index}]`))
  if (!Number.isSafeInteger(concurrency) || concurrency < 1)
    refuse('$.concurrency', 'expected an integer of at least 1')
  return { environment, workflows, action, interrupted, concurrency, allowVersionChange }
}

/** Whether its worker was stopped: by its death, or (if those count) by a signal. Not if it waits for data. */
function isLeft(run: Pick<WorkflowState, 'status' | 'metadata'>, interrupted: boolean): boolean {
  return run.status === 'running' || (interrupted && pauseNote(run)?.by === 'signal')
}

async function takeCare(run: ResumableRun, settings: Settings, recovery: Recovery): Promise<void> {
  const { runId } = run
  const { workflows, action } = settings
  const workflow = workflowOf(run, settings)
  try {
    if (workflow === undefined && (workflows !== null || action === 'resume'))
      recovery.skipped.push({ runId, why: 'unknown workflow' })
    else if (action === 'fail') await failRun(runId, settings, recovery)
    else if (workflow !== undefined) await goOn(runId, workflow, settings, recovery)
  } catch (error) {
    if (isStateBackendError(error, 'RUN_CLAIMED', 'STALE_LEASE')) recovery.skipped.push({ runId, why: 'claimed' })
    else recovery.errors.push({ runId, error })
  }
}

function workflowOf(run: ResumableRun, { workflows, action, allowVersionChange }: Settings): AnyWorkflow | undefined {
  const same = workflows?.filter(({ id }) => id === run.pipelineId) ?? []
  const exact = same.find(({ version }) => version === run.pipelineVersion)
  return exact ?? (allowVersionChange || action === 'fail' ? same[0] : undefined)
}

async function goOn(runId: string, workflow: AnyWorkflow, settings: Settings, recovery: Recovery): Promise<void> {
  const { environment, interrupted, allowVersionChange } = settings
  const wanted = (state: WorkflowState) => isLeft(state, interrupted)
  const run = await reopenRun(workflow, { runId, wanted, allowVersionChange }, environment)
  if (run instanceof Session) recovery.resumed.push(await work(run))
  else recovery.skipped.push({ runId, why: 'changed' })
}

async function failRun(runId: string, { environment, interrupted }: Settings, recovery: Recovery): Promise<void> {
  const { backend, clock } = environment
  const { keeper, release } = await claimRun(runId, environment)
  try {
    const state = await backend.loadState(runId)
    if (state === null || !isLeft(state, interrupted)) {
      recovery.skipped.push({ runId, why: 'changed' })
      return
    }
    const errorMessage = `abandoned: its worker stopped before step ${state.currentStepIndex} was finished`
    const patch = { errorMessage, ...(state.isBackgroundTask ? { backgroundError: errorMessage } : {}) }
    const { lease } = keeper
    const [steps, spans] = await Promise.all([backend.listRunSteps(runId), backend.getSpans(runId)])
    await together(
      backend.saveSpans(runId, abandonedSpans(spans, steps, clock.now(), errorMessage), { lease }),
      backend.saveRunEnd(runId, { status: 'failed', errorMessage }, { lease, state: patch }),
    )
    recovery.failed.push(runId)
  } finally {
    await release()
  }
}
