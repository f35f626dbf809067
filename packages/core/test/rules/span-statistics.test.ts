import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SpanRow } from '../../src/records.js'
import { SpanAggregator, spanStatistics } from '../../src/rules/span-statistics.js'
import type { SpanAggregateQuery } from '../../src/state-store.js'
import { spanRow } from '../support/rows.js'

function statisticsOf(spans: readonly Partial<SpanRow>[], query: SpanAggregateQuery = {}) {
  const aggregator = new SpanAggregator(query)
  for (const span of spans) aggregator.add(spanRow(span))
  return spanStatistics(aggregator.result())
}

describe('spanStatistics of SpanAggregator', () => {
  it('is zero and empty for nothing', () => {
    expect(statisticsOf([])).toEqual({ totalSpans: 0, byName: {}, byStatus: {}, durationByName: {} })
  })

  it('leaves open spans out', () => {
    expect(statisticsOf([{ endTime: null }, { endTime: 3 }]).totalSpans).toBe(1)
  })

  it('counts by name and by status, and measures by name over all statuses', () => {
    const spans = [
      { name: 'a', status: 'ok', startTime: 10, endTime: 10 },
      { name: 'a', status: 'error', startTime: 10, endTime: 14 },
      { name: 'a', status: 'ok', startTime: 10, endTime: 12 },
      { name: 'b', status: 'ok', startTime: 0.25, endTime: 0.75 },
    ]
    expect(statisticsOf(spans)).toEqual({
      totalSpans: 4,
      byName: { a: 3, b: 1 },
      byStatus: { ok: 3, error: 1 },
      durationByName: {
        a: { count: 3, total: 6, average: 2, min: 0, max: 4 },
        b: { count: 1, total: 0.5, average: 0.5, min: 0.5, max: 0.5 },
      },
    })
  })

  it.each([
    [9, 0],
    [10, 1],
    [11, 1],
    [20, 1],
    [21, 0],
  ])('takes a span that starts at %d into the range from 10 to 20: %d', (startTime, expected) => {
    expect(statisticsOf([{ startTime, endTime: 30 }], { from: 10, to: 20 }).totalSpans).toBe(expected)
  })

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('counts the name and the status %s', (word) => {
    const spans = [1, 2].map((endTime) => ({ name: word, status: word, endTime }))
    const { byName, byStatus, durationByName } = statisticsOf(spans)
    for (const counts of [byName, byStatus]) expect(Object.entries(counts)).toEqual([[word, 2]])
    expect(Object.entries(durationByName)).toEqual([[word, { count: 2, total: 3, average: 1.5, min: 1, max: 2 }]])
    expect(Object.getPrototypeOf(byName)).toBe(Object.prototype)
  })

  it('keeps (a, b) and (ab, empty-looking) names and statuses apart', () => {
    const { byName, byStatus } = statisticsOf([
      { name: 'a', status: 'b c', endTime: 1 },
      { name: 'a b', status: 'c', endTime: 1 },
    ])
    expect(byName).toEqual({ a: 1, 'a b': 1 })
    expect(byStatus).toEqual({ 'b c': 1, c: 1 })
  })

  it('sums up: all counts agree, min <= average <= max', () => {
    const span = fc.record({
      name: fc.constantFrom('a', 'b', '__proto__'),
      status: fc.constantFrom('ok', 'error'),
      startTime: fc.integer({ min: 0, max: 50 }),
      endTime: fc.option(fc.integer({ min: 50, max: 90 })),
    })
    const sum = (counts: Record<string, number>) => Object.values(counts).reduce((a, b) => a + b, 0)
    const holds = (spans: Partial<SpanRow>[]) => {
      const { totalSpans, byName, byStatus, durationByName } = statisticsOf(spans)
      expect(totalSpans).toBe(spans.filter(({ endTime }) => endTime !== null).length)
      expect(sum(byName)).toBe(totalSpans)
      expect(sum(byStatus)).toBe(totalSpans)
      for (const [name, { count, total, average, min, max }] of Object.entries(durationByName)) {
        expect(count).toBe(Object.getOwnPropertyDescriptor(byName, name)?.value)
        expect(average).toBeCloseTo(total / count)
        expect(min).toBeLessThanOrEqual(average)
        expect(max).toBeGreaterThanOrEqual(average)
      }
    }
    fc.assert(fc.property(fc.array(span), holds))
  })
})
