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
import { armsOfStatuses, newestFirst, rangeConditions, rangeOf, statusesOf } from './list.js'
import { armsOfMember, effectiveMetadata, mayHaveMember, metadataIndexName, valuesOfMembers } from './metadata.js'

const t = runs
const s = workflowState
const { stateMetadata: _copied, ...columns } = getTableColumns(t)
const shown = { ...columns, metadata: like(t.metadata, effectiveMetadata) }
const { finalContext: _finalContext, ...summary } = shown

export class RunQueries {
  readonly #statements: Statements
  readonly #read: RecordQuery<RunRow>
  readonly #put: Query
  readonly #delete: Query
  readonly #patches: Patches
  readonly #copyStateMetadata: Query
  readonly #lists = new Shapes<RecordQuery<RunSummaryRow>>()
  readonly #indexedMetadata: ReadonlySet<string>

  /** `indexedMetadata`: the keys of metadata that have an index. */
  constructor(statements: Statements, indexedMetadata: readonly string[]) {
    this.#indexedMetadata = new Set(indexedMetadata)
    const byRun = eq(t.runId, sql.placeholder('runId'))
    this.#statements = statements
    this.#read = statements.records(shown, sql`select ${selection(shown)} from ${t} where ${byRun}`)
    this.#put = statements.query((db) => {
      const { runId: _key, ...set } = replacements(columns)
      return db.insert(t).values(placeholders(columns)).onConflictDoUpdate({ target: t.runId, set })
    })
    this.#delete = statements.query((db) => db.delete(t).where(byRun))
    this.#patches = new Patches(statements, t)
    const ofState = sql`select ${s.metadata} from ${s} where ${eq(s.runId, sql.placeholder('runId'))}`
    const set = sql`update ${t} set ${sql.identifier(t.stateMetadata.name)} = (${ofState})`
    this.#copyStateMetadata = statements.query(
      () => sql`${set} where ${byRun} and ${t.stateMetadata} is not (${ofState})`,
    )
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

  /** To be called when the snapshot's metadata, or whether there is a snapshot, may have changed. */
  copyStateMetadata(runId: string): void {
    this.#copyStateMetadata.run({ runId })
  }

  delete(runId: string): void {
    this.#delete.run({ runId })
  }

  list(query: RunQuery): RunSummaryRow[] {
    const statuses = query.statuses && [...new Set(query.statuses)]
    if (statuses?.length === 0) return []
    const members = query.metadata?.slice(0, MOST_MEMBERS) ?? []
    const indexed = members.find(({ key }) => this.#indexedMetadata.has(key))
    const plan = indexed ? planOfMember(indexed.key) : planOf(query)
    const wanted = statuses ?? (plan.byStatus ? WORKFLOW_STATUSES : [])
    const where = filtersOf(query)
    for (const [nth, { texts }] of members.entries())
      where.set(`member${nth}: ${texts.length}`, mayHaveMember(nth, texts.length))
    const ofStatuses = armsOfStatuses(t.status, wanted.length)
    if (plan.arms && wanted.length > 0) where.set('statuses', sql`(${sql.join(ofStatuses, sql` or `)})`)
    const shape = [plan.index, query.order, wanted.length, ...where.keys()].join()
    const list = this.#lists.get(shape, () => {
      const [time, id, arms] = [t[query.order], t.runId, plan.arms ?? ofStatuses]
      const sorted = { table: t, index: plan.index, fields: summary, time, id, arms, where: [...where.values()] }
      return this.#statements.records(summary, newestFirst(sorted))
    })
    const values = { pipelineName: query.pipelineName, indexedValue: indexed?.value, ...valuesOfMembers(members) }
    return list.all({ ...values, ...rangeOf(query), ...statusesOf(wanted) })
  }
}

/** More members of a filter are left to core, so that there are not too many forms of the query. */
const MOST_MEMBERS = 4

interface Plan {
  /** The index that gives the rows of the list in its order. */
  readonly index: string
  /** Whether it keeps each status apart. */
  readonly byStatus: boolean
  /** The ranges of the index to look in, if these are not of the statuses. */
  readonly arms?: readonly SQL[]
}

// Only the order of creation is asked for with metadata.
function planOfMember(key: string): Plan {
  return { index: metadataIndexName(key), byStatus: false, arms: armsOfMember(key) }
}

function planOf(query: RunQuery): Plan {
  if (query.order === 'updatedAt') {
    if (query.placeholder && query.statuses === undefined) return { index: 'runs_placeholders', byStatus: false }
    return { index: 'runs_by_status_updated', byStatus: true }
  }
  if (query.pipelineName !== undefined) return { index: 'runs_by_pipeline_name', byStatus: true }
  if (query.statuses !== undefined) return { index: 'runs_by_status_created', byStatus: true }
  return { index: 'runs_by_created', byStatus: false }
}

function filtersOf(query: RunQuery): Map<string, SQL> {
  const { pipelineName, placeholder, withoutState } = query
  const filters = new Map<string, SQL>(rangeConditions(query, t[query.order], t.runId))
  if (pipelineName !== undefined) filters.set('pipelineName', eq(t.pipelineName, sql.placeholder('pipelineName')))
  // Not a parameter: SQLite uses an index of some rows only where the query says so itself.
  if (placeholder) filters.set('placeholder', sql`${t.placeholder} = 1`)
  if (withoutState) filters.set('withoutState', sql`${t.stateMetadata} is null`)
  return filters
}
