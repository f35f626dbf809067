/** How the rules are tried on backends that are wrong. */
import { type Case, casesOf } from '../cases.js'
import type { Harness } from '../harness.js'
import { areaOf, type RuleResult } from '../report.js'
import { allRules } from '../rules.js'
import { runCase } from '../run.js'
import type { BrokenBackend } from './broken-backend.js'

/**
 * Whether the rule has found what is wrong, by what it asserts: a call that fails, or never ends, may do so for another reason.
 * GEN-08 asserts nothing: it is the watch over the process during every rule.
 */
export const foundIt = ({ outcome, cause, rule }: RuleResult) =>
  outcome === 'fail' && (cause === 'assertion' || (cause === 'process' && rule === 'GEN-08'))

/** Runs the rule's variants (or the one named) until one of them has found what is wrong. Gives that one's result, else the last. */
export async function tryRule(name: string, harness: Harness, seed?: number): Promise<RuleResult> {
  let result: RuleResult | null = null
  for (const each of casesOf(allRules, name)) {
    result = await runCase(each, harness, { seed })
    if (foundIt(result) || result.outcome === 'error') break
  }
  return result as RuleResult
}

/** The rules among these cases that the backend fails, each with the first result that shows it. */
export async function failuresOf(harness: Harness, cases: readonly Case[]): Promise<Map<string, RuleResult>> {
  const failures = new Map<string, RuleResult>()
  for (const each of cases) {
    const known = failures.get(each.rule.id)
    if (known && foundIt(known)) continue
    const result = await runCase(each, harness)
    const failed = result.outcome === 'fail' || result.outcome === 'error'
    if (failed && (!known || foundIt(result))) failures.set(each.rule.id, result)
  }
  return failures
}

/** Whether a broken backend may fail this rule. Random runs may meet anything. */
export function allowedFor({ breaks, mayAlsoBreak = [] }: Pick<BrokenBackend, 'breaks' | 'mayAlsoBreak'>) {
  const named = new Set([...breaks.map((name) => name.replace(/\[.*$/, '')), ...mayAlsoBreak])
  return (id: string): boolean => named.has(id) || named.has(areaOf(id)) || areaOf(id) === 'MDL'
}

/** Made from the reference store, and not from the one over files. */
export const inMemory = ({ harness }: BrokenBackend) => harness.spawn === undefined

/** Rules that take longer than others, each for one case. */
const LONG = [
  ...[
    'GEN-03',
    'GEN-06',
    'GEN-07',
    'GEN-08',
    'VAL-09',
    'VAL-13',
    'VAL-14',
    'ISO-03',
    'ISO-04',
    'ISO-06',
    'CLN-18',
    'CLN-19',
  ],
  ...['CMP-01', 'BGT-22', 'RUN-40', 'STP-09', 'TIM-07', 'SEC-01', 'CON-01', 'CON-07', 'CON-21', 'DUR-01', 'DUR-02'],
]
const LONG_LIMIT_MS = 5_000

/** What shows what else a broken backend fails: the first case of every rule but those that take long. */
export const SURVEY: readonly Case[] = firstCases().filter(
  ({ rule: { id, timeoutMs } }) => timeoutMs <= LONG_LIMIT_MS && !LONG.includes(id),
)

function firstCases(): Case[] {
  const seen = new Set<string>()
  return casesOf(allRules).filter(({ rule: { id } }) => !seen.has(id) && seen.add(id))
}
