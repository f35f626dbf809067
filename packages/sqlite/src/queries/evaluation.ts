import type { EvaluationQuery, EvaluationRow } from '@flujo-state/core'
import { eq, getTableColumns, type SQL, sql } from 'drizzle-orm'
import { selection } from '../rows.js'
import { evaluations } from '../schema.js'
import { placeholders, type Query, type RecordQuery, type Statements } from '../statement.js'

const t = evaluations
const columns = getTableColumns(t)

export class EvaluationQueries {
  readonly #list: RecordQuery<EvaluationRow>
  readonly #listOfRun: RecordQuery<EvaluationRow>
  readonly #insert: Query
  readonly #delete: Query

  constructor(statements: Statements) {
    const byRun = eq(t.runId, sql.placeholder('runId'))
    this.#list = statements.records(columns, newestFirst('evaluations_by_created', sql`true`))
    this.#listOfRun = statements.records(columns, newestFirst('evaluations_by_run', byRun))
    this.#insert = statements.query((db) => db.insert(t).values(placeholders(columns)))
    this.#delete = statements.query((db) => db.delete(t).where(byRun))
  }

  list({ runId, after, limit, offset }: EvaluationQuery): EvaluationRow[] {
    const list = runId === undefined ? this.#list : this.#listOfRun
    const { time, sequence } = after ?? { time: Number.MAX_SAFE_INTEGER, sequence: 0 }
    // A limit below zero is none.
    return list.all({ runId, time, sequence, limit: limit ?? -1, offset: offset ?? 0 })
  }

  add(row: EvaluationRow): void {
    this.#insert.run(row)
  }

  delete(runId: string): void {
    this.#delete.run({ runId })
  }
}

function newestFirst(index: string, condition: SQL): SQL {
  const behind = sql`(${t.createdAt}, ${t.sequence}) < (${sql.placeholder('time')}, ${sql.placeholder('sequence')})`
  const order = sql`order by ${t.createdAt} desc, ${t.sequence} desc`
  const page = sql`limit ${sql.placeholder('limit')} offset ${sql.placeholder('offset')}`
  const from = sql`${t} indexed by ${sql.identifier(index)}`
  return sql`select ${selection(columns)} from ${from} where ${condition} and ${behind} ${order} ${page}`
}
