/**
 * Queries built by Drizzle, prepared once per connection and run on the driver itself: Drizzle's own way of running them
 * looks at every parameter and column anew each time.
 */
import type BetterSqlite3 from 'better-sqlite3'
import { getTableColumns, is, Param, Placeholder, type SQL, type SQLWrapper, sql } from 'drizzle-orm'
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3'
import { type SQLiteColumn, SQLiteSyncDialect, type SQLiteTable } from 'drizzle-orm/sqlite-core'
import { type Fields, type Reader, type RecordOf, readerOf } from './rows.js'

/** Builds queries; nothing is run through it. */
export type Builder = Pick<BetterSQLite3Database, 'select' | 'insert' | 'update' | 'delete'>

const dialect = new SQLiteSyncDialect()

/** The driver's statement of a query, and where the value of each of its parameters comes from. */
class Prepared {
  readonly statement: BetterSqlite3.Statement
  readonly #names: readonly (string | null)[]
  readonly #constants: readonly unknown[]

  constructor(handle: BetterSqlite3.Database, query: SQLWrapper) {
    const { sql, params } = dialect.sqlToQuery(query.getSQL())
    // The owner of a handle that was passed in may have made BigInts the default.
    this.statement = handle.prepare(sql).safeIntegers(false)
    if (this.statement.reader) this.statement.raw(true)
    this.#names = params.map(nameOf)
    this.#constants = params
  }

  bind(values: object): unknown[] {
    const names = this.#names
    const bound = new Array<unknown>(names.length)
    for (let i = 0; i < names.length; i++) {
      const name = names[i] ?? null
      const value: unknown = name === null ? this.#constants[i] : (values as Record<string, unknown>)[name]
      // The driver would make it null.
      if (value === undefined) throw new TypeError(`no value for ${name}`)
      bound[i] = typeof value === 'boolean' ? Number(value) : value
    }
    return bound
  }
}

function nameOf(param: unknown): string | null {
  const value = is(param, Param) ? param.value : param
  return is(value, Placeholder) ? value.name : null
}

/** A query whose rows are handed out as arrays of values. `values` are those of its placeholders, by name. */
export class Query {
  readonly #prepare: () => Prepared
  #prepared: Prepared | null = null

  constructor(prepare: () => Prepared) {
    this.#prepare = prepare
  }

  #ready(): Prepared {
    this.#prepared ??= this.#prepare()
    return this.#prepared
  }

  /** Gives the rowid of the row inserted last. */
  run(values: object): number {
    const prepared = this.#ready()
    return prepared.statement.run(prepared.bind(values)).lastInsertRowid as number
  }
  first(values: object): readonly unknown[] | undefined {
    const prepared = this.#ready()
    return prepared.statement.get(prepared.bind(values)) as unknown[] | undefined
  }
  all(values: object): readonly (readonly unknown[])[] {
    const prepared = this.#ready()
    return prepared.statement.all(prepared.bind(values)) as unknown[][]
  }
}

/** A query whose rows are handed out as records. */
export class RecordQuery<R> {
  readonly #query: Query
  readonly #read: Reader<R>

  constructor(query: Query, read: Reader<R>) {
    this.#query = query
    this.#read = read
  }

  first(values: object): R | null {
    const row = this.#query.first(values)
    return row === undefined ? null : this.#read(row)
  }
  all(values: object): R[] {
    return this.#query.all(values).map((row) => this.#read(row))
  }
}

/** The statements of one connection: each is built and prepared at its first use. */
export class Statements {
  readonly #handle: BetterSqlite3.Database
  readonly #builder: Builder

  constructor(handle: BetterSqlite3.Database, builder: Builder) {
    this.#handle = handle
    this.#builder = builder
  }

  query(build: (builder: Builder) => SQLWrapper): Query {
    return new Query(() => new Prepared(this.#handle, build(this.#builder)))
  }

  /** A query that selects exactly these fields, in this order: `select ${selection(fields)} …`. */
  records<F extends Fields>(fields: F, query: SQL): RecordQuery<RecordOf<F>> {
    return new RecordQuery(
      this.query(() => query),
      readerOf(fields),
    )
  }
}

/** A placeholder of its own name for each column. */
export function placeholders<K extends string>(columns: Readonly<Record<K, SQLiteColumn>>): Record<K, Placeholder> {
  const named: Partial<Record<K, Placeholder>> = {}
  for (const name in columns) named[name] = sql.placeholder(name)
  return named as Record<K, Placeholder>
}

/** For each column the value that an insert met a conflict with. */
export function replacements<K extends string>(columns: Readonly<Record<K, SQLiteColumn>>): Record<K, SQL> {
  const excluded: Partial<Record<K, SQL>> = {}
  for (const name in columns) excluded[name] = sql`excluded.${sql.identifier(columns[name].name)}`
  return excluded as Record<K, SQL>
}

/** Statements by a key, for queries that come in a few shapes; forgets the oldest when there are more than `MAX_SHAPES`. */
export class Shapes<Q> {
  readonly #queries = new Map<string, Q>()

  get(key: string, make: () => Q): Q {
    const known = this.#queries.get(key)
    if (known !== undefined) return known
    const query = make()
    this.#queries.set(key, query)
    const [oldest] = this.#queries.keys()
    if (this.#queries.size > MAX_SHAPES && oldest !== undefined) this.#queries.delete(oldest)
    return query
  }
}
const MAX_SHAPES = 200

/** Changes of some columns of the row with a run id: one statement for each set of columns. */
export class Patches {
  readonly #shapes = new Shapes<Query>()
  readonly #statements: Statements
  readonly #table: SQLiteTable
  readonly #columns: Readonly<Record<string, SQLiteColumn>>

  constructor(statements: Statements, table: SQLiteTable) {
    this.#statements = statements
    this.#table = table
    this.#columns = getTableColumns(table)
  }

  /** `values` has the run id and the new values of the columns named in `keys`. */
  run(keys: readonly string[], values: object): void {
    if (keys.length === 0) return
    this.#shapes.get(keys.join(), () => this.#statements.query(() => this.#build(keys))).run(values)
  }

  #build(keys: readonly string[]): SQLWrapper {
    const sets = keys.map((key) => sql`${sql.identifier(this.#name(key))} = ${sql.placeholder(key)}`)
    const runId = sql.identifier(this.#name('runId'))
    return sql`update ${this.#table} set ${sql.join(sets, sql`, `)} where ${runId} = ${sql.placeholder('runId')}`
  }

  #name(key: string): string {
    const column = this.#columns[key]
    if (column === undefined) throw new TypeError(`no column for ${key}`)
    return column.name
  }
}
