import { describe, expect, it } from 'vitest'
import { MIN_TIME } from '../../src/models/common.js'
import { daysBefore, hoursBefore } from '../../src/rules/windows.js'

const now = Date.UTC(2026, 2, 1)

describe('hoursBefore', () => {
  it('is so many hours of 3,600,000 ms ago', () => {
    expect(hoursBefore(now, 24)).toBe(now - 86_400_000)
    expect(hoursBefore(now, 0.5)).toBe(now - 1_800_000)
    expect(hoursBefore(now, 0)).toBe(now)
  })

  it('rounds a fraction of a millisecond up, since t >= x means t >= ceil(x) for whole t', () => {
    const third = 1 / 3 / 3_600_000
    expect(hoursBefore(now, third)).toBe(now)
    expect(hoursBefore(now, third + 1 / 3_600_000)).toBe(now - 1)
  })

  it('never begins before the first time there is', () => {
    expect(hoursBefore(now, Number.MAX_VALUE)).toBe(MIN_TIME)
    expect(hoursBefore(now, 1e12)).toBe(MIN_TIME)
  })
})

describe('daysBefore', () => {
  it('takes a day for 24 hours, across a change of the clocks too', () => {
    const afterTheChange = Date.UTC(2026, 2, 29, 12)
    expect(daysBefore(afterTheChange, 1)).toBe(Date.UTC(2026, 2, 28, 12))
    expect(daysBefore(Date.UTC(2028, 2, 1), 1)).toBe(Date.UTC(2028, 1, 29))
    expect(daysBefore(now, 0.5)).toBe(now - 43_200_000)
    expect(daysBefore(now, 0)).toBe(now)
  })

  it('never ends before the first time there is', () => {
    expect(daysBefore(now, Number.MAX_VALUE)).toBe(MIN_TIME)
  })
})
