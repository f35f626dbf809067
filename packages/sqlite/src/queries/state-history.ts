import type { Encoded } from '@flujo-state/core'
import { type SQL, sql } from 'drizzle-orm'
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core'
import { type Expression, like, selection } from '../rows.js'
import { stateHistory } from '../schema.js'
import type { Query, RecordQuery, Statements } from '../statement.js'

const t = stateHistory
const fields = { item: t.item }

/** The key of an item: the `id` of its snapshot, then its position. Made by SQL, as it may be past the integers of JavaScript. */
function keyOf(id: SQLiteColumn | SQL, position: SQL): SQL {
  return sql`((${id} << 32) + ${position})`
}
const LAST_POSITION = sql.raw('4294967295')

/** How many items the history of the snapshot with this `id` has: positions have no gaps. */
export function historyLength(id: SQLiteColumn | SQL): Expression<typeof t.key> {
  const last = sql`select max(${t.key}) from ${t} where ${t.key} between ${keyOf(id, sql`0`)} and ${keyOf(id, LAST_POSITION)}`
  return like(t.key, sql`coalesce(((${last}) & ${LAST_POSITION}) + 1, 0)`)
}

/** Histories by the `id` of their snapshot. */
export class StateHistoryQueries {
  readonly #read: RecordQuery<{ readonly item: Encoded }>
  readonly #insert: Query
  readonly #deleteFrom: Query

  constructor(statements: Statements) {
    const id = sql`${sql.placeholder('id')}`
    const from = sql`${sql.placeholder('position')}`
    const behind = sql`${t.key} between ${keyOf(id, from)} and ${keyOf(id, LAST_POSITION)}`
    this.#read = statements.records(
      fields,
      sql`select ${selection(fields)} from ${t} where ${behind} order by ${t.key}`,
    )
    this.#insert = statements.query(
      () => sql`insert into ${t} (key, item) values (${keyOf(id, from)}, ${sql.placeholder('item')})`,
    )
    this.#deleteFrom = statements.query(() => sql`delete from ${t} where ${behind}`)
  }

  read(id: number): Encoded[] {
    return this.#read.all({ id, position: 0 }).map(({ item }) => item)
  }

  append(id: number, from: number, items: readonly Encoded[]): void {
    for (let i = 0; i < items.length; i++) this.#insert.run({ id, position: from + i, item: items[i] })
  }

  /** `stored` is what is there now: only the difference is written. */
  replace(id: number, stored: readonly Encoded[], items: readonly Encoded[]): void {
    let same = 0
    while (same < stored.length && stored[same] === items[same]) same += 1
    if (same < stored.length) this.#deleteFrom.run({ id, position: same })
    if (same < items.length) this.append(id, same, items.slice(same))
  }

  delete(id: number): void {
    this.#deleteFrom.run({ id, position: 0 })
  }
}
