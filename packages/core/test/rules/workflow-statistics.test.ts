import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { WORKFLOW_STATUSES } from '../../src/models/common.js'
import { countStateRows, workflowStats } from '../../src/rules/workflow-statistics.js'
import { stateRow } from '../support/rows.js'

describe('workflowStats of countStateRows', () => {
  it('is zeros for nothing', () => {
    const zeros = { running: 0, paused: 0, completed: 0, failed: 0, cancelled: 0 }
    expect(workflowStats(countStateRows([], 0))).toEqual({
      totalWorkflows: 0,
      statusCounts: zeros,
      recentWorkflows24h: 0,
      averageExecutionTimeMs: 0,
      backgroundStatusCounts: zeros,
    })
  })

  it('counts by status, background tasks in both counts', () => {
    const rows = [
      stateRow({ status: 'failed' }),
      stateRow({ status: 'failed', isBackgroundTask: true }),
      stateRow({ status: 'running', isBackgroundTask: true }),
    ]
    expect(workflowStats(countStateRows(rows, 0))).toMatchObject({
      totalWorkflows: 3,
      statusCounts: { running: 1, failed: 2, completed: 0 },
      backgroundStatusCounts: { running: 1, failed: 1, completed: 0 },
    })
  })

  it.each([
    [99, 0],
    [100, 1],
    [101, 1],
  ])('counts a snapshot created at %d as recent from 100 on: %d', (createdAt, expected) => {
    expect(workflowStats(countStateRows([stateRow({ createdAt })], 100)).recentWorkflows24h).toBe(expected)
  })

  it('averages the execution times that there are, zeros included', () => {
    const rows = [null, 0, 1.5, null].map((executionTimeMs) => stateRow({ executionTimeMs }))
    expect(workflowStats(countStateRows(rows, 0)).averageExecutionTimeMs).toBe(0.75)
  })

  it('agrees with a plain fold over random rows', () => {
    const row = fc.record({
      status: fc.constantFrom(...WORKFLOW_STATUSES),
      isBackgroundTask: fc.boolean(),
      createdAt: fc.integer({ min: 95, max: 105 }),
      executionTimeMs: fc.option(fc.double({ min: 0, max: 1e6, noNaN: true })),
    })
    const holds = (fields: (typeof row extends fc.Arbitrary<infer T> ? T : never)[]) => {
      const stats = workflowStats(countStateRows(fields.map(stateRow), 100))
      const timed = fields.flatMap(({ executionTimeMs }) => executionTimeMs ?? [])
      const average = timed.length === 0 ? 0 : timed.reduce((a, b) => a + b, 0) / timed.length
      expect(stats.totalWorkflows).toBe(fields.length)
      expect(stats.recentWorkflows24h).toBe(fields.filter(({ createdAt }) => createdAt >= 100).length)
      expect(stats.averageExecutionTimeMs).toBeCloseTo(average, 6)
      for (const status of WORKFLOW_STATUSES) {
        const of = fields.filter((row) => row.status === status)
        expect(stats.statusCounts[status]).toBe(of.length)
        expect(stats.backgroundStatusCounts[status]).toBe(of.filter((row) => row.isBackgroundTask).length)
      }
    }
    fc.assert(fc.property(fc.array(row), holds))
  })
})
