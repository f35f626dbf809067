/** No list scans a table or sorts: what SQLite says it will do with every query that the contract's lists lead to. */
import Database from 'better-sqlite3'
import { describe, expect, it, onTestFinished } from 'vitest'
import { cursorOf, type SQLiteBackend, WORKFLOW_STATUSES } from '../../src/index.js'
import { backendOf } from '../support/backends.js'
import { aState } from '../support/state.js'

type Call = (backend: SQLiteBackend) => Promise<unknown>

/** A handle that keeps the statements of the backend on it. */
function watched() {
  const statements: string[] = []
  let watching = false
  const handle = new Database(':memory:', {
    verbose: (sql) => {
      if (watching && /^(select|insert|update|delete)/.test(String(sql))) statements.push(String(sql))
    },
  })
  onTestFinished(() => {
    handle.close()
  })
  const plansOf = async (backend: SQLiteBackend, call: Call): Promise<string[]> => {
    statements.length = 0
    watching = true
    await call(backend)
    watching = false
    expect(statements).not.toHaveLength(0)
    return statements.flatMap((sql) => {
      const rows = handle.prepare(`explain query plan ${sql}`).all() as { detail: string }[]
      return rows.map(({ detail }) => detail)
    })
  }
  return { handle, plansOf }
}

/** Every combination of these fields, each given or left out. */
function combinations<T extends object>(fields: T): Partial<T>[] {
  return Object.entries(fields).reduce<Partial<T>[]>(
    (all, [name, value]) => all.flatMap((some) => [some, { ...some, [name]: value }]),
    [{}],
  )
}

const time = new Date('2026-03-01T00:00:00Z')
const cursor = cursorOf({ runId: 'r', createdAt: time, updatedAt: time })
const paging = { after: cursor, limit: 50, offset: 7 }
const window = { createdAfter: new Date(0), createdBefore: time }
const statuses = [undefined, 'failed', ['completed', 'failed'], [...WORKFLOW_STATUSES]] as const

/** Each filter with each form of status. */
function filters<T extends object>(fields: T) {
  return statuses.flatMap((status) => combinations(fields).map((filter) => ({ ...filter, ...(status && { status }) })))
}
const spread = ({ paging, window, ...filter }: Record<string, unknown>): object => ({
  ...filter,
  ...(paging as object | undefined),
  ...(window as object | undefined),
})

const lists: Record<string, Call[]> = {
  listStates: filters({ paging }).map((filter) => (backend) => backend.listStates(spread(filter))),
  listWorkflows: filters({ pipelineId: 'orders', pipelineName: 'Orders', pipelineVersion: '1', paging, window }).map(
    (filter) => (backend) => backend.listWorkflows(spread(filter)),
  ),
  getFailedWorkflows: combinations({ hoursBack: 1, paging }).map(
    (filter) => (backend) => backend.getFailedWorkflows(spread(filter)),
  ),
  listBackgroundTasks: filters({ parentRunId: 'p', paging }).map(
    (filter) => (backend) => backend.listBackgroundTasks(spread(filter)),
  ),
  getFailedBackgroundTasks: combinations({ parentRunId: 'p', hoursBack: 1, paging }).map(
    (filter) => (backend) => backend.getFailedBackgroundTasks(spread(filter)),
  ),
  listRuns: filters({ pipelineName: 'Orders', metadataFilter: { a: 1 }, paging, window }).map(
    (filter) => (backend) => backend.listRuns(spread(filter)),
  ),
  listEvaluations: combinations({
    runId: 'r',
    limit: 50,
    offset: 7,
    after: cursorOf({ evaluationId: '3', createdAt: time }),
  }).map((filter) => (backend) => backend.listEvaluations(filter)),
  cleanupOldWorkflows: combinations({ statuses: ['running' as const, 'failed' as const], daysOld: 1 }).map(
    (filter) => (backend) => backend.cleanupOldWorkflows({ ...filter, dryRun: true }),
  ),
  cleanupStaleBackgroundTasks: [(backend) => backend.cleanupStaleBackgroundTasks({ staleHours: 1 })],
  'records of a run': [
    (backend) => backend.loadState('r'),
    (backend) => backend.getRunDetails('r'),
    (backend) => backend.listRunSteps('r'),
    (backend) => backend.getTrace('r'),
    (backend) => backend.getLease('r'),
    (backend) => backend.getSystemState('k'),
  ],
  writes: [
    (backend) => backend.saveState('r', aState()),
    (backend) => backend.saveStepResult({ runId: 'r', stepName: 's', stepIndex: 0 }, { state: { status: 'failed' } }),
    (backend) => backend.updateState('r', { appendStepHistory: [{ a: 1 }] }),
    (backend) => backend.claimRun('r', { owner: 'w', leaseMs: 1 }),
    (backend) => backend.deleteRun('r', { force: true }),
  ],
  'spans of a window': [
    (backend) => backend.getSpanStatistics({ timeRange: [0, 1] }),
    (backend) => backend.getSpanStatistics({ timeRange: [0, 1], pipelineName: 'Orders' }),
  ],
}

