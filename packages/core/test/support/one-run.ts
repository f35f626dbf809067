import { expect } from 'vitest'
import type { Counters, Decision } from '../../src/state-store.js'
import { decide } from '../../src/store/decide.js'
import { applyWrite, emptyImage, headOf, type RunImage } from '../../src/store/image.js'
import { type Change, type CommitUnit, type Condition, stepOf } from '../../src/store/unit.js'

export const unitOf = (changes: readonly Change[], conditions: readonly Condition[] = []): CommitUnit => ({
  runId: 'r',
  conditions,
  changes,
  emptyObject: '{}',
})

/** One run in a store, driven by units. Decisions are made twice, on frozen heads: they must be pure. */
export class OneRun {
  readonly image: RunImage = emptyImage()
  counters: Counters = { version: 0, fence: 0, evaluation: 0 }

  commit(unit: CommitUnit, now: number): Decision {
    const head = deepFreeze(structuredClone(headOf(this.image, stepOf(unit), this.counters)))
    const decision = decide(unit, head, now)
    expect(decide(unit, head, now)).toEqual(decision)
    for (const write of decision.writes) {
      applyWrite(this.image, write)
      if (write.kind === 'raise-counter') this.counters = { ...this.counters, [write.counter]: write.to }
    }
    return decision
  }

  /** Commits units of one change each, a millisecond apart, beginning at time 0. */
  do(...changes: readonly Change[]): this {
    for (const [now, change] of changes.entries()) this.commit(unitOf([change]), now)
    return this
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  for (const item of Object.values(value)) deepFreeze(item)
  return Object.freeze(value)
}
