/** The counts that are kept are what counting again gives, whatever happened. */

import Database from 'better-sqlite3'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type SQLiteBackend,
  type SQLiteBackendOptions,
  WORKFLOW_STATUSES,
  type WorkflowStats,
} from '../../src/index.js'
import { backendOf, handleOf } from '../support/backends.js'
import { aState } from '../support/state.js'
import { temporaryFile } from '../support/temporary.js'

const DAY = 86_400_000

/** The answer by the long way: every row is looked at. */
function recount(handle: Database.Database, now: number): Omit<WorkflowStats, 'averageExecutionTimeMs'> {
  const byStatus = (condition: string) => {
    const rows = handle
      .prepare(`select status, count(*) from workflow_state where ${condition} group by status`)
      .raw()
      .all() as [string, number][]
    const zeros = Object.fromEntries(WORKFLOW_STATUSES.map((status) => [status, 0]))
    return { ...zeros, ...Object.fromEntries(rows) } as WorkflowStats['statusCounts']
  }
  const one = (sql: string, ...values: unknown[]) => handle.prepare(sql).pluck().get(values) as number
  return {
    totalWorkflows: one('select count(*) from workflow_state'),
    statusCounts: byStatus('true'),
    backgroundStatusCounts: byStatus('is_background_task = 1'),
    recentWorkflows24h: one('select count(*) from workflow_state where created_at >= ?', now - DAY),
  }
}

/** Everything that is kept, by its key, and what it should be. */
function expectKept(handle: Database.Database): void {
  const rows = (sql: string) => handle.prepare(sql).raw().all()
  const periods = [0, 1, 2].map((level) => {
    const size = 65_536 ** level
    // Division of integers cuts towards zero; a time before 1970 must go down.
    const period = `(created_at - ((created_at % ${size}) + ${size}) % ${size}) / ${size}`
    return `select ${period} + ${level * 2 ** 49} key, count(*) from workflow_state group by 1`
  })
  const place = WORKFLOW_STATUSES.map((status, index) => `when '${status}' then ${index}`).join(' ')
  const groups = `select ${2 ** 51} + 2 * case status ${place} end + is_background_task, count(*)
    from workflow_state group by 1`
  const timed = `select ${2 ** 51 + 100}, count(execution_time_ms) from workflow_state having count(execution_time_ms) > 0`
  expect(rows('select key, count from workflow_counts order by key')).toEqual(
    rows(`${[...periods, groups, timed].join(' union all ')} order by 1`),
  )
  const kept = rows('select sum from workflow_counts where sum is not null') as [string][]
  const all = handle.prepare('select execution_time_ms from workflow_state where execution_time_ms is not null')
  expect(kept.map(([sum]) => sumOf(JSON.parse(sum)))[0] ?? 0n).toBe(sumOf(all.pluck().all() as number[]))
}

/** Exact: all values used here are multiples of 2 ** -60, below 2 ** 60. */
const sumOf = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + BigInt(value * 2 ** 30) * 2n ** 30n, 0n)

const MIN = Date.parse('0001-01-01T00:00:00.000Z')
const MAX = Date.parse('9999-12-31T23:59:59.999Z')
const now = Date.parse('2026-03-01T12:00:00Z')
const time = fc
  .oneof(
    fc.integer({ min: MIN, max: MAX }),
    fc.integer({ min: now - DAY - 3, max: now - DAY + 3 }),
    fc.integer({ min: now - 40 * DAY, max: now }),
    fc.constantFrom(MIN, MAX, 0, -1, -65_536, -65_537, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, -(2 ** 32)),
  )
  .map((time) => new Date(time))

