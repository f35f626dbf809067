import type { Counters } from '@flujo-state/core'
import { getTableColumns, sql } from 'drizzle-orm'
import { selection } from '../rows.js'
import { counters } from '../schema.js'
import { placeholders, type Query, type RecordQuery, type Statements } from '../statement.js'

const t = counters
const columns = getTableColumns(t)

export class CounterQueries {
  readonly #read: RecordQuery<{ readonly name: keyof Counters; readonly value: number }>
  readonly #raise: Query

  constructor(statements: Statements) {
    this.#read = statements.records(columns, sql`select ${selection(columns)} from ${t}`)
    this.#raise = statements.query((db) =>
      db
        .insert(t)
        .values(placeholders(columns))
        .onConflictDoUpdate({ target: t.name, set: { value: sql`max(${t.value}, excluded.value)` } }),
    )
  }

  read(): Counters {
    const stored = Object.fromEntries(this.#read.all({}).map(({ name, value }) => [name, value]))
    return { version: 0, fence: 0, evaluation: 0, ...stored }
  }

  raise(name: keyof Counters, to: number): void {
    this.#raise.run({ name, value: to })
  }
}

/** The store's counters, read when a decision asks for them: most do not. */
export class LazyCounters implements Counters {
  readonly #queries: CounterQueries
  #read: Counters | null = null

  constructor(queries: CounterQueries) {
    this.#queries = queries
  }

  get version(): number {
    return this.#counters().version
  }
  get fence(): number {
    return this.#counters().fence
  }
  get evaluation(): number {
    return this.#counters().evaluation
  }

  /** They were raised. */
  forget(): void {
    this.#read = null
  }

  #counters(): Counters {
    this.#read ??= this.#queries.read()
    return this.#read
  }
}
