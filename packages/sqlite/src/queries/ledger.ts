import { createHash } from 'node:crypto'
import type BetterSqlite3 from 'better-sqlite3'
import { asc, sql } from 'drizzle-orm'
import type { Migration } from '../migrations/index.js'
import { selection } from '../rows.js'
import { ledger } from '../schema.js'
import { placeholders, type Query, type RecordQuery, type Statements } from '../statement.js'

/** A migration that the store says was applied to it. */
export interface Applied {
  readonly number: number
  readonly name: string
  readonly hash: string
}

const { appliedAt, ...applied } = {
  number: ledger.number,
  name: ledger.name,
  hash: ledger.hash,
  appliedAt: ledger.appliedAt,
}

/** What makes the ledger itself. */
export const LEDGER_SQL = `create table if not exists flujo_state_migrations (
  number integer primary key not null,
  name text not null,
  hash text not null,
  applied_at integer not null
) strict`

/** What the ledger says of a migration; the hash tells an edited one. */
export function entryOf({ number, name, sql }: Migration): Applied {
  return { number, name, hash: createHash('sha256').update(sql).digest('hex') }
}

/** The ledger's entry for a migration, as SQL for people who apply migrations themselves. */
export function ledgerEntrySql({ number, name, hash }: Applied): string {
  return `insert into flujo_state_migrations values (${number}, '${name}', '${hash}', strftime('%s', 'now') * 1000)`
}

export class LedgerQueries {
  readonly #read: RecordQuery<Applied>
  readonly #insert: Query
  readonly #handle: BetterSqlite3.Database

  constructor(handle: BetterSqlite3.Database, statements: Statements) {
    this.#handle = handle
    this.#read = statements.records(
      applied,
      sql`select ${selection(applied)} from ${ledger} order by ${asc(ledger.number)}`,
    )
    this.#insert = statements.query((db) => db.insert(ledger).values(placeholders({ ...applied, appliedAt })))
  }

  create(): void {
    this.#handle.exec(LEDGER_SQL)
  }
  read(): Applied[] {
    return this.#read.all({})
  }
  add(migration: Applied, appliedAt: number): void {
    this.#insert.run({ ...migration, appliedAt })
  }
}
