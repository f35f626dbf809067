import { expect, test } from 'vitest'
import { Dataset, recentFrom } from '../src/subjects/dataset.js'

test('the time of reading decides how many are recent, exactly', () => {
  const data = new Dataset(1_000)
  for (const [share, count] of [
    [0, 0],
    [0.01, 10],
    [1, 1_000],
  ] as const) {
    const now = data.timeWhenRecent(share)
    expect([...data.newest()].filter(({ createdAt }) => createdAt.getTime() >= recentFrom(now))).toHaveLength(count)
    expect(data.stats(now).recentWorkflows24h).toBe(count)
  }
})

test('a row is the same however it is reached, newest first, and every id is another', () => {
  const data = new Dataset(300)
  const rows = [...data.newest()]
  expect(rows.map(({ runId }) => runId)).toEqual([...data.entries()].map(({ runId }) => runId).reverse())
  expect(rows[0]).toEqual(data.row(299))
  expect(new Set(rows.map(({ runId }) => runId)).size).toBe(300)
  expect(rows.every((row, index) => index === 0 || row.createdAt <= (rows[index - 1]?.createdAt as Date))).toBe(true)
})

test('about fifty runs share a customer, and statuses and pipelines are mixed', () => {
  const rows = [...new Dataset(10_000).newest()]
  const customers = new Set(rows.map(({ metadata }) => metadata.customer))
  expect(customers.size).toBeGreaterThan(150)
  expect(customers.size).toBeLessThanOrEqual(200)
  expect(new Set(rows.map(({ status }) => status)).size).toBe(5)
  expect(new Set(rows.map(({ pipelineName }) => pipelineName)).size).toBe(20)
})