const runId = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f')
const fields = fc.record(
  {
    status: fc.constantFrom(...WORKFLOW_STATUSES),
    isBackgroundTask: fc.boolean(),
    createdAt: time,
    updatedAt: time,
    executionTimeMs: fc.constantFrom(null, 0, 0.5, 1e6, 2 ** -20, 12_345.75),
  },
  { requiredKeys: [] },
)
type Call = (backend: SQLiteBackend) => Promise<unknown>
const call: fc.Arbitrary<Call> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(runId, fields).map(
      ([id, fields]): Call =>
        (b) =>
          b.saveState(id, aState(fields)),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(runId, fields).map(
      ([id, fields]): Call =>
        (b) =>
          b.updateState(id, fields),
    ),
  },
  runId.map(
    (id): Call =>
      (b) =>
        b.deleteState(id),
  ),
  runId.map(
    (id): Call =>
      (b) =>
        b.deleteRun(id),
  ),
  fc.tuple(runId, fields).map(
    ([id, { status }]): Call =>
      (b) =>
        b.saveRunStart({ runId: id, ...(status && { status }) }),
  ),
  fc.tuple(runId, fields).map(
    ([id, { status }]): Call =>
      (b) =>
        b.saveRunEnd(id, { ...(status && { status }) }),
  ),
  runId.map(
    (id): Call =>
      (b) =>
        b.saveStepResult({ runId: id, stepName: 's', stepIndex: 0 }, { state: { status: 'paused' } }),
  ),
  fc.constant<Call>((b) => b.cleanupOldWorkflows({ daysOld: 20 })),
  fc.constant<Call>((b) => b.cleanupStaleBackgroundTasks({ staleHours: 5 })),
)

describe('getWorkflowStats', () => {
  it('is what counting again gives, whatever two backends on one file have done at once', async () => {
    const turns = fc.array(fc.array(fc.tuple(fc.integer({ min: 0, max: 1 }), call), { maxLength: 8 }), { maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(turns, async (turns) => {
        const path = temporaryFile()
        const options: SQLiteBackendOptions = { clock: () => new Date(now), durability: 'normal' }
        const backends = [backendOf(path, options), backendOf(path, options)] as const
        await backends[0].open()
        const handle = handleOf(path, { readonly: true })
        for (const calls of turns) {
          // Those that are refused (no snapshot to change, say) share a commit with the others.
          await Promise.allSettled(calls.map(([at, call]) => call(backends[at as 0 | 1])))
          expect(await backends[1].getWorkflowStats()).toMatchObject(recount(handle, now))
          expect(backends[0].getWorkflowStatsSync()).toEqual(await backends[1].getWorkflowStats())
          expectKept(handle)
        }
        handle.close()
        for (const backend of backends) await backend.shutdown()
      }),
      { numRuns: 40 },
    )
  }, 120_000)

  it('counts nothing of a unit that could not be written, nor of its neighbours twice', async () => {
    const path = temporaryFile()
    const backend = backendOf(path)
    await backend.saveState('kept', aState({ status: 'failed' }))
    handleOf(path).exec(`create trigger refuse before insert on workflow_state when new.run_id = 'bad'
      begin select raise(abort, 'no'); end`)
    const ids = ['a', 'bad', 'b', 'kept']
    const results = await Promise.allSettled(ids.map((id) => backend.saveState(id, aState({ executionTimeMs: 2 }))))
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled'])
    const stats = await backend.getWorkflowStats()
    expect(stats).toMatchObject({ totalWorkflows: 3, statusCounts: { running: 3, failed: 0 }, recentWorkflows24h: 3 })
    expectKept(handleOf(path))
  })

  it('reads no more rows however many snapshots there are', async () => {
    const plans: string[] = []
    const handle = new Database(':memory:', { verbose: (sql) => void plans.push(String(sql)) })
    const backend = backendOf(handle, { clock: () => new Date(now) })
    for (let i = 0; i < 50; i++) await backend.saveState(`r${i}`, aState({ createdAt: new Date(now - i * 1e6) }))
    plans.length = 0
    await backend.getWorkflowStats()
    const read = plans.filter((sql) => sql.startsWith('select'))
    expect(read).toHaveLength(2)
    for (const sql of read) expect(sql).not.toMatch(/from "workflow_state"/)
  })
})
