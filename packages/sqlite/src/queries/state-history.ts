import type { Encoded } from '@flujo-state/core'
import { and, eq, gte, type SQL, sql } from 'drizzle-orm'
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core'
import { type Expression, like, selection } from '../rows.js'
import { stateHistory } from '../schema.js'
import { placeholders, type Query, type RecordQuery, type Statements } from '../statement.js'

const t = stateHistory
const fields = { runId: t.runId, item: t.item }

/** How many items the history of the run has: positions have no gaps. */
export function historyLength(runId: SQLiteColumn | SQL): Expression<typeof t.position> {
  return like(t.position, sql`(select coalesce(max(${t.position}) + 1, 0) from ${t} where ${t.runId} = ${runId})`)
}

export class StateHistoryQueries {
  readonly #read: RecordQuery<{ readonly item: Encoded }>
  readonly #insert: Query
  readonly #deleteFrom: Query

  constructor(statements: Statements) {
    const byRun = eq(t.runId, sql.placeholder('runId'))
    this.#read = statements.records(
      fields,
      sql`select ${selection(fields)} from ${t} where ${byRun} order by ${t.position}`,
    )
    this.#insert = statements.query((db) =>
      db.insert(t).values(placeholders({ runId: t.runId, position: t.position, item: t.item })),
    )
    this.#deleteFrom = statements.query((db) =>
      db.delete(t).where(and(byRun, gte(t.position, sql.placeholder('from')))),
    )
  }

  read(runId: string): Encoded[] {
    return this.#read.all({ runId }).map(({ item }) => item)
  }

  append(runId: string, from: number, items: readonly Encoded[]): void {
    for (let i = 0; i < items.length; i++) this.#insert.run({ runId, position: from + i, item: items[i] })
  }

  /** Writes only what is new: callers that save the whole history again and again mostly lengthen it. */
  replace(runId: string, items: readonly Encoded[], storedLength: number): void {
    const stored = storedLength === 0 ? [] : this.read(runId)
    let same = 0
    while (same < stored.length && stored[same] === items[same]) same += 1
    if (same < stored.length) this.#deleteFrom.run({ runId, from: same })
    if (same < items.length) this.append(runId, same, items.slice(same))
  }

  delete(runId: string): void {
    this.#deleteFrom.run({ runId, from: 0 })
  }
}
