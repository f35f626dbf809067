import Database from 'better-sqlite3'
import { generateSQLiteDrizzleJson, generateSQLiteMigration } from 'drizzle-kit/api'
import { getTableConfig } from 'drizzle-orm/sqlite-core'
import { describe, expect, it } from 'vitest'
import { printMigrations } from '../src/index.js'
import { ledger, tables } from '../src/schema.js'

const all = { ...tables, ledger }
const names = Object.values(all).map((table) => getTableConfig(table).name)

/** Every table with its columns, indexes and checks, as SQLite itself describes them. */
function describeDatabase(handle: Database.Database) {
  const rows = (sql: string) => handle.prepare(sql).all() as Record<string, unknown>[]
  return Object.fromEntries(
    names.map((table) => {
      const columns = rows(
        `select lower(name) name, lower(type) type, "notnull", dflt_value, pk from pragma_table_xinfo('${table}')`,
      )
      const indexes = rows(`select name, "unique", origin, partial from pragma_index_list('${table}') order by name`)
      const keys = indexes.map(({ name }) =>
        rows(`select seqno, name, "desc", coll from pragma_index_xinfo('${name}') where key`),
      )
      const [{ sql }] = rows(`select sql from sqlite_schema where name = '${table}'`) as [{ sql: string }]
      const partial = rows(`select sql from sqlite_schema where type = 'index' and tbl_name = '${table}' order by name`)
      const conditions = partial.map(({ sql }) => /where (.*)$/is.exec(String(sql))?.[1]?.replaceAll('"', '') ?? null)
      return [table, { columns, indexes, keys, conditions, checks: checksOf(sql) }]
    }),
  )
}

function checksOf(sql: string): string[] {
  const checks = [...sql.matchAll(/check\s*\((.*?\))\s*\)/gis)]
  return checks.map(([, check]) => String(check).replace(/"|\s+/g, ' ').replace(/ +/g, ' ').trim())
}

describe('the Drizzle schema', () => {
  it('is what the migrations make', async () => {
    const wanted = new Database(':memory:')
    for (const statement of await generateSQLiteMigration(
      await generateSQLiteDrizzleJson({}),
      await generateSQLiteDrizzleJson(all),
    ))
      wanted.exec(statement)
    const made = new Database(':memory:')
    made.exec(printMigrations())
    expect(describeDatabase(made)).toEqual(describeDatabase(wanted))
  })

  it('knows every table of the store, and each is strict', () => {
    const made = new Database(':memory:')
    made.exec(printMigrations())
    const listed = made
      .prepare(
        "select name, strict from pragma_table_list where schema = 'main' and type = 'table' and name not like 'sqlite_%'",
      )
      .all()
    expect(listed).toHaveLength(names.length)
    expect(listed).toEqual(expect.arrayContaining(names.map((name) => ({ name, strict: 1 }))))
  })
})
