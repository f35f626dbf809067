import type * as core from '@flujo-state/core'
import type { Recorder } from './recorder.js'

/** Everything that public reads show, in one plain object: two stores with equal content give equal dumps. */
export interface Dump {
  /** By run id, of the ids that the rule has used so far; those under which nothing is stored are left out. */
  readonly runs: Readonly<Record<string, RunDump>>
  readonly systemStates: Readonly<Record<string, core.SystemState>>
  readonly states: readonly core.StateListItem[]
  readonly workflows: readonly core.WorkflowSummary[]
  readonly failedWorkflows: readonly core.WorkflowSummary[]
  readonly backgroundTasks: readonly core.WorkflowSummary[]
  readonly runList: readonly core.RunSummary[]
  readonly evaluations: readonly core.Evaluation[]
  readonly stats: core.WorkflowStats | null
  readonly spanStatistics: core.SpanStatistics | null
}

interface RunDump {
  readonly state: core.WorkflowState | null
  readonly run: core.Run | null
  readonly steps: readonly core.StepRecord[]
  readonly spans: readonly core.Span[]
  readonly lease: core.Lease | null
}

const ALL = { limit: 1_000_000 }
/** Further back than any time a rule uses. */
const EVER = { hoursBack: 24 * 366 * 4_000, ...ALL }

/** Reads the whole store; groups that the backend declares missing stay empty. `extraIds` are dumped beside the ids used so far. */
export async function dump(
  backend: core.StateBackend,
  recorder: Recorder,
  extraIds: readonly string[] = [],
): Promise<Dump> {
  const { capabilities: has } = backend
  const states = has.states ? await backend.listStates(ALL) : []
  const runList = has.runs ? await backend.listRuns(ALL) : []
  const listed = [...states, ...runList].map(({ runId }) => runId)
  const runIds = [...new Set([...recorder.runIds, ...extraIds, ...listed])].filter(isId).sort()
  const keys = [...recorder.keys].filter(isId).sort()
  return {
    runs: await record(runIds, (runId) => dumpRun(backend, runId)),
    systemStates: has.systemState ? await record(keys, (key) => backend.getSystemState(key)) : {},
    states,
    workflows: has.states ? await backend.listWorkflows(ALL) : [],
    failedWorkflows: has.states ? await backend.getFailedWorkflows(EVER) : [],
    backgroundTasks: has.backgroundTasks ? await backend.listBackgroundTasks(ALL) : [],
    runList,
    evaluations: has.evaluations ? await backend.listEvaluations(ALL) : [],
    stats: has.stats ? await backend.getWorkflowStats() : null,
    spanStatistics: has.traces ? await backend.getSpanStatistics() : null,
  }
}

async function dumpRun(backend: core.StateBackend, runId: string): Promise<RunDump | null> {
  const { capabilities: has } = backend
  const run: RunDump = {
    state: has.states ? await backend.loadState(runId) : null,
    run: has.runs ? await backend.getRunDetails(runId) : null,
    steps: has.steps ? await backend.listRunSteps(runId) : [],
    spans: has.traces ? await backend.getSpans(runId) : [],
    lease: has.claims ? await backend.getLease(runId) : null,
  }
  const isThere = run.state ?? run.run ?? run.lease ?? (run.steps.length > 0 || run.spans.length > 0)
  return isThere ? run : null
}

// Entries, so that an id like `__proto__` is a key like others.
async function record<T>(
  keys: readonly string[],
  read: (key: string) => Promise<T | null>,
): Promise<Record<string, T>> {
  const values = await Promise.all(keys.map(read))
  const entries = keys.flatMap((key, index): [string, T][] => {
    const value = values[index] ?? null
    return value === null ? [] : [[key, value]]
  })
  return Object.fromEntries(entries)
}

// Rules call with bad ids too; those name nothing.
const isId = (id: string) =>
  id.length > 0 &&
  id.length <= 512 &&
  id.isWellFormed() &&
  !/\p{Cc}/u.test(id) &&
  new TextEncoder().encode(id).length <= 1_024
