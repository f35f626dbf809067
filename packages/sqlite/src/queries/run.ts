import { type RunPatchRow, type RunQuery, type RunRow, type RunSummaryRow, WORKFLOW_STATUSES } from '@flujo-state/core'
import { eq, getTableColumns, type SQL, sql } from 'drizzle-orm'
import { like, selection } from '../rows.js'
import { runs, workflowState } from '../schema.js'
import {
  Patches,
  placeholders,
  type Query,
  type RecordQuery,
  replacements,
  Shapes,
  type Statements,
} from '../statement.js'
import { newestFirst, rangeOf, statusesOf } from './list.js'

const t = runs
const columns = getTableColumns(t)

// What readers get as a run's metadata: the snapshot's if there is one.
const shown = {
  ...columns,
  metadata: like(t.metadata, sql`coalesce(${workflowState.metadata}, ${t.metadata})`),
}
const { finalContext: _finalContext, ...summary } = shown
const withState = sql`left join ${workflowState} on ${workflowState.runId} = ${t.runId}`

export class RunQueries {
  readonly #statements: Statements
  readonly #read: RecordQuery<RunRow>
  readonly #put: Query
  readonly #delete: Query
  readonly #patches: Patches
  readonly #lists = new Shapes<RecordQuery<RunSummaryRow>>()

  constructor(statements: Statements) {
    const byRun = eq(t.runId, sql.placeholder('runId'))
    this.#statements = statements
    this.#read = statements.records(shown, sql`select ${selection(shown)} from ${t} ${withState} where ${byRun}`)
    this.#put = statements.query((db) => {
      const { runId: _key, ...set } = replacements(columns)
      return db.insert(t).values(placeholders(columns)).onConflictDoUpdate({ target: t.runId, set })
    })
    this.#delete = statements.query((db) => db.delete(t).where(byRun))
    this.#patches = new Patches(statements, t)
  }

  read(runId: string): RunRow | null {
    return this.#read.first({ runId })
  }

  put(row: RunRow): void {
    this.#put.run(row)
  }

  patch(runId: string, set: RunPatchRow): void {
    this.#patches.run(Object.keys(set), { ...set, runId })
  }

  delete(runId: string): void {
    this.#delete.run({ runId })
  }
  list(query: RunQuery): RunSummaryRow[] {
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
          join: withState,
          fields: summary,
          time: t[query.order],
          id: t.runId,
          where: [...where.values()],
          statuses: { column: t.status, count: wanted.length },
        }),
      ),
    )
    return list.all({ pipelineName: query.pipelineName, ...rangeOf(query), ...statusesOf(wanted) })
  }
}

/** The index that gives the rows of a list in its order, and whether it keeps each status apart. */
function planOf(query: RunQuery): { index: string; byStatus: boolean } {
  if (query.order === 'updatedAt') {
    if (query.placeholder && query.statuses === undefined) return { index: 'runs_placeholders', byStatus: false }
    return { index: 'runs_by_status_updated', byStatus: true }
  }
  if (query.pipelineName !== undefined) return { index: 'runs_by_pipeline_name', byStatus: true }
  if (query.statuses !== undefined) return { index: 'runs_by_status_created', byStatus: true }
  return { index: 'runs_by_created', byStatus: false }
}

function filtersOf({ pipelineName, placeholder, withoutState }: RunQuery): Map<string, SQL> {
  const filters = new Map<string, SQL>()
  if (pipelineName !== undefined) filters.set('pipelineName', eq(t.pipelineName, sql.placeholder('pipelineName')))
  // Not a parameter: SQLite uses an index of some rows only where the query says so itself.
  if (placeholder) filters.set('placeholder', sql`${t.placeholder} = 1`)
  if (withoutState) filters.set('withoutState', sql`${workflowState.runId} is null`)
  return filters
}
