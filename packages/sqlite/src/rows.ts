/**
 * Stored rows as records. Rows are read as arrays in the order of the fields asked for (half the cost of objects made by the
 * driver), and become records here, checked on the way: SQLite itself does not notice a row that was damaged in the file.
 */
import { StateBackendError } from '@flujo-state/core'
import { type GetColumnData, type SQL, sql } from 'drizzle-orm'
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core'

/** An expression whose values are those that a column could hold. */
export interface Expression<C extends SQLiteColumn = SQLiteColumn> {
  readonly like: C
  readonly expression: SQL
}
export function like<C extends SQLiteColumn>(column: C, expression: SQL): Expression<C> {
  return { like: column, expression }
}

/** What a query selects, by the name it has in the record. */
export type Fields = Readonly<Record<string, SQLiteColumn | Expression>>

export type RecordOf<F extends Fields> = {
  readonly [K in keyof F]: F[K] extends SQLiteColumn
    ? GetColumnData<F[K]>
    : F[K] extends Expression<infer C>
      ? GetColumnData<C>
      : never
}

/** The fields as a select names them. */
export function selection(fields: Fields): SQL {
  const items = Object.entries(fields).map(
    ([name, field]) => sql`${'like' in field ? field.expression : field} as ${sql.identifier(name)}`,
  )
  return sql.join(items, sql`, `)
}

/** Makes a record of a row's values, which are its own to change. @throws `CORRUPT` with the run id for a value that its column cannot hold */
export type Reader<R> = (row: readonly unknown[]) => R

type Kind = 'text' | 'integer' | 'real' | 'flag'

interface Place {
  readonly key: string
  readonly kind: Kind
  readonly nullable: boolean
  /** The texts allowed, where they are few. */
  readonly among: ReadonlySet<unknown> | null
}

export function readerOf<F extends Fields>(fields: F): Reader<RecordOf<F>> {
  const places = Object.entries(fields).map(([key, field]) => placeOf(key, field))
  const make = recordMaker(Object.keys(fields))
  return (row) => {
    const values = row as unknown[]
    for (let i = 0; i < places.length; i++) {
      const place = places[i] as Place
      const value = values[i]
      if (!fits(value, place)) throw damaged(places, values, place)
      if (place.kind === 'flag') values[i] = value === 1
    }
    return make(values) as RecordOf<F>
  }
}

/**
 * Makes objects with these keys. As a literal, which the engine lays out once: an object that is filled key by key costs ten
 * times as much to make, and again to copy. Where the process may not compile code (`--disallow-code-generation-from-strings`),
 * it is filled.
 */
function recordMaker(keys: readonly string[]): (values: readonly unknown[]) => object {
  const members = keys.map((key, i) => `${JSON.stringify(key)}: values[${i}]`)
  try {
    return new Function('values', `return { ${members.join()} }`) as (values: readonly unknown[]) => object
  } catch {
    return (values) => Object.fromEntries(keys.map((key, i) => [key, values[i]]))
  }
}

function placeOf(key: string, field: SQLiteColumn | Expression): Place {
  const column = 'like' in field ? field.like : field
  const among = column.enumValues === undefined ? null : new Set<unknown>(column.enumValues)
  return { key, kind: kindOf(column), nullable: !column.notNull, among }
}

function kindOf(column: SQLiteColumn): Kind {
  if (column.dataType === 'boolean') return 'flag'
  if (column.dataType === 'string') return 'text'
  return column.getSQLType() === 'real' ? 'real' : 'integer'
}

function fits(value: unknown, { kind, nullable, among }: Place): boolean {
  if (value === null) return nullable
  switch (kind) {
    case 'text':
      return typeof value === 'string' && (among === null || among.has(value))
    case 'integer':
      return Number.isSafeInteger(value)
    case 'real':
      return typeof value === 'number'
    case 'flag':
      return value === 0 || value === 1
  }
}

function damaged(places: readonly Place[], values: readonly unknown[], { key }: Place): StateBackendError {
  const at = places.findIndex((place) => place.key === 'runId')
  const runId = at === -1 ? null : values[at]
  const whose = typeof runId === 'string' ? ` of run '${runId}'` : ''
  return new StateBackendError(
    'CORRUPT',
    `the stored record${whose} is damaged: its ${key} is nothing that can stand there. Restore it from a backup, or remove its rows with SQL`,
    { runId: typeof runId === 'string' ? runId : null, path: `$.${key}` },
  )
}
