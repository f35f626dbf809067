import * as tasks from './backend/background-task.js'
import * as claims from './backend/claim.js'
import { cleanupOldWorkflows, cleanupStaleBackgroundTasks } from './backend/cleanup.js'
import * as evaluations from './backend/evaluation.js'
import { Kernel } from './backend/kernel.js'
import type { BackendOptions } from './backend/options.js'
import * as runs from './backend/run.js'
import { getWorkflowStats } from './backend/statistics.js'
import * as steps from './backend/step.js'
import * as systemStates from './backend/system-state.js'
import * as traces from './backend/trace.js'
import * as states from './backend/workflow-state.js'
import { type Capabilities, CONTRACT_VERSION } from './capabilities.js'
import type {
  ClaimOptions,
  DeleteRunOptions,
  Lease,
  RenewOptions,
  VersionedOptions,
  WriteOptions,
} from './models/claim.js'
import type { EvaluationFilter, EvaluationInput } from './models/evaluation.js'
import type { RunEnd, RunFilter, RunStart } from './models/run.js'
import type { StepInput } from './models/step.js'
import type { StorableObject } from './models/storable.js'
import type { SpanFilter, SpanInput, SpanNodeInput, SpanStatisticsFilter } from './models/trace.js'
import type * as model from './models/workflow-state.js'
import type { StateBackend, WithState, Written } from './state-backend.js'
import type { StateStore } from './state-store.js'

/**
 * The contract over a store: checks inputs, encodes and decodes, gives defaults, derives. Backends extend this class, so that
 * they are classes of their own name with their own constructor.
 */
export class StoreStateBackend implements StateBackend {
  readonly contractVersion = CONTRACT_VERSION
  readonly #kernel: Kernel

  constructor(store: StateStore, options: BackendOptions = {}) {
    this.#kernel = new Kernel(store, options)
  }

  get capabilities(): Capabilities {
    return this.#kernel.store.capabilities
  }

  open(): Promise<void> {
    return this.#kernel.run('open', null, null, () => this.#kernel.ready())
  }
  shutdown(): Promise<void> {
    return this.#kernel.shutdown()
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown()
  }

  saveState(runId: string, state: model.WorkflowStateInput, options?: VersionedOptions): Promise<Written> {
    return this.#kernel.run('saveState', 'states', runId, (call) =>
      states.saveState(this.#kernel, call, runId, state, options),
    )
  }
  updateState(runId: string, patch: model.WorkflowStatePatch, options?: VersionedOptions): Promise<Written> {
    return this.#kernel.run('updateState', 'states', runId, (call) =>
      states.updateState(this.#kernel, call, runId, patch, options),
    )
  }
  loadState(runId: string): Promise<model.WorkflowState | null> {
    return this.#kernel.run('loadState', 'states', runId, (call) => states.loadState(this.#kernel, call, runId))
  }
  deleteState(runId: string, options?: WriteOptions): Promise<void> {
    return this.#kernel.run('deleteState', 'states', runId, (call) =>
      states.deleteState(this.#kernel, call, runId, options),
    )
  }
  listStates(filter?: model.StateFilter): Promise<model.StateListItem[]> {
    return this.#kernel.run('listStates', 'states', null, (call) => states.listStates(this.#kernel, call, filter))
  }
  listWorkflows(filter?: model.WorkflowFilter): Promise<model.WorkflowSummary[]> {
    return this.#kernel.run('listWorkflows', 'states', null, (call) => states.listWorkflows(this.#kernel, call, filter))
  }
  getWorkflowStats(): Promise<model.WorkflowStats> {
    return this.#kernel.run('getWorkflowStats', 'stats', null, (call) => getWorkflowStats(this.#kernel, call))
  }
  getFailedWorkflows(filter?: model.FailedFilter): Promise<model.WorkflowSummary[]> {
    return this.#kernel.run('getFailedWorkflows', 'states', null, (call) =>
      states.getFailedWorkflows(this.#kernel, call, filter),
    )
  }
  cleanupOldWorkflows(options?: model.CleanupOptions): Promise<number> {
    return this.#kernel.run('cleanupOldWorkflows', 'cleanup', null, (call) =>
      cleanupOldWorkflows(this.#kernel, call, options),
    )
  }
  compact(): Promise<void> {
    return this.#kernel.run('compact', 'compact', null, () => this.#kernel.read((store) => store.compact?.()))
  }

  listBackgroundTasks(filter?: model.BackgroundTaskFilter): Promise<model.WorkflowSummary[]> {
    return this.#kernel.run('listBackgroundTasks', 'backgroundTasks', null, (call) =>
      tasks.listBackgroundTasks(this.#kernel, call, filter),
    )
  }
  getFailedBackgroundTasks(filter?: model.FailedTaskFilter): Promise<model.WorkflowSummary[]> {
    return this.#kernel.run('getFailedBackgroundTasks', 'backgroundTasks', null, (call) =>
      tasks.getFailedBackgroundTasks(this.#kernel, call, filter),
    )
  }
  cleanupStaleBackgroundTasks(options?: model.StaleOptions): Promise<number> {
    return this.#kernel.run('cleanupStaleBackgroundTasks', 'backgroundTasks', null, (call) =>
      cleanupStaleBackgroundTasks(this.#kernel, call, options),
    )
  }

