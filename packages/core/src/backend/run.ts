import type { z } from 'zod'
import {
  type DeleteRunOptions,
  deleteRunOptions,
  type WriteOptions,
  writeOptions,
  writeOptionsWithState,
} from '../models/claim.js'
import type { WorkflowStatus } from '../models/common.js'
import {
  type Run,
  type RunEnd,
  type RunFilter,
  type RunStart,
  type RunSummary,
  runEnd,
  runFilter,
  runStart,
} from '../models/run.js'
import type { RunPatchRow, RunSummaryRow } from '../records.js'
import { contains } from '../rules/containment.js'
import { exactTotal } from '../rules/exact-sum.js'
import { isTerminal } from '../rules/status.js'
import { mayHaveMembers, memberTexts, unescapeText } from '../serialization/index.js'
import type { WithState, Written } from '../state-backend.js'
import type { MaybePromise, RunQuery } from '../state-store.js'
import { whenDone } from '../store/maybe-promise.js'
import type { Change, Condition } from '../store/unit.js'
import type { Call } from './call.js'
import { check, checkId, refuse } from './check.js'
import { writeConditions } from './conditions.js'
import { encodeGiven } from './given.js'
import type { Kernel } from './kernel.js'
import { type Page, pageAfter } from './paging.js'
import { type CheckedPatch, encodePatch } from './state-codec.js'
import { walk } from './walk.js'
import { patchOf } from './with-state.js'

export async function saveRunStart(
  kernel: Kernel,
  call: Call,
  runInput: RunStart,
  optionsInput: WriteOptions = {},
): Promise<void> {
  const run = check(runStart, runInput)
  const { runId } = run
  const options = check(writeOptions, optionsInput)
  const conditions = writeConditions(runId, options)
  const set = encodeRun(kernel, call, runId, run)
  await kernel.commit(
    runId,
    conditions,
    whenDone(set, (set): Change[] => [{ kind: 'start-run', set }]),
  )
  call.rows = 1
}

type RunFields = z.output<typeof runStart> | z.output<typeof runEnd>

function encodeRun(kernel: Kernel, call: Call, runId: string, run: RunFields): MaybePromise<RunPatchRow> {
  return encodeGiven<RunPatchRow>(run, (value, field) => kernel.encode(call, value, { runId, field }))
}

export async function saveRunEnd(
  kernel: Kernel,
  call: Call,
  runIdInput: string,
  endInput: RunEnd,
  optionsInput: WriteOptions & Partial<WithState> = {},
): Promise<Written | undefined> {
  const runId = checkId(runIdInput, 'runId')
  const end = check(runEnd, endInput)
  const options = check(writeOptionsWithState, optionsInput)
  const patch = patchOf(runId, options)
  checkEnd(end, patch)
  // Left out, the status is known only beside the run as it is.
  const endsAs = end.status === undefined ? patch?.status : undefined
  const conditions = writeConditions(runId, options, patch !== null, endsAs)
  const changes = whenDone(encodeRun(kernel, call, runId, end), (set): MaybePromise<Change[]> => {
    const change: Change = { kind: 'end-run', set }
    return patch === null
      ? [change]
      : whenDone(encodePatch(kernel, call, runId, patch, '$.state'), (changes) => [change, ...changes])
  })
  const { version } = await kernel.commit(runId, conditions, changes)
  call.rows = 1
  return patch === null ? undefined : { version }
}

function checkEnd(end: z.output<typeof runEnd>, patch: CheckedPatch | null): void {
  const status = end.status ?? 'completed'
  const fits = end.status === undefined ? isTerminal : (own: WorkflowStatus) => own === status
  if (patch?.status !== undefined && !fits(patch.status))
    refuse('$.state.status', `is '${patch.status}', but the run ends as '${status}'; a run has one status`)
  if (end.endedAt != null && !isTerminal(status))
    refuse('$.endedAt', `a run whose status becomes '${status}' has not ended; leave it out`)
}

