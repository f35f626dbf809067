import type { SystemStateRow } from '@flujo-state/core'
import { eq, getTableColumns, sql } from 'drizzle-orm'
import { selection } from '../rows.js'
import { systemState } from '../schema.js'
import { placeholders, type Query, type RecordQuery, replacements, type Statements } from '../statement.js'

const t = systemState
const columns = getTableColumns(t)
const { key: _key, ...values } = columns

export class SystemStateQueries {
  readonly #read: RecordQuery<SystemStateRow>
  readonly #put: Query

  constructor(statements: Statements) {
    const byKey = eq(t.key, sql.placeholder('key'))
    this.#read = statements.records(columns, sql`select ${selection(columns)} from ${t} where ${byKey}`)
    this.#put = statements.query((db) =>
      db
        .insert(t)
        .values(placeholders(columns))
        .onConflictDoUpdate({ target: t.key, set: replacements(values) }),
    )
  }

  read(key: string): SystemStateRow | null {
    return this.#read.first({ key })
  }

  put(row: SystemStateRow): void {
    this.#put.run(row)
  }
}
