import { describe, expect, test } from 'vitest'
import { brokenBackends } from '../src/broken/index.js'
import type { Harness } from '../src/harness.js'
import type { RuleResult } from '../src/report.js'
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

const foundIt = ({ outcome, cause }: RuleResult) =>
  outcome === 'fail' && (cause === 'assertion' || cause === 'rejection')

/** Runs the rule's variants until one of them has found what is wrong: one is enough, and one that cannot run is none. */
async function tryRule(id: string, harness: Harness): Promise<RuleResult[]> {
  const results: RuleResult[] = []
  for (const each of casesOf(allRules, id)) {
    const result = await runCase(each, harness)
    results.push(result)
    if (foundIt(result) || result.outcome === 'error') break
  }
  return results
}

describe.each(brokenBackends)('$name: $wrong', ({ harness, breaks }) => {
  test.each(breaks)('is caught by %s', async (id) => {
    const results = await tryRule(id, harness)
    const shown = results.map(({ id, outcome, message }) => `${id} ${outcome} ${message}`).join('\n')
    expect(results.some(foundIt), shown).toBe(true)
  })
})