export async function getRunDetails(kernel: Kernel, call: Call, runIdInput: string): Promise<Run | null> {
  const runId = checkId(runIdInput, 'runId')
  const row = await kernel.read((store) => store.readRun(runId))
  if (row === null) return null
  call.rows = 1
  const text = row.finalContext
  const finalContext = text === null ? null : await kernel.decode(call, text, { runId, field: 'finalContext' })
  return { ...(await decodeRun(kernel, call, row)), finalContext: finalContext as Run['finalContext'] }
}

function decodeRun(kernel: Kernel, call: Call, row: RunSummaryRow): MaybePromise<RunSummary> {
  return whenDone(kernel.decode(call, row.metadata, { runId: row.runId, field: 'metadata' }), (metadata) => ({
    runId: row.runId,
    pipelineId: row.pipelineId,
    pipelineName: row.pipelineName,
    pipelineVersion: row.pipelineVersion,
    status: row.status,
    createdAt: new Date(row.createdAt),
    updatedAt: new Date(row.updatedAt),
    endedAt: row.endedAt === null ? null : new Date(row.endedAt),
    executionTimeMs: row.executionTimeMs,
    memoryUsageMb: row.memoryUsageMb,
    totalSteps: row.totalSteps,
    totalCostUsd: row.totalCostUsd ?? exactTotal(row.stepCosts),
    errorMessage: row.errorMessage === null ? null : unescapeText(row.errorMessage),
    metadata: metadata as RunSummary['metadata'],
    placeholder: row.placeholder,
  }))
}

export async function listRuns(kernel: Kernel, call: Call, filterInput: RunFilter = {}): Promise<RunSummary[]> {
  const { status, pipelineName, metadataFilter, createdAfter, createdBefore, ...paging } = check(runFilter, filterInput)
  const page = pageAfter(paging, 'createdAt')
  const query: RunQuery = {
    order: 'createdAt',
    statuses: status,
    pipelineName,
    from: createdAfter,
    before: createdBefore,
  }
  if (metadataFilter !== undefined) {
    const context = { runId: null, field: 'metadataFilter' }
    // A copy: the filter is used until the last chunk is read, and the caller may change it meanwhile.
    const text = await kernel.encode(call, metadataFilter, context)
    const copy = (await kernel.decode(call, text, context)) as Record<string, unknown>
    return matchingRuns(kernel, call, query, copy, page)
  }
  const rows = await kernel.read((store) => store.listRuns({ ...query, ...page }))
  return kernel.list(call, rows, (row) => decodeRun(kernel, call, row))
}

/** Filters by metadata before paging: chunk by chunk, until the page is full. */
async function matchingRuns(
  kernel: Kernel,
  call: Call,
  query: RunQuery,
  filter: Readonly<Record<string, unknown>>,
  { limit = Number.POSITIVE_INFINITY, offset = 0, after }: Page,
): Promise<RunSummary[]> {
  const found: RunSummary[] = []
  if (limit === 0) return found
  const metadata = kernel.hasDefaultCodec ? memberTexts(filter) : []
  const list = (page: Page) => kernel.read((store) => store.listRuns({ ...query, ...page, metadata }))
  let skipped = 0
  for await (const rows of walk(list, after, offset + limit)) {
    for (const row of rows) {
      if (!mayHaveMembers(row.metadata, metadata)) continue
      const decoded = decodeRun(kernel, call, row)
      const run = decoded instanceof Promise ? await decoded : decoded
      if (!contains(run.metadata, filter) || skipped++ < offset) continue
      call.rows = found.push(run)
      if (found.length >= limit) return found
    }
  }
  return found
}

export async function deleteRun(
  kernel: Kernel,
  call: Call,
  runIdInput: string,
  optionsInput: DeleteRunOptions = {},
): Promise<void> {
  const runId = checkId(runIdInput, 'runId')
  const { force, lease } = check(deleteRunOptions, optionsInput)
  const conditions = writeConditions(runId, { lease })
  const unclaimed: readonly Condition[] = force ? [] : [{ kind: 'unclaimed', except: lease?.fence }]
  await kernel.commit(runId, [...conditions, ...unclaimed], [{ kind: 'delete-run' }])
  call.rows = 1
  kernel.tellDeleted('run.deleted', runId)
}
