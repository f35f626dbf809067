import type { Position, WorkflowStatus } from '@flujo-state/core'
import { type SQL, sql } from 'drizzle-orm'
import type { SQLiteColumn, SQLiteTable } from 'drizzle-orm/sqlite-core'
import { type Fields, selection } from '../rows.js'

/**
 * A newest-first list over one index: by the columns that `where` and an arm make equal, `time`, `id`. Those of `rangeConditions` are in
 * `where` as well.
 */
export interface NewestFirst {
  readonly table: SQLiteTable
  /** Named in the query: without statistics SQLite takes the first index that serves at all, with old ones a wrong one. */
  readonly index: string
  readonly fields: Fields
  readonly time: SQLiteColumn
  readonly id: SQLiteColumn
  readonly where: readonly SQL[]
  /** Conditions that exclude each other: each is a range of the index of its own, and SQLite merges them. None: no condition. */
  readonly arms: readonly SQL[]
}

/** Its placeholders are `limit` and `offset`, and those in `where` and `arms`. */
export function newestFirst(list: NewestFirst): SQL {
  const arms = list.arms.length === 0 ? [armOf(list)] : list.arms.map((condition) => armOf(list, condition))
  const order = sql`order by ${nameOf(list, list.time)} desc, ${nameOf(list, list.id)} desc`
  const page = sql`limit ${sql.placeholder('limit')} offset ${sql.placeholder('offset')}`
  return sql`${sql.join(arms, sql` union all `)} ${order} ${page}`
}

function armOf({ table, index, fields, where }: NewestFirst, ...arm: SQL[]): SQL {
  const all = [...where, ...arm]
  const conditions = all.length === 0 ? sql.empty() : sql` where ${sql.join(all, sql` and `)}`
  return sql`select ${selection(fields)} from ${table} indexed by ${sql.identifier(index)}${conditions}`
}

/** What the column is called in the result: a union can only be ordered by that. */
function nameOf({ fields }: NewestFirst, column: SQLiteColumn) {
  const [name] = Object.entries(fields).find(([, field]) => field === column) ?? []
  if (name === undefined) throw new TypeError(`a list must select what it is ordered by: ${column.name}`)
  return sql.identifier(name)
}

export interface Range {
  readonly from?: number | undefined
  readonly before?: number | undefined
  readonly after?: Position | undefined
  readonly limit?: number | undefined
  readonly offset?: number | undefined
}

/**
 * By their names, the conditions of a page of `from <= time < before`, behind `after`; `rangeOf` has the values of their placeholders. Only
 * those that are needed: every row pays for each.
 */
export function rangeConditions({ from, before, after }: Range, time: SQLiteColumn, id: SQLiteColumn): [string, SQL][] {
  const conditions: [string, SQL][] = []
  if (from !== undefined) conditions.push(['from', sql`${time} >= ${sql.placeholder('from')}`])
  if (before !== undefined || after !== undefined)
    conditions.push(['behind', sql`(${time}, ${id}) < (${sql.placeholder('time')}, ${sql.placeholder('id')})`])
  return conditions
}

/** The values of the placeholders of `rangeConditions`, and of the size of the page. */
export function rangeOf({ from, before = Number.MAX_SAFE_INTEGER, after, limit, offset }: Range) {
  // No id is smaller than the empty text, so (before, '') is where the times before `before` begin.
  const behind = after !== undefined && after.time < before ? after : { time: before, id: '' }
  // A limit below zero is none.
  return { from, time: behind.time, id: behind.id, limit: limit ?? -1, offset: offset ?? 0 }
}

/** A condition for each of so many statuses; `statusesOf` has the values of their placeholders. */
export function armsOfStatuses(column: SQLiteColumn, count: number): SQL[] {
  return Array.from({ length: count }, (_, i) => sql`${column} = ${sql.placeholder(`status${i}`)}`)
}

/** The values of the placeholders of the statuses. */
export function statusesOf(statuses: readonly WorkflowStatus[]): Record<string, string> {
  return Object.fromEntries(statuses.map((status, i) => [`status${i}`, status]))
}
