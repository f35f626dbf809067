import { describe, expect, it } from 'vitest'
import { MAX_TIME } from '../../src/models/common.js'
import { isLive, leaseEnd } from '../../src/rules/lease.js'

describe('isLive', () => {
  const lease = { runId: 'r', owner: 'w', fence: 1, expiresAt: 100 }
  it.each([
    [99, true],
    [100, false],
    [101, false],
  ])('at %d of a lease that ends at 100: %s', (now, expected) => {
    expect(isLive(lease, now)).toBe(expected)
  })

  it('is false without a lease', () => {
    expect(isLive(null, 0)).toBe(false)
  })
})

describe('leaseEnd', () => {
  it('is so many milliseconds after now', () => {
    expect(leaseEnd(1000, 5000)).toBe(6000)
  })

  it('gives a fraction of a millisecond its whole millisecond, so that no lease is born dead', () => {
    expect(leaseEnd(1000, 0.25)).toBe(1001)
    expect(leaseEnd(1000, Number.MIN_VALUE)).toBeGreaterThan(1000)
  })

  it('never ends later than a time can be', () => {
    expect(leaseEnd(1000, Number.MAX_VALUE)).toBe(MAX_TIME)
  })
})
