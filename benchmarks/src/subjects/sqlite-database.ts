import { existsSync } from 'node:fs'
import { SQLiteBackend } from '@flujo-state/sqlite'
import Database from 'better-sqlite3'

export type Durability = 'full' | 'normal'

/** A raw database as durable as ours; a new one has our tables and indexes. */
export async function openDatabase(path: string, durability: Durability): Promise<Database.Database> {
  const isNew = !existsSync(path)
  const schema = isNew ? await schemaOfOurs(`${path}.schema`) : []
  const database = new Database(path)
  database.pragma('journal_mode = WAL')
  database.pragma(`synchronous = ${durability === 'full' ? 'FULL' : 'NORMAL'}`)
  for (const sql of schema) database.exec(sql)
  return database
}

/** The SQL of the tables and indexes that the backend makes. Views and triggers are no business of the control. */
export async function schemaOfOurs(path: string): Promise<string[]> {
  const backend = new SQLiteBackend(path)
  await backend.open()
  await backend.shutdown()
  const database = new Database(path, { readonly: true })
  try {
    const rows = database.prepare(
      `SELECT sql FROM sqlite_schema WHERE type IN ('table', 'index') AND sql IS NOT NULL AND name NOT LIKE 'sqlite_%'
       ORDER BY type DESC`,
    )
    return rows.pluck().all() as string[]
  } finally {
    database.close()
  }
}

/** Inserts a whole row, or changes all but the key and what is `fixed`. Values go by position, the fastest way. */
export function upsert(
  database: Database.Database,
  table: string,
  columns: readonly string[],
  key: readonly string[],
  fixed: readonly string[],
) {
  const changed = columns.filter((name) => !key.includes(name) && !fixed.includes(name))
  return database.prepare(
    `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})
     ON CONFLICT (${key.join(', ')}) DO UPDATE SET ${changed.map((name) => `${name} = excluded.${name}`).join(', ')}`,
  )
}
