/** What each kind of change does to a run: one function per kind, all pure but for the `Work` they fill. */
import type { Encoded, StateRow } from '../records.js'
import { addExactly } from '../rules/exact-sum.js'
import { leaseEnd } from '../rules/lease.js'
import { endedAtAfter, isTerminal, statusAfterEnd, statusAfterStart } from '../rules/status.js'
import type { StateHead } from '../state-store.js'
import type { Change, StateDraft } from './unit.js'
import type { Work } from './work.js'

type Of<K extends Change['kind']> = Extract<Change, { kind: K }>
type Appliers = { readonly [K in Change['kind']]: (work: Work, change: Of<K>) => void }

/** A snapshot that a condition of the unit has found to be there. */
function stateOf(work: Work): StateHead {
  const { state } = work
  if (state === null) throw new TypeError('a unit that changes a snapshot needs the condition state-exists')
  return state
}

function saveState(work: Work, { draft, history }: Of<'save-state'>): void {
  const { state: old, run } = work
  const row = stateRow(
    draft,
    work.nextVersion(),
    draft.createdAt ?? old?.createdAt ?? work.now,
    work.updatedAt(draft.updatedAt),
    draft.metadata ?? run?.metadata ?? work.emptyObject,
  )
  work.writes.push({ kind: 'put-state', row, history })
  work.state = row
  work.historyLength = history.length
  if (run?.placeholder) work.fillPlaceholder(run, row)
  else work.moveRunStatus(row.status, row.updatedAt)
}

// Field by field: to spread the draft costs ten times as much, at every save.
function stateRow(
  draft: StateDraft,
  version: number,
  createdAt: number,
  updatedAt: number,
  metadata: Encoded,
): StateRow {
  return {
    runId: draft.runId,
    version,
    pipelineId: draft.pipelineId,
    pipelineName: draft.pipelineName,
    pipelineVersion: draft.pipelineVersion,
    currentStepIndex: draft.currentStepIndex,
    status: draft.status,
    createdAt,
    updatedAt,
    totalSteps: draft.totalSteps,
    errorMessage: draft.errorMessage,
    executionTimeMs: draft.executionTimeMs,
    memoryUsageMb: draft.memoryUsageMb,
    metadata,
    isBackgroundTask: draft.isBackgroundTask,
    parentRunId: draft.parentRunId,
    taskId: draft.taskId,
    backgroundError: draft.backgroundError,
    pipelineContext: draft.pipelineContext,
    lastStepOutput: draft.lastStepOutput,
  }
}

function updateState(work: Work, { set, history, append }: Of<'update-state'>): void {
  const old = stateOf(work)
  const updatedAt = work.updatedAt(set.updatedAt)
  work.patchState(old, { ...set, updatedAt })
  if (history) {
    work.writes.push({ kind: 'replace-history', runId: work.runId, items: history })
    work.historyLength = history.length
  }
  if (append?.length) {
    work.writes.push({ kind: 'append-history', runId: work.runId, from: work.historyLength, items: append })
    work.historyLength += append.length
  }
  work.moveRunStatus(set.status ?? old.status, updatedAt)
}

function deleteState(work: Work): void {
  const { state } = work
  if (state === null) return
  work.raise('version', state.version)
  work.writes.push({ kind: 'delete-state', runId: work.runId })
  work.state = null
  work.historyLength = 0
}

function startRun(work: Work, { set }: Of<'start-run'>): void {
  const { run, state } = work
  const status = statusAfterStart(set.status, (state ?? run)?.status ?? null)
  const updatedAt = set.updatedAt ?? work.now
  if (run === null || run.placeholder) work.startRun(set, status)
  else {
    const { createdAt: _fixedByTheFirstCall, ...changed } = set
    work.patchRun(run, { ...changed, status, updatedAt, endedAt: endedAtAfter(status, run, work.now) })
  }
  work.moveStateStatus(status, updatedAt)
}

function endRun(work: Work, { set }: Of<'end-run'>): void {
  const run = work.ensureRun()
  const status = statusAfterEnd(set.status, run.status)
  const updatedAt = set.updatedAt ?? work.now
  const given = isTerminal(status) ? set.endedAt : null
  const endedAt = given === undefined ? endedAtAfter(status, run, work.now) : given
  work.patchRun(run, { ...set, status, updatedAt, endedAt })
  work.moveStateStatus(status, updatedAt)
}

function saveStep(work: Work, { row }: Of<'save-step'>): void {
  const run = work.ensureRun()
  work.writes.push({ kind: 'put-step', row: { ...row, createdAt: row.createdAt ?? work.now } })
  const before = work.step?.costUsd ?? 0
  const after = row.costUsd ?? 0
  if (before !== after) work.patchRun(run, { stepCosts: addExactly(addExactly(run.stepCosts, -before), after) })
  work.step = { costUsd: row.costUsd }
}

function saveSpans(work: Work, { rows, replace }: Of<'save-spans'>): void {
  work.ensureRun()
  if (replace) work.writes.push({ kind: 'delete-spans', runId: work.runId })
  if (rows.length > 0) work.writes.push({ kind: 'put-spans', runId: work.runId, rows })
}

function addEvaluation(work: Work, { row }: Of<'add-evaluation'>): void {
  work.ensureRun()
  const sequence = work.counters.evaluation + 1
  work.raise('evaluation', sequence)
  work.writes.push({ kind: 'add-evaluation', row: { ...row, sequence, createdAt: work.now } })
}

function putLease(work: Work, owner: string, fence: number, leaseMs: number): void {
  const row = { runId: work.runId, owner, fence, expiresAt: leaseEnd(work.now, leaseMs) }
  work.writes.push({ kind: 'put-lease', row })
  work.lease = row
}

function claim(work: Work, { owner, leaseMs }: Of<'claim'>): void {
  const fence = work.counters.fence + 1
  work.raise('fence', fence)
  putLease(work, owner, fence, leaseMs)
}

function renew(work: Work, { leaseMs }: Of<'renew'>): void {
  const { lease } = work
  if (lease) putLease(work, lease.owner, lease.fence, leaseMs)
}

// Without its record a lease is nobody's latest, and the next claim gets a higher fence: so this is also what raises it.
function release(work: Work): void {
  if (work.lease === null) return
  work.writes.push({ kind: 'delete-lease', runId: work.runId })
  work.lease = null
}

function markStale(work: Work, { backgroundError }: Of<'mark-stale'>): void {
  work.patchState(stateOf(work), { status: 'failed', backgroundError, updatedAt: work.now })
  work.moveRunStatus('failed', work.now)
  release(work)
}

function deleteRun(work: Work): void {
  const { state, run, lease } = work
  if (state !== null) work.raise('version', state.version)
  // Steps, spans and evaluations always have a run record.
  if (state !== null || run !== null || lease !== null) work.writes.push({ kind: 'delete-run', runId: work.runId })
  work.state = null
  work.historyLength = 0
  work.run = null
  work.lease = null
  work.step = null
}

export const appliers: Appliers = {
  'save-state': saveState,
  'update-state': updateState,
  'delete-state': deleteState,
  'start-run': startRun,
  'end-run': endRun,
  'save-step': saveStep,
  'save-spans': saveSpans,
  'add-evaluation': addEvaluation,
  'put-system-state': (work, { key, value }) =>
    work.writes.push({ kind: 'put-system-state', row: { key, value, updatedAt: work.now } }),
  claim,
  renew,
  release,
  'mark-stale': markStale,
  'delete-run': deleteRun,
}
