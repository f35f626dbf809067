import type { StepRow } from '@flujo-state/core'
import { and, eq, getTableColumns, sql } from 'drizzle-orm'
import { selection } from '../rows.js'
import { steps } from '../schema.js'
import { placeholders, type Query, type RecordQuery, replacements, type Statements } from '../statement.js'

const t = steps
const { id: orderOfFirstSaving, ...columns } = getTableColumns(t)
const { runId: _run, executionId: _execution, ...values } = columns
const stored = { ...columns, id: orderOfFirstSaving }
const cost = { runId: t.runId, costUsd: t.costUsd }

export class StepQueries {
  readonly #read
  readonly #cost: RecordQuery<{ readonly costUsd: number | null }>
  readonly #put: Query
  readonly #delete: Query

  constructor(statements: Statements) {
    const byRun = eq(t.runId, sql.placeholder('runId'))
    const byKey = and(byRun, eq(t.executionId, sql.placeholder('executionId')))
    this.#read = statements.records(stored, sql`select ${selection(stored)} from ${t} where ${byRun}`)
    this.#cost = statements.records(cost, sql`select ${selection(cost)} from ${t} where ${byKey}`)
    // A conflict keeps the row's id, and so its place in the order of first saving.
    this.#put = statements.query((db) =>
      db
        .insert(t)
        .values(placeholders(columns))
        .onConflictDoUpdate({ target: [t.runId, t.executionId], set: replacements(values) }),
    )
    this.#delete = statements.query((db) => db.delete(t).where(byRun))
  }

  read(runId: string): StepRow[] {
    // Sorted here: an index in this order would cost every step more than it saves those who read them.
    return this.#read.all({ runId }).sort((a, b) => a.stepIndex - b.stepIndex || a.id - b.id)
  }

  /** What `decide` wants to know of a step; null if it is not stored. */
  cost(runId: string, executionId: string): { readonly costUsd: number | null } | null {
    return this.#cost.first({ runId, executionId })
  }

  put(row: StepRow): void {
    this.#put.run(row)
  }

  delete(runId: string): void {
    this.#delete.run({ runId })
  }
}