/** The table of counters has three rows; grouping spans sorts nothing but the spans of the window; lists of all walk their index. */
const HARMLESS = [
  'SCAN counters',
  'USE TEMP B-TREE FOR GROUP BY',
  'SCAN runs USING INDEX runs_by_created',
  'SCAN workflow_state USING INDEX workflow_state_by_created',
]

function badSteps(plan: readonly string[]): string[] {
  const bad = plan.filter(
    (step) => /TEMP B-TREE|AUTOMATIC/.test(step) || (/^SCAN/.test(step) && !/^SCAN CONSTANT ROW/.test(step)),
  )
  return bad.filter((step) => !HARMLESS.includes(step))
}

describe.each(Object.entries(lists))('%s', (_name, calls) => {
  it('finds its rows by an index, in their order', async () => {
    const { handle, plansOf } = watched()
    const backend = backendOf(handle)
    await backend.open()
    for (const call of calls) {
      const plan = await plansOf(backend, call)
      expect(plan).not.toHaveLength(0)
      expect(badSteps(plan)).toEqual([])
    }
  })
})

describe('plans', () => {
  it('do not depend on statistics, which may be missing, old or misleading', async () => {
    const { handle, plansOf } = watched()
    const backend = backendOf(handle)
    for (let i = 0; i < 300; i++)
      await backend.saveState(`r${i}`, aState({ status: i < 299 ? 'completed' : 'failed', pipelineName: `p${i % 2}` }))
    handle.exec('analyze')
    const filter = { pipelineName: 'p1', status: 'completed', limit: 9 } as const
    expect(await plansOf(backend, (backend) => backend.listWorkflows(filter))).toEqual([
      'SEARCH workflow_state USING INDEX workflow_state_by_pipeline_name (pipeline_name=? AND status=?)',
    ])
    expect(await plansOf(backend, (backend) => backend.listWorkflows({ ...filter, ...window, after: cursor }))).toEqual(
      [
        'SEARCH workflow_state USING INDEX workflow_state_by_pipeline_name (pipeline_name=? AND status=? AND created_at>? AND (created_at,run_id)<(?,?))',
      ],
    )
  })

  it.each([['listWorkflows'], ['listRuns']] as const)('%s begins in the index where its bounds say', async (list) => {
    const { handle, plansOf } = watched()
    const backend = backendOf(handle)
    await backend.open()
    const bounds = { window, after: { after: cursor }, before: { createdBefore: time }, from: { createdAfter: time } }
    for (const bound of Object.values(bounds))
      expect(await plansOf(backend, (backend) => backend[list]({ ...bound, limit: 9 }))).toEqual([
        expect.stringMatching(/^SEARCH \w+ USING INDEX \w+_by_created \(.*created_at/),
      ])
  })

  it('merge several statuses, each of them in order already', async () => {
    const { handle, plansOf } = watched()
    const backend = backendOf(handle)
    await backend.open()
    const plan = await plansOf(backend, (backend) => backend.listStates({ status: ['failed', 'paused'] }))
    expect(plan).toEqual([
      'MERGE (UNION ALL)',
      'LEFT',
      expect.stringContaining('SEARCH'),
      'RIGHT',
      expect.stringContaining('SEARCH'),
    ])
  })
})
