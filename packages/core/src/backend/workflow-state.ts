import type { z } from 'zod'
import { type VersionedOptions, versionedOptions, type WriteOptions, writeOptions } from '../models/claim.js'
import {
  type BackgroundTaskFilter,
  backgroundTaskFilter,
  type FailedFilter,
  type FailedTaskFilter,
  failedFilter,
  failedTaskFilter,
  type StateFilter,
  type StateListItem,
  stateFilter,
  type WorkflowFilter,
  type WorkflowState,
  type WorkflowStateInput,
  type WorkflowStatePatch,
  type WorkflowStats,
  type WorkflowSummary,
  workflowFilter,
  workflowStateInput,
  workflowStatePatch,
} from '../models/workflow-state.js'
import type { StateSummaryRow, StoredState } from '../records.js'
import { upgradeState } from '../rules/upgrade-state.js'
import { hoursBefore } from '../rules/windows.js'
import { countStateRows, workflowStats } from '../rules/workflow-statistics.js'
import { escapeText, unescapeText } from '../serialization/index.js'
import type { Written } from '../state-backend.js'
import type { MaybePromise, StateQuery, StateStore } from '../state-store.js'
import { all, settle, whenDone } from '../store/maybe-promise.js'
import type { Change, StateDraft, StatePatch } from '../store/unit.js'
import { check, checkId, refuse } from './check.js'
import { writeConditions } from './conditions.js'
import type { Call, Kernel } from './kernel.js'
import { pageAfter } from './paging.js'
import { present } from './present.js'
import { allPages } from './walk.js'

export async function saveState(
  kernel: Kernel,
  call: Call,
  runIdInput: string,
  stateInput: WorkflowStateInput,
  optionsInput: VersionedOptions = {},
): Promise<Written> {
  const runId = checkId(runIdInput, 'runId')
  const state = check(workflowStateInput, stateInput)
  const options = check(versionedOptions, optionsInput)
  checkSameRun(runId, state.runId)
  const conditions = writeConditions(runId, options)
  const { version } = await kernel.commit(runId, conditions, encodeState(kernel, call, runId, state))
  call.rows = 1
  return { version }
}

function checkSameRun(runId: string, given: string | undefined): void {
  if (given !== undefined && given !== runId)
    refuse('$.runId', `is '${given}', but the call is for '${runId}'; leave it out or make them equal`)
}

function encodeState(
  kernel: Kernel,
  call: Call,
  runId: string,
  state: z.output<typeof workflowStateInput>,
): MaybePromise<Change[]> {
  const draft = settle<StateDraft>({
    runId,
    pipelineId: state.pipelineId,
    pipelineName: state.pipelineName,
    pipelineVersion: state.pipelineVersion,
    currentStepIndex: state.currentStepIndex,
    pipelineContext: kernel.encode(call, state.pipelineContext, { runId, field: 'pipelineContext' }),
    lastStepOutput: kernel.encode(call, state.lastStepOutput ?? null, { runId, field: 'lastStepOutput' }),
    status: state.status,
    createdAt: state.createdAt ?? null,
    updatedAt: state.updatedAt ?? null,
    totalSteps: state.totalSteps ?? 0,
    errorMessage: textOrNull(state.errorMessage),
    executionTimeMs: state.executionTimeMs ?? null,
    memoryUsageMb: state.memoryUsageMb ?? null,
    metadata: state.metadata === undefined ? null : kernel.encode(call, state.metadata, { runId, field: 'metadata' }),
    isBackgroundTask: state.isBackgroundTask ?? false,
    parentRunId: state.parentRunId ?? null,
    taskId: state.taskId ?? null,
    backgroundError: textOrNull(state.backgroundError),
  })
  const history = encodeHistory(kernel, call, runId, '$.stepHistory', state.stepHistory ?? [])
  return whenDone(draft, (draft) => whenDone(history, (history) => [{ kind: 'save-state', draft, history }]))
}

function textOrNull(text: string | null | undefined): string | null {
  return text == null ? null : escapeText(text)
}

function encodeHistory(
  kernel: Kernel,
  call: Call,
  runId: string,
  at: string,
  items: readonly unknown[],
): MaybePromise<string[]> {
  return all(
    items.map((item, index) =>
      kernel.encode(call, item, { runId, field: 'stepHistory', index }, () => `${at}[${index}]`),
    ),
  )
}

