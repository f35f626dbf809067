import Database from 'better-sqlite3'
import { sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { describe, expect, it } from 'vitest'
import { selection } from '../src/rows.js'
import { Patches, placeholders, replacements, Shapes, Statements } from '../src/statement.js'

const things = sqliteTable('things', {
  runId: text('run_id').primaryKey().notNull(),
  count: integer('count').notNull(),
  isNew: integer('is_new', { mode: 'boolean' }).notNull(),
})
const { runId, count, isNew } = things
const fields = { runId, count, isNew }

function setUp() {
  const prepared: string[] = []
  const handle = new Database(':memory:')
  handle.exec(
    'create table things (run_id text primary key not null, count integer not null, is_new integer not null) strict',
  )
  const prepare = handle.prepare.bind(handle)
  handle.prepare = ((source: string) => {
    prepared.push(source)
    return prepare(source)
  }) as typeof handle.prepare
  const statements = new Statements(handle, drizzle(handle))
  const put = statements.query((db) =>
    db
      .insert(things)
      .values(placeholders(fields))
      .onConflictDoUpdate({ target: runId, set: replacements({ count, isNew }) }),
  )
  const all = statements.records(fields, sql`select ${selection(fields)} from ${things} order by ${runId}`)
  return { prepared, handle, statements, put, all }
}

describe('Statements', () => {
  it('prepare each query once, at its first use', () => {
    const { prepared, put, all } = setUp()
    expect(prepared).toEqual([])
    put.run({ runId: 'a', count: 1, isNew: true })
    put.run({ runId: 'b', count: 2, isNew: false })
    put.run({ runId: 'a', count: 3, isNew: false })
    expect(prepared).toHaveLength(1)
    expect(all.all({})).toEqual([
      { runId: 'a', count: 3, isNew: false },
      { runId: 'b', count: 2, isNew: false },
    ])
    expect(all.first({})).toMatchObject({ runId: 'a' })
  })

  it('bind what is constant in the query, and what is given by name', () => {
    const { statements, put } = setUp()
    put.run({ runId: 'a', count: 1, isNew: true })
    const some = statements.records(
      fields,
      sql`select ${selection(fields)} from ${things} where ${count} >= ${1} and ${runId} = ${sql.placeholder('id')}`,
    )
    expect(some.first({ id: 'a' })).toMatchObject({ count: 1 })
    expect(some.first({ id: 'b' })).toBeNull()
  })

  it('refuse a value that was forgotten', () => {
    const { put } = setUp()
    expect(() => put.run({ runId: 'a', isNew: true })).toThrow(TypeError)
  })
})

describe('Patches', () => {
  it('change the columns named and no others, with a statement for each set of them', () => {
    const { prepared, statements, put, all } = setUp()
    put.run({ runId: 'a', count: 1, isNew: true })
    const patches = new Patches(statements, things)
    patches.run(['count'], { runId: 'a', count: 2, isNew: false })
    patches.run(['count'], { runId: 'a', count: 3 })
    patches.run(['count', 'isNew'], { runId: 'b', count: 4, isNew: false })
    patches.run([], { runId: 'a' })
    expect(all.all({})).toEqual([{ runId: 'a', count: 3, isNew: true }])
    expect(prepared.filter((text) => text.startsWith('update'))).toHaveLength(2)
    expect(() => patches.run(['colour'], { runId: 'a', colour: 'red' })).toThrow('no column for colour')
  })
})

describe('Shapes', () => {
  it('keep a bounded number of queries, the oldest go first', () => {
    const shapes = new Shapes<number>()
    let made = 0
    const make = () => ++made
    for (let i = 0; i < 200; i++) shapes.get(`shape ${i}`, make)
    expect(shapes.get('shape 0', make)).toBe(1)
    shapes.get('one more', make)
    expect(shapes.get('shape 1', make)).toBe(2)
    expect(shapes.get('shape 0', make)).toBe(202)
  })
})
