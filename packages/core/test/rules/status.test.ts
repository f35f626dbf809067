import { describe, expect, it } from 'vitest'
import { WORKFLOW_STATUSES, type WorkflowStatus } from '../../src/models/common.js'
import { endedAtAfter, isTerminal, statusAfterEnd, statusAfterStart } from '../../src/rules/status.js'

const terminal = (status: WorkflowStatus) => ['completed', 'failed', 'cancelled'].includes(status)

describe('isTerminal', () => {
  it.each(WORKFLOW_STATUSES)('%s', (status) => {
    expect(isTerminal(status)).toBe(terminal(status))
  })
})

describe('statusAfterStart', () => {
  it('is the given one, whatever was before', () => {
    for (const given of WORKFLOW_STATUSES)
      for (const current of [null, ...WORKFLOW_STATUSES]) expect(statusAfterStart(given, current)).toBe(given)
  })

  it.each([
    [null, 'running'],
    ['running', 'running'],
    ['paused', 'paused'],
    ['completed', 'completed'],
    ['failed', 'failed'],
    ['cancelled', 'cancelled'],
  ] as const)('omitted, after %s: %s', (current, expected) => {
    expect(statusAfterStart(undefined, current)).toBe(expected)
  })
})

describe('statusAfterEnd', () => {
  it('is the given one, whatever was before', () => {
    for (const given of WORKFLOW_STATUSES)
      for (const current of WORKFLOW_STATUSES) expect(statusAfterEnd(given, current)).toBe(given)
  })

  it.each([
    ['running', 'completed'],
    ['paused', 'completed'],
    ['completed', 'completed'],
    ['failed', 'failed'],
    ['cancelled', 'cancelled'],
  ] as const)('omitted, after %s: %s', (current, expected) => {
    expect(statusAfterEnd(undefined, current)).toBe(expected)
  })
})

describe('endedAtAfter', () => {
  const now = 100
  const ended = 50

  it('is now for what becomes terminal, the old time for what was terminal, null for what is not', () => {
    for (const to of WORKFLOW_STATUSES)
      for (const from of WORKFLOW_STATUSES) {
        const before = { status: from, endedAt: terminal(from) ? ended : null }
        const expected = !terminal(to) ? null : terminal(from) ? ended : now
        expect(endedAtAfter(to, before, now)).toBe(expected)
      }
  })

  it('is now for a new run that is terminal from the start', () => {
    expect(endedAtAfter('failed', null, now)).toBe(now)
    expect(endedAtAfter('running', null, now)).toBeNull()
  })

  it('invents no time for a run that ended without one', () => {
    expect(endedAtAfter('failed', { status: 'completed', endedAt: null }, now)).toBeNull()
  })
})
