import { beforeAll, describe, expect, test } from 'vitest'
import { CATALOGUE } from '../src/broken/catalogue.js'
import { brokenBackends } from '../src/broken/index.js'
import { allowedFor, inMemory } from '../src/broken/trial.js'
import { UNNAMED } from '../src/broken/unnamed.js'
import { casesOf } from '../src/cases.js'
import { allRules } from '../src/rules.js'
import { type SelfTestReport, selfTest } from '../src/self-test.js'

const caseNames = new Set(casesOf(allRules).flatMap(({ id, rule }) => [id, rule.id]))
const ruleOf = (name: string) => name.replace(/\[.*$/, '')

test('broken backends have names of their own and name rules that exist', () => {
  const names = brokenBackends.map(({ name }) => name)
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
  for (const { name, breaks } of brokenBackends) {
    expect(breaks.length, name).toBeGreaterThan(0)
    expect(
      breaks.filter((id) => !caseNames.has(id)),
      name,
    ).toEqual([])
  }
})

test('every rule that must be kept is named by a broken backend, or it is said why not', () => {
  const named = new Set(brokenBackends.flatMap(({ breaks }) => breaks.map(ruleOf)))
  const unnamed = allRules.filter(({ id, level }) => level === 'must' && !named.has(id)).map(({ id }) => id)
  expect(unnamed).toEqual(Object.keys(UNNAMED))
})

test('every broken backend that the design asked for is here, or it is said why not', () => {
  const names = new Set(brokenBackends.map(({ name }) => name))
  expect(Object.keys(CATALOGUE)).toHaveLength(206)
  const missing = Object.entries(CATALOGUE).filter(([, ours]) => typeof ours === 'string' && !names.has(ours))
  expect(missing).toEqual([])
})

test('what a broken backend may fail beside what it breaks is little, and it exists', () => {
  const ids = allRules.map(({ id }) => id)
  for (const { name, breaks, mayAlsoBreak } of brokenBackends) {
    const allowed = ids.filter(allowedFor({ breaks, mayAlsoBreak }))
    for (const each of mayAlsoBreak ?? [])
      expect(
        ids.some((id) => id === each || id.startsWith(`${each}-`)),
        `${name}: ${each}`,
      ).toBe(true)
    if (!WIDE.includes(name)) expect(allowed.length / ids.length, name).toBeLessThan(0.18)
  }
})

/** Nearly every rule saves a snapshot, and sees that it was not, or that there are said to be none. */
const WIDE = ['save-noop', 'ack-before-write', 'no-snapshots']

// Those over files meet processes, kills and faults, which takes its time, as does all that a broken backend fails beside what it
// breaks: see broken.long.ts.
const quick = brokenBackends.filter(inMemory)

describe('the self-test', () => {
  let report: SelfTestReport
  beforeAll(async () => {
    report = await selfTest({ only: quick.map(({ name }) => name) })
  }, 120_000)

  test.each(quick)('$name: $wrong: is caught by $breaks', ({ name }) => {
    expect(report.escaped.filter((each) => each.name === name)).toEqual([])
  })
  test('finds nothing where nothing is wrong', () => {
    expect(report.falseAlarms).toEqual([])
    expect(report.caught).toBe(quick.length)
  })
})