export async function updateState(
  kernel: Kernel,
  call: Call,
  runIdInput: string,
  patchInput: WorkflowStatePatch,
  optionsInput: VersionedOptions = {},
): Promise<Written> {
  const runId = checkId(runIdInput, 'runId')
  const patch = checkPatch(runId, patchInput, [])
  const options = check(versionedOptions, optionsInput)
  const conditions = writeConditions(runId, { ...options, needsState: true })
  const { version } = await kernel.commit(runId, conditions, encodePatch(kernel, call, runId, patch, '$'))
  call.rows = 1
  return { version }
}

export type CheckedPatch = z.output<typeof workflowStatePatch>

/** The patch of `updateState`, or of the `state` option of other writes (then `at` names the option). */
export function checkPatch(runId: string, input: WorkflowStatePatch, at: readonly string[]): CheckedPatch {
  const patch = check(workflowStatePatch, input, at)
  checkSameRun(runId, patch.runId)
  return patch
}

/** `base` is the path of the patch in the caller's input. */
export function encodePatch(
  kernel: Kernel,
  call: Call,
  runId: string,
  patch: CheckedPatch,
  base: string,
): MaybePromise<Change[]> {
  const encode = (field: 'pipelineContext' | 'lastStepOutput' | 'metadata') =>
    patch[field] === undefined
      ? undefined
      : kernel.encode(call, patch[field], { runId, field }, () => `${base}.${field}`)
  const {
    runId: _sameRun,
    version: _ignored,
    stepHistory,
    appendStepHistory,
    errorMessage,
    backgroundError,
    ...plain
  } = patch
  const set = settle<StatePatch>(
    present({
      ...plain,
      pipelineContext: encode('pipelineContext'),
      lastStepOutput: encode('lastStepOutput'),
      metadata: encode('metadata'),
      errorMessage: errorMessage === undefined ? undefined : textOrNull(errorMessage),
      backgroundError: backgroundError === undefined ? undefined : textOrNull(backgroundError),
    }),
  )
  const encodeItems = (field: string, items: readonly unknown[] | undefined) =>
    items === undefined ? null : encodeHistory(kernel, call, runId, `${base}.${field}`, items)
  const history = encodeItems('stepHistory', stepHistory)
  const append = encodeItems('appendStepHistory', appendStepHistory)
  return whenDone(set, (set) =>
    whenDone(history, (history) => whenDone(append, (append) => [{ kind: 'update-state', set, history, append }])),
  )
}

export async function loadState(kernel: Kernel, call: Call, runIdInput: string): Promise<WorkflowState | null> {
  const runId = checkId(runIdInput, 'runId')
  const stored = await kernel.read((store) => store.readState(runId))
  if (stored === null) return null
  call.rows = 1
  return upgradeState(await decodeState(kernel, call, stored), kernel.options.upgradeState)
}

function decodeState(kernel: Kernel, call: Call, { row, history }: StoredState): MaybePromise<WorkflowState> {
  const { runId } = row
  return whenDone(decodeSummary(kernel, call, row), (summary) =>
    settle<WorkflowState>({
      ...summary,
      pipelineContext: kernel.decode(call, row.pipelineContext, { runId, field: 'pipelineContext' }),
      lastStepOutput: kernel.decode(call, row.lastStepOutput, { runId, field: 'lastStepOutput' }),
      stepHistory: all(
        history.map((text, index) => kernel.decode(call, text, { runId, field: 'stepHistory', index })),
      ) as MaybePromise<WorkflowState['stepHistory']>,
    } as { [K in keyof WorkflowState]: MaybePromise<WorkflowState[K]> }),
  )
}

function decodeSummary(kernel: Kernel, call: Call, row: StateSummaryRow): MaybePromise<WorkflowSummary> {
  return whenDone(kernel.decode(call, row.metadata, { runId: row.runId, field: 'metadata' }), (metadata) => ({
    runId: row.runId,
    pipelineId: row.pipelineId,
    pipelineName: row.pipelineName,
    pipelineVersion: row.pipelineVersion,
    currentStepIndex: row.currentStepIndex,
    status: row.status,
    createdAt: new Date(row.createdAt),
    updatedAt: new Date(row.updatedAt),
    totalSteps: row.totalSteps,
    errorMessage: row.errorMessage === null ? null : unescapeText(row.errorMessage),
    executionTimeMs: row.executionTimeMs,
    memoryUsageMb: row.memoryUsageMb,
    metadata: metadata as WorkflowSummary['metadata'],
    isBackgroundTask: row.isBackgroundTask,
    parentRunId: row.parentRunId,
    taskId: row.taskId,
    backgroundError: row.backgroundError === null ? null : unescapeText(row.backgroundError),
    version: row.version,
  }))
}

