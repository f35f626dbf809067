import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type Capabilities, CONTRACT_VERSION } from '@flujo-state/core'
import { casesOf } from './cases.js'
import type { Harness } from './harness.js'
import { levelsOf, marksOf } from './level.js'
import { allCases, count, type Environment, isBad, type Report, type RuleResult, type ZoneRun } from './report.js'
import type { Rule } from './rule.js'

// Beside `src` and beside `dist` alike.
const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }

export const SUITE_VERSION = manifest.version

/** What a run of the rules found. */
interface Found {
  /** All there are, not only those of this run. */
  readonly rules: readonly Rule[]
  readonly harness: Harness
  readonly capabilities: Capabilities | null
  readonly seed: number
  readonly start: number
  readonly ms: number
  readonly results: readonly RuleResult[]
}

export function makeReport({ rules, harness, capabilities, seed, start, ms, results }: Found): Report {
  const head = {
    schemaVersion: 1,
    suiteVersion: SUITE_VERSION,
    contractVersion: CONTRACT_VERSION,
    rulesetDigest: digestOf(rules),
    backend: harness.name,
    capabilities,
    environment: environment(),
    seed,
    start: new Date(start).toISOString(),
    expectFail: harness.expectFail ?? {},
  } as const
  return { ...head, ms, ...judge(rules, capabilities, { cases: results, zones: [] }) }
}

/** The report with what other time zones found beside. */
export function withZones(report: Report, rules: readonly Rule[], zones: readonly ZoneRun[]): Report {
  return { ...report, ...judge(rules, report.capabilities, { cases: report.cases, zones }) }
}

function judge(
  rules: readonly Rule[],
  capabilities: Capabilities | null,
  found: Pick<Report, 'cases' | 'zones'>,
): Pick<Report, 'ok' | 'counts' | 'levels' | 'marks' | 'cases' | 'zones'> {
  const all = casesOf(rules)
  const results = allCases(found)
  const counts = count(results)
  return {
    ok: !results.some(isBad) && counts.pass > 0,
    counts,
    levels: levelsOf(all, results, capabilities),
    marks: marksOf(all, results),
    ...found,
  }
}

function environment(): Environment {
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions()
  return { node: process.version, os: process.platform, arch: process.arch, tz: timeZone }
}

/** Of every rule's id, sentence, variants and function. */
function digestOf(rules: readonly Rule[]): string {
  const hash = createHash('sha256')
  for (const { id, statement, variants, run } of rules)
    hash.update(JSON.stringify([id, statement, Object.keys(variants ?? {}), run.toString()]))
  return `sha256:${hash.digest('hex')}`
}
