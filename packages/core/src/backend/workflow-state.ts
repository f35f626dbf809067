import { type VersionedOptions, versionedOptions, type WriteOptions, writeOptions } from '../models/claim.js'
import {
  type FailedFilter,
  failedFilter,
  type StateFilter,
  type StateListItem,
  stateFilter,
  type WorkflowFilter,
  type WorkflowState,
  type WorkflowStateInput,
  type WorkflowStatePatch,
  type WorkflowSummary,
  workflowFilter,
  workflowStateInput,
  workflowStatePatch,
} from '../models/workflow-state.js'
import { upgradeState } from '../rules/upgrade-state.js'
import { hoursBefore } from '../rules/windows.js'
import type { Written } from '../state-backend.js'
import type { MaybePromise, StateQuery } from '../state-store.js'
import { whenDone } from '../store/maybe-promise.js'
import type { Call } from './call.js'
import { check, checkId, refuse } from './check.js'
import { writeConditions } from './conditions.js'
import type { Kernel } from './kernel.js'
import { pageAfter } from './paging.js'
import type { Committed } from './queue.js'
import { type CheckedPatch, decodeState, decodeSummary, encodePatch, encodeState } from './state-codec.js'

export function saveState(
  kernel: Kernel,
  call: Call,
  runIdInput: string,
  stateInput: WorkflowStateInput,
  optionsInput: VersionedOptions = {},
): MaybePromise<Written> {
  const runId = checkId(runIdInput, 'runId')
  const state = check(workflowStateInput, stateInput)
  const options = check(versionedOptions, optionsInput)
  checkSameRun(runId, state.runId)
  const conditions = writeConditions(runId, options)
  const changes = encodeState(kernel, call, runId, state)
  return whenDone(kernel.commit(runId, conditions, changes), (committed) => written(call, committed))
}

function written(call: Call, { version }: Committed): Written {
  call.rows = 1
  return { version }
}

function checkSameRun(runId: string, given: string | undefined): void {
  if (given !== undefined && given !== runId)
    refuse('$.runId', `is '${given}', but the call is for '${runId}'; leave it out or make them equal`)
}

export function updateState(
  kernel: Kernel,
  call: Call,
  runIdInput: string,
  patchInput: WorkflowStatePatch,
  optionsInput: VersionedOptions = {},
): MaybePromise<Written> {
  const runId = checkId(runIdInput, 'runId')
  const patch = checkPatch(runId, patchInput)
  const options = check(versionedOptions, optionsInput)
  const conditions = writeConditions(runId, options, true)
  const changes = encodePatch(kernel, call, runId, patch, '$')
  return whenDone(kernel.commit(runId, conditions, changes), (committed) => written(call, committed))
}

/** The patch of `updateState`, or of the `state` option of other writes (then `at` names the option). */
export function checkPatch(runId: string, input: unknown, at?: () => readonly string[]): CheckedPatch {
  const patch = check(workflowStatePatch, input, at)
  checkSameRun(runId, patch.runId)
  return patch
}

export function loadState(kernel: Kernel, call: Call, runIdInput: string): MaybePromise<WorkflowState | null> {
  const runId = checkId(runIdInput, 'runId')
  const stored = kernel.read((store) => store.readState(runId))
  return whenDone(stored, (stored) => {
    if (stored === null) return null
    call.rows = 1
    const decoded = decodeState(kernel, call, stored)
    return whenDone(decoded, (state) => upgradeState(state, kernel.options.upgradeState))
  })
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

export async function listSummaries(kernel: Kernel, call: Call, query: StateQuery): Promise<WorkflowSummary[]> {
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
