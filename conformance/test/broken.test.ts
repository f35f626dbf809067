import { describe, expect, test } from 'vitest'
import { brokenBackends } from '../src/broken/index.js'
import { allRules } from '../src/rules.js'
import { casesOf, runCase } from '../src/run.js'

const ruleIds = new Set(allRules.map(({ id }) => id))

test('broken backends have names of their own and name rules that exist', () => {
  const names = brokenBackends.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  for (const { name, breaks } of brokenBackends) {
    expect(breaks.length, name).toBeGreaterThan(0)
    expect(
      breaks.filter((id) => !ruleIds.has(id)),
      name,
    ).toEqual([])
  }
})

describe.each(brokenBackends)('$name: $wrong', ({ harness, breaks }) => {
  test.each(breaks)('is caught by %s', async (id) => {
    const results = []
    for (const each of casesOf(allRules, id)) results.push(await runCase(each, harness))
    // A rule with variants has found it if one of them has: by what it asserts, or by a call that failed and should not.
    const found = results.filter(
      ({ outcome, cause }) => outcome === 'fail' && (cause === 'assertion' || cause === 'rejection'),
    )
    expect(
      found.length,
      results.map(({ id, outcome, message }) => `${id} ${outcome} ${message}`).join('\n'),
    ).toBeGreaterThan(0)
    expect(results.filter(({ outcome }) => outcome === 'error')).toEqual([])
  })
})
