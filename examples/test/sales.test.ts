/** The work of the main example, without a workflow around it. */
import { describe, expect, it } from 'vitest'
import { cleanOrders } from '../src/sales/clean.js'
import { parseCsv } from '../src/sales/csv.js'
import { aggregate, estimate } from '../src/sales/figures.js'
import { renderReport } from '../src/sales/report.js'
import { clip, duration, table, wrap } from '../src/show/text.js'

const good = ['1', '2026-07-01', 'Ada Park', 'ada@example.com', 'DE', 'Moka pot, 6 cups', '2', '34.95']
const row = (change: Record<number, string> = {}) => good.map((field, index) => change[index] ?? field)

describe('parseCsv', () => {
  it('gives records with their lines', () => {
    expect(parseCsv('a,b\n\n"x, ""y""",\r\n"two\nlines",z')).toEqual([
      { line: 1, fields: ['a', 'b'] },
      { line: 3, fields: ['x, "y"', ''] },
      { line: 4, fields: ['two\nlines', 'z'] },
    ])
    expect(parseCsv('')).toEqual([])
    expect(parseCsv('a\n')).toEqual([{ line: 1, fields: ['a'] }])
  })

  it('refuses a quote that does not end', () => {
    expect(() => parseCsv('a\n"b')).toThrow('line 2')
  })
})

describe('cleanOrders', () => {
  it('mends what can be mended', () => {
    const rows = [row(), row({ 0: '2', 1: '01.07.2026', 2: '  ADA PARK ', 4: ' germany'.trim(), 7: '34,95' })]
    rows.push(row({ 0: '3', 4: 'Germany' }), row({ 0: '4', 4: ' de ' }))
    const { orders, rejected } = cleanOrders(rows.map((fields, index) => ({ line: index + 2, fields })))
    expect(rejected).toEqual([{ line: 3, why: 'has no known country' }])
    const order = { date: '2026-07-01', customer: 'Ada Park', country: 'Germany', product: 'Moka pot, 6 cups' }
    expect(orders).toEqual(['1', '3', '4'].map((id) => ({ order: id, ...order, quantity: 2, cents: 3495 })))
  })

  it.each([
    ['has fields missing', good.slice(0, 5)],
    ['has no e-mail address', row({ 3: 'ada at example.com' })],
    ['has no valid date', row({ 1: '2026-13-01' })],
    ['has no valid date', row({ 1: '2026-02-30' })],
    ['has no known country', row({ 4: '??' })],
    ['has no quantity', row({ 6: '' })],
    ['has a quantity below 1', row({ 6: '-2' })],
    ['has no price', row({ 7: 'n/a' })],
  ])('says that a row %s', (why, fields) => {
    expect(cleanOrders([{ line: 7, fields }])).toEqual({ orders: [], rejected: [{ line: 7, why }] })
  })

  it('takes an order once', () => {
    const rows = [2, 3].map((line) => ({ line, fields: row() }))
    expect(cleanOrders(rows).rejected).toEqual([{ line: 3, why: 'was exported twice' }])
  })
})

describe('the figures', () => {
  it('add up, and the report says them', async () => {
    const rows = [row(), row({ 0: '2', 1: '2026-08-02', 4: 'FR', 6: '1' })].map((fields, line) => ({ line, fields }))
    const { orders, rejected } = cleanOrders(rows)
    const figures = aggregate(orders, rejected)
    expect(figures).toMatchObject({
      orders: 2,
      cents: 10_485,
      byMonth: [{ name: '2026-07', cents: 6990 }, { name: '2026-08' }],
      byCountry: [{ name: 'Germany' }, { name: 'France' }],
      byProduct: [{ name: 'Moka pot, 6 cups', orders: 2 }],
      values: { Germany: [6990], France: [3495] },
    })
    const intervals = []
    for await (const interval of estimate(figures.values)) intervals.push(interval)
    expect(intervals).toEqual([
      { country: 'France', average: 3495, low: 3495, high: 3495 },
      { country: 'Germany', average: 6990, low: 6990, high: 6990 },
    ])
    expect(renderReport(figures, intervals)).toContain('2 orders, € 104.85. 0 rows')
  })
})

describe('text for a terminal', () => {
  it('fits', () => {
    expect(clip('abcdef', 4)).toBe('abc…')
    expect(clip('abcd', 4)).toBe('abcd')
    expect(wrap('one two three', 7)).toEqual(['one two', 'three'])
    expect([0.25, 12.3, 1_234, null].map(duration)).toEqual(['0.3 ms', '12 ms', '1.23 s', '-'])
    const columns = [
      { title: 'a', width: 3 },
      { title: 'n', width: 3, right: true },
    ] as const
    expect(table(columns, [['abcd', '1']])).toEqual(['a      n', 'ab…    1'])
  })
})
