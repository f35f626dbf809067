import {
  type StatePatchRow,
  type StateQuery,
  type StateRow,
  type StateSummaryRow,
  type StoredState,
  TERMINAL_STATUSES,
  WORKFLOW_STATUSES,
} from '@flujo-state/core'
import { eq, getTableColumns, type SQL, sql } from 'drizzle-orm'
import { selection } from '../rows.js'
import { workflowState } from '../schema.js'
import { Patches, placeholders, type Query, type RecordQuery, Shapes, type Statements } from '../statement.js'
import { LargeValueQueries, type Offloaded, type Stored } from './large-value.js'
import { armsOfStatuses, newestFirst, rangeConditions, rangeOf, statusesOf } from './list.js'
import { historyLength } from './state-history.js'

const t = workflowState
const { id: _historyKey, ...columns } = getTableColumns(t)
const { large: _large, ...given } = columns
const { pipelineContext: _context, lastStepOutput: _output, ...summary } = given
const stored = { ...columns, id: t.id, historyLength: historyLength(t.id) }

/** Columns that indexes hold and that seldom change: an update that leaves them out leaves those indexes alone. */
const INDEXED = [
  'pipelineId',
  'pipelineName',
  'pipelineVersion',
  'status',
  'createdAt',
  'isBackgroundTask',
  'parentRunId',
] as const satisfies readonly (keyof StateRow)[]
const isIndexed = (name: string): name is (typeof INDEXED)[number] => (INDEXED as readonly string[]).includes(name)
const OTHERS = Object.keys(given).filter((name) => name !== 'runId' && !isIndexed(name))

/** What the writer of a snapshot has to know of the one that is there. */
export interface KnownState {
  /** What stands in the indexed columns. */
  readonly row: Pick<StateRow, (typeof INDEXED)[number]>
  /** What leads to its history and large payloads. */
  readonly stored: Stored
}

export class WorkflowStateQueries {
  readonly #statements: Statements
  readonly #read
  readonly #insert: Query
  readonly #delete: Query
  readonly #patches: Patches
  readonly #largeValues: LargeValueQueries
  readonly #lists = new Shapes<RecordQuery<StateSummaryRow>>()

  constructor(statements: Statements, offloadBytes: number) {
    const byRun = eq(t.runId, sql.placeholder('runId'))
    this.#statements = statements
    this.#read = statements.records(stored, sql`select ${selection(stored)} from ${t} where ${byRun}`)
    this.#insert = statements.query((db) => db.insert(t).values(placeholders(given)))
    this.#delete = statements.query((db) => db.delete(t).where(byRun))
    this.#patches = new Patches(statements, t)
    this.#largeValues = new LargeValueQueries(statements, offloadBytes)
  }

  /** The whole snapshot if it is all in its row; null if there is none; undefined: it has a history or a large payload. */
  readAlone(runId: string): StoredState | null | undefined {
    const row = this.#read.first({ runId })
    if (row === null) return null
    return row.historyLength === 0 && row.large === null ? { row, history: [] } : undefined
  }

  /** With a large payload this takes two statements. */
  read(runId: string) {
    const row = this.#read.first({ runId })
    return row && this.#largeValues.complete(row)
  }

  /** `known` is what is there now, null: nothing. Gives what is stored then. @throws `CORRUPT` */
  put(row: StateRow, known: KnownState | null): Stored {
    const offloaded = this.#largeValues.offload(row, known?.stored ?? null)
    const set = offloaded ? { ...row, ...offloaded.set } : row
    if (known === null) return this.#putApart({ id: this.#insert.run(set), runId: row.runId, large: null }, offloaded)
    this.#patches.run([...OTHERS, ...INDEXED.filter((name) => row[name] !== known.row[name])], set)
    return this.#putApart(known.stored, offloaded)
  }

  /** Changes what is stored, and gives what is stored then. @throws `CORRUPT` */
  patch(change: StatePatchRow, { row, stored }: KnownState): Stored {
    const { runId } = stored
    const offloaded = this.#largeValues.offload(change, stored)
    const set = offloaded?.set ?? change
    const same = (name: string) => isIndexed(name) && set[name] === row[name]
    this.#patches.run(
      Object.keys(set).filter((name) => !same(name)),
      { ...set, runId },
    )
    return this.#putApart(stored, offloaded)
  }

  #putApart(stored: Stored, offloaded: Offloaded | null): Stored {
    if (offloaded === null) return stored
    const { id, runId } = stored
    const { large } = offloaded
    if (large !== stored.large) this.#patches.run(['large'], { runId, large })
    this.#largeValues.apply(id, offloaded)
    return { id, runId, large }
  }

  delete({ runId, id, large }: Stored): void {
    this.#delete.run({ runId })
    if (large !== null) this.#largeValues.delete(id)
  }

  list(query: StateQuery): StateSummaryRow[] {
    const statuses = query.statuses && [...new Set(query.statuses)]
    if (statuses?.length === 0) return []
    const plan = planOf(query)
    const wanted = statuses ?? (plan.byStatus ? WORKFLOW_STATUSES : [])
    const where = filtersOf(query)
    const shape = [query.order, wanted.length, ...where.keys()].join()
    const list = this.#lists.get(shape, () =>
      this.#statements.records(
        summary,
        newestFirst({
          table: t,
          index: plan.index,
          fields: summary,
          time: t[query.order],
          id: t.runId,
          where: [...where.values()],
          arms: armsOfStatuses(t.status, wanted.length),
        }),
      ),
    )
    const { pipelineId, pipelineName, pipelineVersion, parentRunId } = query
    const filters = { pipelineId, pipelineName, pipelineVersion, parentRunId }
    return list.all({ ...filters, ...rangeOf(query), ...statusesOf(wanted) })
  }
}

const ENDED = sql.raw(TERMINAL_STATUSES.map((status) => `'${status}'`).join(', '))

/** The index that gives the rows of a list in its order, and whether it keeps each status apart. */
function planOf(query: StateQuery): { index: string; byStatus: boolean } {
  if (query.order === 'updatedAt') {
    if (!query.isBackgroundTask) return { index: 'workflow_state_ended_by_updated', byStatus: true }
    const by = query.parentRunId === undefined ? 'status' : 'parent'
    return { index: `workflow_state_tasks_by_${by}`, byStatus: true }
  }
  if (query.pipelineName !== undefined) return { index: 'workflow_state_by_pipeline_name', byStatus: true }
  if (query.pipelineId !== undefined) return { index: 'workflow_state_by_pipeline_id', byStatus: true }
  if (query.pipelineVersion !== undefined) return { index: 'workflow_state_by_pipeline_version', byStatus: true }
  if (query.statuses !== undefined) return { index: 'workflow_state_by_status_created', byStatus: true }
  return { index: 'workflow_state_by_created', byStatus: false }
}

function filtersOf(query: StateQuery): Map<string, SQL> {
  const filters = new Map<string, SQL>(rangeConditions(query, t[query.order], t.runId))
  for (const name of ['pipelineId', 'pipelineName', 'pipelineVersion', 'parentRunId'] as const)
    if (query[name] !== undefined) filters.set(name, eq(t[name], sql.placeholder(name)))
  // Not a parameter: SQLite uses an index of some rows only where the query says so itself.
  if (query.isBackgroundTask) filters.set('isBackgroundTask', sql`${t.isBackgroundTask} = 1`)
  else if (query.order === 'updatedAt') filters.set('hasEnded', sql`${t.status} in (${ENDED})`)
  return filters
}
