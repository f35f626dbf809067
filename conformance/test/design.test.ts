import { expect, it } from 'vitest'
import { allRules } from '../src/rules.js'
import { withdrawnRules } from '../src/withdrawn.js'

/** The rules that this suite was designed with: the highest number of each area. */
const DESIGNED: Readonly<Record<string, number>> = {
  GEN: 9,
  STA: 22,
  VAL: 16,
  IDS: 12,
  ISO: 6,
  LST: 12,
  PAG: 8,
  STT: 9,
  CLN: 12,
  FLD: 8,
  BGT: 15,
  TRC: 12,
  SPN: 14,
  EVL: 9,
  RUN: 16,
  STP: 12,
  SYS: 5,
  SHD: 6,
  CAP: 5,
  TIM: 6,
  CON: 14,
  DUR: 11,
  MIG: 5,
  LIM: 3,
  SEC: 3,
  MDL: 3,
  EXT: 8,
}
const COUNT = 261

const ids = Object.entries(DESIGNED).flatMap(([area, last]) =>
  Array.from({ length: last }, (_, index) => `${area}-${String(index + 1).padStart(2, '0')}`),
)

it('every rule of the design is there, or withdrawn for a reason', () => {
  expect(ids).toHaveLength(COUNT)
  const known = new Set([...allRules, ...withdrawnRules].map(({ id }) => id))
  expect(ids.filter((id) => !known.has(id))).toEqual([])
})

it('what was withdrawn is no rule any more, and says why', () => {
  const rules = new Set(allRules.map(({ id }) => id))
  const withdrawn = withdrawnRules.map(({ id }) => id)
  expect(new Set(withdrawn).size).toBe(withdrawn.length)
  for (const { id, statement, reason } of withdrawnRules) {
    expect(rules.has(id), id).toBe(false)
    expect(statement, id).toMatch(/^\S.*\S\.$/)
    expect(reason, id).toMatch(/^\S.*\S\.$/)
    for (const [other] of reason.matchAll(/[A-Z]{3}-\d{2}/g))
      expect(rules.has(other), `${id} names ${other}`).toBe(true)
  }
})
