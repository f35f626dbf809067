import { sql } from 'drizzle-orm'
import { integer, real, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { describe, expect, it, vi } from 'vitest'
import { like, readerOf } from '../src/rows.js'

const table = sqliteTable('things', {
  runId: text('run_id').notNull(),
  status: text('status', { enum: ['on', 'off'] }).notNull(),
  count: integer('count').notNull(),
  cost: real('cost'),
  isNew: integer('is_new', { mode: 'boolean' }).notNull(),
})
const { runId, status, count, cost, isNew } = table
const fields = { runId, status, count, cost, isNew, twice: like(table.count, sql`${table.count} * 2`) }
const read = readerOf(fields)

describe('readerOf', () => {
  it('makes a record of the values, by the fields they were asked for', () => {
    expect(read(['r', 'on', 3, null, 1, 6])).toEqual({
      runId: 'r',
      status: 'on',
      count: 3,
      cost: null,
      isNew: true,
      twice: 6,
    })
  })

  it('does the same where the process may not compile code', () => {
    const forbidden = vi.fn(() => {
      throw new EvalError('Code generation from strings disallowed for this context')
    })
    vi.stubGlobal('Function', forbidden)
    const slowly = readerOf(fields)
    vi.unstubAllGlobals()
    expect(forbidden).toHaveBeenCalled()
    expect(slowly(['r', 'on', 3, null, 0, 6])).toEqual(read(['r', 'on', 3, null, 0, 6]))
    expect(() => slowly(['r', 'maybe', 3, 0.5, 1, 6])).toThrow(expect.objectContaining({ code: 'CORRUPT' }))
  })

  it.each([
    ['a status that is none', ['r', 'maybe', 3, 0.5, 1, 6], '$.status'],
    ['text where a number stands', ['r', 'on', 'three', 0.5, 1, 6], '$.count'],
    ['a fraction where an integer stands', ['r', 'on', 0.5, 0.5, 1, 6], '$.count'],
    ['null where it cannot be', ['r', 'on', null, 0.5, 1, 6], '$.count'],
    ['text where a fraction stands', ['r', 'on', 3, '0.5', 1, 6], '$.cost'],
    ['a number that is neither yes nor no', ['r', 'on', 3, 0.5, 2, 6], '$.isNew'],
    ['bytes where a result of SQL stands', ['r', 'on', 3, 0.5, 1, Buffer.from('6')], '$.twice'],
  ])('refuses %s, with the run', (_what, values, path) => {
    expect(() => read(values)).toThrow(expect.objectContaining({ code: 'CORRUPT', runId: 'r', path }))
  })

  it('refuses a run id that is none', () => {
    expect(() => read([7, 'on', 3, 0.5, 1, 6])).toThrow(expect.objectContaining({ code: 'CORRUPT', path: '$.runId' }))
  })
})
