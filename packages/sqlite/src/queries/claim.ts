import type { LeaseRow } from '@flujo-state/core'
import { eq, getTableColumns, sql } from 'drizzle-orm'
import { selection } from '../rows.js'
import { leases } from '../schema.js'
import { placeholders, type Query, type RecordQuery, replacements, type Statements } from '../statement.js'

const t = leases
const columns = getTableColumns(t)
const { runId: _run, ...values } = columns

export class ClaimQueries {
  readonly #read: RecordQuery<LeaseRow>
  readonly #put: Query
  readonly #delete: Query

  constructor(statements: Statements) {
    const byRun = eq(t.runId, sql.placeholder('runId'))
    this.#read = statements.records(columns, sql`select ${selection(columns)} from ${t} where ${byRun}`)
    this.#put = statements.query((db) =>
      db
        .insert(t)
        .values(placeholders(columns))
        .onConflictDoUpdate({ target: t.runId, set: replacements(values) }),
    )
    this.#delete = statements.query((db) => db.delete(t).where(byRun))
  }

  read(runId: string): LeaseRow | null {
    return this.#read.first({ runId })
  }

  put(row: LeaseRow): void {
    this.#put.run(row)
  }

  delete(runId: string): void {
    this.#delete.run({ runId })
  }
}