  saveRunStart(run: RunStart, options?: WriteOptions): Promise<void> {
    return this.#kernel.run('saveRunStart', 'runs', runIdOf(run), (call) =>
      runs.saveRunStart(this.#kernel, call, run, options),
    )
  }
  saveRunEnd(runId: string, end: RunEnd, options: WriteOptions & WithState): Promise<Written>
  saveRunEnd(runId: string, end: RunEnd, options?: WriteOptions): Promise<void>
  saveRunEnd(runId: string, end: RunEnd, options?: WriteOptions & Partial<WithState>): Promise<unknown> {
    return this.#kernel.run('saveRunEnd', 'runs', runId, (call) =>
      runs.saveRunEnd(this.#kernel, call, runId, end, options),
    )
  }
  getRunDetails(runId: string) {
    return this.#kernel.run('getRunDetails', 'runs', runId, (call) => runs.getRunDetails(this.#kernel, call, runId))
  }
  listRuns(filter?: RunFilter) {
    return this.#kernel.run('listRuns', 'runs', null, (call) => runs.listRuns(this.#kernel, call, filter))
  }
  deleteRun(runId: string, options?: DeleteRunOptions): Promise<void> {
    return this.#kernel.run('deleteRun', 'runs', runId, (call) => runs.deleteRun(this.#kernel, call, runId, options))
  }

  saveStepResult(step: StepInput, options: VersionedOptions & WithState): Promise<Written>
  saveStepResult(step: StepInput, options?: VersionedOptions): Promise<void>
  saveStepResult(step: StepInput, options?: VersionedOptions & Partial<WithState>): Promise<unknown> {
    return this.#kernel.run('saveStepResult', 'steps', runIdOf(step), (call) =>
      steps.saveStepResult(this.#kernel, call, step, options),
    )
  }
  listRunSteps(runId: string) {
    return this.#kernel.run('listRunSteps', 'steps', runId, (call) => steps.listRunSteps(this.#kernel, call, runId))
  }

  saveTrace(runId: string, root: SpanNodeInput, options?: WriteOptions): Promise<void> {
    return this.#kernel.run('saveTrace', 'traces', runId, (call) =>
      traces.saveTrace(this.#kernel, call, runId, root, options),
    )
  }
  saveSpans(runId: string, spans: readonly SpanInput[], options?: WriteOptions): Promise<void> {
    return this.#kernel.run('saveSpans', 'traces', runId, (call) =>
      traces.saveSpans(this.#kernel, call, runId, spans, options),
    )
  }
  getTrace(runId: string) {
    return this.#kernel.run('getTrace', 'traces', runId, (call) => traces.getTrace(this.#kernel, call, runId))
  }
  getSpans(runId: string, filter?: SpanFilter) {
    return this.#kernel.run('getSpans', 'traces', runId, (call) => traces.getSpans(this.#kernel, call, runId, filter))
  }
  getSpanStatistics(filter?: SpanStatisticsFilter) {
    return this.#kernel.run('getSpanStatistics', 'traces', null, (call) =>
      traces.getSpanStatistics(this.#kernel, call, filter),
    )
  }

  persistEvaluation(runId: string, evaluation: EvaluationInput, options?: WriteOptions): Promise<void> {
    return this.#kernel.run('persistEvaluation', 'evaluations', runId, (call) =>
      evaluations.persistEvaluation(this.#kernel, call, runId, evaluation, options),
    )
  }
  listEvaluations(filter?: EvaluationFilter) {
    return this.#kernel.run('listEvaluations', 'evaluations', null, (call) =>
      evaluations.listEvaluations(this.#kernel, call, filter),
    )
  }

  setSystemState(key: string, value: StorableObject): Promise<void> {
    return this.#kernel.run('setSystemState', 'systemState', null, (call) =>
      systemStates.setSystemState(this.#kernel, call, key, value),
    )
  }
  getSystemState(key: string) {
    return this.#kernel.run('getSystemState', 'systemState', null, (call) =>
      systemStates.getSystemState(this.#kernel, call, key),
    )
  }

  claimRun(runId: string, options: ClaimOptions): Promise<Lease> {
    return this.#kernel.run('claimRun', 'claims', runId, (call) => claims.claimRun(this.#kernel, call, runId, options))
  }
  renewLease(lease: Lease, options: RenewOptions): Promise<Lease> {
    return this.#kernel.run('renewLease', 'claims', runIdOf(lease), (call) =>
      claims.renewLease(this.#kernel, call, lease, options),
    )
  }
  releaseLease(lease: Lease): Promise<void> {
    return this.#kernel.run('releaseLease', 'claims', runIdOf(lease), (call) =>
      claims.releaseLease(this.#kernel, call, lease),
    )
  }
  getLease(runId: string): Promise<Lease | null> {
    return this.#kernel.run('getLease', 'claims', runId, (call) => claims.getLease(this.#kernel, call, runId))
  }
}

/** For messages and observers, of an input that may be anything: a getter that throws must not make the call throw. */
function runIdOf(input: { readonly runId?: unknown } | null | undefined): unknown {
  try {
    return input?.runId
  } catch {
    return null
  }
}

/**
 * A complete backend from what its author wrote: the store. Does no I/O; the first call opens the store.
 * @throws `VALIDATION` for options of the wrong kind
 */
export function createStateBackend(store: StateStore, options: BackendOptions = {}): StateBackend {
  return new StoreStateBackend(store, options)
}
