import { isStateBackendError } from '../errors.js'
import { TERMINAL_STATUSES, type WorkflowStatus } from '../models/common.js'
import { type CleanupOptions, cleanupOptions, type StaleOptions, staleOptions } from '../models/workflow-state.js'
import { isLive } from '../rules/lease.js'
import { isTerminal } from '../rules/status.js'
import { daysBefore, hoursBefore } from '../rules/windows.js'
import type { MaybePromise, Position, StateStore } from '../state-store.js'
import type { Change, Condition } from '../store/unit.js'
import type { Call } from './call.js'
import { check } from './check.js'
import type { Kernel } from './kernel.js'
import { placeToGoOn, turn } from './walk.js'

/** So many runs are listed at a time, and deleted together at most. */
const BATCH = 100
/** As many runs share a commit as are deleted in about so many milliseconds: a store may hold the event loop meanwhile. */
const SHORT_MS = 3
const LONG_MS = 8

/** What may be deleted: started runs in one of these statuses and, unless statuses were named, placeholder runs, last updated before. */
interface Retention {
  readonly statuses: readonly WorkflowStatus[]
  readonly placeholders: boolean
  readonly before: number
}

export async function cleanupOldWorkflows(
  kernel: Kernel,
  call: Call,
  optionsInput: CleanupOptions = {},
): Promise<number> {
  const { daysOld, statuses, dryRun, signal, onProgress } = check(cleanupOptions, optionsInput)
  const before = daysBefore(await kernel.now(), daysOld)
  const retention = { statuses: statuses ?? TERMINAL_STATUSES, placeholders: statuses === undefined, before }
  let deleted = 0
  for await (const runIds of portions(candidates(kernel, retention))) {
    if (signal?.aborted) break
    const gone = dryRun ? await countUnclaimed(kernel, runIds) : await deleteExpired(kernel, runIds, retention)
    deleted += gone
    if (gone > 0) onProgress?.({ deleted })
  }
  call.rows = deleted
  return deleted
}

/** Ids of runs that looked old enough when they were listed, in batches. A run is listed once. */
async function* candidates(kernel: Kernel, { statuses, placeholders, before }: Retention): AsyncGenerator<string[]> {
  const order = 'updatedAt'
  const [ended, atWork] = [statuses.filter(isTerminal), statuses.filter((status) => !isTerminal(status))]
  if (ended.length > 0)
    yield* batches(kernel, order, (store, page) => store.listStates({ order, statuses: ended, before, ...page }))
  if (atWork.length > 0) yield* oldAtWork(kernel, atWork, before)
  const runs = (store: StateStore, page: Page) =>
    store.listRuns({ order, statuses, before, withoutState: true, ...page })
  yield* batches(kernel, order, runs, ({ placeholder }) => !placeholder)
  if (!placeholders) return
  yield* batches(kernel, order, (store, page) =>
    store.listRuns({ order, before, placeholder: true, withoutState: true, ...page }),
  )
}

/** Stores keep no order of the last change of runs at work (`StateQuery`): all of them are looked at. */
function oldAtWork(kernel: Kernel, statuses: readonly WorkflowStatus[], before: number): AsyncGenerator<string[]> {
  const order = 'createdAt'
  return batches(
    kernel,
    order,
    (store, page) => store.listStates({ order, statuses, ...page }),
    ({ updatedAt }) => updatedAt < before,
  )
}

interface Listed {
  readonly runId: string
  readonly createdAt: number
  readonly updatedAt: number
}
interface Page {
  readonly limit: number
  readonly after?: Position
}

async function* batches<R extends Listed>(
  kernel: Kernel,
  order: 'createdAt' | 'updatedAt',
  list: (store: StateStore, page: Page) => MaybePromise<readonly R[]>,
  wanted: (row: R) => boolean = () => true,
): AsyncGenerator<string[]> {
  let after: Position | undefined
  for (;;) {
    const rows = await kernel.read((store) => list(store, after ? { limit: BATCH, after } : { limit: BATCH }))
    const last = rows.at(-1)
    if (last === undefined) return
    yield rows.filter(wanted).map(({ runId }) => runId)
    // Not asked again after the last batch: a failure then would hide how many runs were already dealt with.
    if (rows.length < BATCH) return
    after = placeToGoOn({ time: last[order], id: last.runId }, after)
  }
}

/** The same ids, a few at a time: as many as whoever takes them deals with in some milliseconds. Others have their turn in between. */
async function* portions(batches: AsyncIterable<readonly string[]>): AsyncGenerator<readonly string[]> {
  let size = 16
  for await (const runIds of batches)
    for (let at = 0; at < runIds.length; ) {
      const portion = runIds.slice(at, at + size)
      at += portion.length
      const begin = performance.now()
      yield portion
      const ms = performance.now() - begin
      if (ms < SHORT_MS) size = Math.min(size * 2, BATCH)
      else if (ms > LONG_MS) size = Math.max(size >> 1, 1)
      await turn()
    }
}

async function countUnclaimed(kernel: Kernel, runIds: readonly string[]): Promise<number> {
  const now = await kernel.now()
  const leases = await Promise.all(runIds.map((runId) => kernel.read((store) => store.readLease(runId))))
  return leases.filter((lease) => !isLive(lease, now)).length
}

async function deleteExpired(kernel: Kernel, runIds: readonly string[], retention: Retention): Promise<number> {
  const conditions: Condition[] = [{ kind: 'unclaimed' }, { kind: 'expired', ...retention }]
  const deleted = await commitEach(kernel, runIds, conditions, { kind: 'delete-run' })
  for (const runId of deleted) kernel.tellDeleted('run.deleted', runId)
  return deleted.length
}

/** The runs for which the change was still allowed when it was made; the others were changed by somebody meanwhile. */
async function commitEach(
  kernel: Kernel,
  runIds: readonly string[],
  conditions: readonly Condition[],
  change: Change,
): Promise<string[]> {
  const results = await Promise.allSettled(runIds.map((runId) => kernel.commit(runId, conditions, [change])))
  const failure = results.find(
    (result) => result.status === 'rejected' && !isStateBackendError(result.reason, 'RUN_CLAIMED', 'CONFLICT'),
  )
  if (failure?.status === 'rejected') throw failure.reason
  return runIds.filter((_, index) => results[index]?.status === 'fulfilled')
}

export async function cleanupStaleBackgroundTasks(
  kernel: Kernel,
  call: Call,
  optionsInput: StaleOptions = {},
): Promise<number> {
  const { staleHours } = check(staleOptions, optionsInput)
  const before = hoursBefore(await kernel.now(), staleHours)
  const query = { order: 'updatedAt', isBackgroundTask: true, statuses: ['running'], before } as const
  const backgroundError = `Task timeout: no update for ${staleHours} hours and no live lease; its worker has probably crashed`
  const conditions: Condition[] = [{ kind: 'unclaimed' }, { kind: 'stale-task', before }]
  const stale = batches(kernel, query.order, (store, page) => store.listStates({ ...query, ...page }))
  for await (const runIds of portions(stale)) {
    const marked = await commitEach(kernel, runIds, conditions, { kind: 'mark-stale', backgroundError })
    call.rows += marked.length
  }
  return call.rows
}