export async function deleteState(
  kernel: Kernel,
  call: Call,
  runIdInput: string,
  optionsInput: WriteOptions = {},
): Promise<void> {
  const runId = checkId(runIdInput, 'runId')
  const options = check(writeOptions, optionsInput)
  await kernel.commit(runId, writeConditions(runId, options), [{ kind: 'delete-state' }])
  call.rows = 1
  kernel.tellDeleted('state.deleted', runId)
}

export async function listStates(kernel: Kernel, call: Call, filterInput: StateFilter = {}): Promise<StateListItem[]> {
  const { status, ...paging } = check(stateFilter, filterInput)
  const query: StateQuery = { order: 'createdAt', statuses: status, ...pageAfter(paging, 'createdAt') }
  const rows = await kernel.read((store) => store.listStates(query))
  call.rows = rows.length
  return rows.map(({ runId, status, createdAt, updatedAt }) => ({
    runId,
    status,
    createdAt: new Date(createdAt),
    updatedAt: new Date(updatedAt),
  }))
}

async function listSummaries(kernel: Kernel, call: Call, query: StateQuery): Promise<WorkflowSummary[]> {
  const rows = await kernel.read((store) => store.listStates(query))
  return kernel.list(call, rows, (row) => decodeSummary(kernel, call, row))
}

export async function listWorkflows(
  kernel: Kernel,
  call: Call,
  filterInput: WorkflowFilter = {},
): Promise<WorkflowSummary[]> {
  const { status, createdAfter, createdBefore, limit, offset, after, ...names } = check(workflowFilter, filterInput)
  const page = pageAfter({ limit, offset, after }, 'createdAt')
  return listSummaries(kernel, call, {
    order: 'createdAt',
    statuses: status,
    ...names,
    from: createdAfter,
    before: createdBefore,
    ...page,
  })
}

export async function getFailedWorkflows(
  kernel: Kernel,
  call: Call,
  filterInput: FailedFilter = {},
): Promise<WorkflowSummary[]> {
  const { hoursBack, ...paging } = check(failedFilter, filterInput)
  const from = hoursBefore(await kernel.now(), hoursBack)
  return listSummaries(kernel, call, {
    order: 'updatedAt',
    statuses: ['failed'],
    from,
    ...pageAfter(paging, 'updatedAt'),
  })
}

export async function listBackgroundTasks(
  kernel: Kernel,
  call: Call,
  filterInput: BackgroundTaskFilter = {},
): Promise<WorkflowSummary[]> {
  const { parentRunId, status, ...paging } = check(backgroundTaskFilter, filterInput)
  return listSummaries(kernel, call, {
    order: 'updatedAt',
    isBackgroundTask: true,
    parentRunId,
    statuses: status,
    ...pageAfter(paging, 'updatedAt'),
  })
}

export async function getFailedBackgroundTasks(
  kernel: Kernel,
  call: Call,
  filterInput: FailedTaskFilter = {},
): Promise<WorkflowSummary[]> {
  const { parentRunId, hoursBack, ...paging } = check(failedTaskFilter, filterInput)
  const from = hoursBefore(await kernel.now(), hoursBack)
  return listSummaries(kernel, call, {
    order: 'updatedAt',
    isBackgroundTask: true,
    parentRunId,
    statuses: ['failed'],
    from,
    ...pageAfter(paging, 'updatedAt'),
  })
}

export async function getWorkflowStats(kernel: Kernel, call: Call): Promise<WorkflowStats> {
  const recentFrom = hoursBefore(await kernel.now(), 24)
  const counts = await kernel.read((store) => store.countStates?.(recentFrom) ?? countByListing(store, recentFrom))
  call.rows = 1
  return workflowStats(counts)
}

async function countByListing(store: StateStore, recentFrom: number) {
  return countStateRows(await allPages((page) => store.listStates({ order: 'createdAt', ...page })), recentFrom)
}
