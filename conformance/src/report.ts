import type { Capabilities } from '@flujo-state/core'
import type { Level } from './level.js'
import type { Hook } from './rule.js'

/**
 * `fail`: the backend breaks the rule. `not-run`: the harness lacks a hook. `absent-ok`: the backend declares the methods missing
 * and refuses them as it should. `xfail`, `xpass`: named in `expectFail`. `error`: a fault of the harness or of the suite.
 */
export const OUTCOMES = ['pass', 'fail', 'error', 'xpass', 'xfail', 'absent-ok', 'not-run'] as const
export type Outcome = (typeof OUTCOMES)[number]

/** What made a case fail or err. */
export type Cause = 'assertion' | 'rejection' | 'timeout' | 'process' | 'harness' | 'suite'

export interface RuleResult {
  /** `rule`, or `rule[variant]`; from another time zone with its name behind. */
  readonly id: string
  readonly rule: string
  readonly variant: string | null
  readonly statement: string
  readonly level: 'must' | 'should'
  readonly outcome: Outcome
  readonly cause: Cause | null
  /** Why it was not run, or why it was expected to fail. */
  readonly reason: string | null
  /** Of what was not run: the hook that the harness lacks. */
  readonly hook: Hook | null
  /** Of what was not run: the hook cannot be had, so that this keeps no level from being reached. */
  readonly excused: boolean
  /** What is wrong: the first difference. */
  readonly message: string | null
  readonly ms: number
  readonly assertions: number
  readonly calls: number
  /** The last calls before a failure, oldest first. */
  readonly transcript: readonly string[]
}

export type Counts = Readonly<Record<Outcome, number>>

/** What keeps a level or a mark from being reached. */
export interface Hindrance {
  /** The names are those of cases; for `absent` of groups of methods, for `left-out` of areas that were not, or not wholly, run. */
  readonly kind: 'failed' | 'expected-failure' | 'absent' | 'not-run' | 'left-out'
  readonly names: readonly string[]
}

export interface LevelResult {
  readonly level: Level
  readonly reached: boolean
  readonly hindrances: readonly Hindrance[]
}

/** What the backend showed with a hook. */
export interface MarkResult {
  readonly mark: string
  readonly hook: Hook
  readonly reached: boolean
  readonly hindrances: readonly Hindrance[]
}

export interface Environment {
  readonly node: string
  readonly os: string
  readonly arch: string
  readonly tz: string
}

/** The rules about time once more, in another time zone or from another start of the clock. */
export interface ZoneRun {
  /** A time zone, or what is special about the start. */
  readonly zone: string
  readonly tz: string
  /** Where the clock started. */
  readonly start: string
  readonly ms: number
  readonly counts: Counts
  readonly cases: readonly RuleResult[]
}

/** Plain data, fit for JSON: docs/conformance-report.md. */
export interface Report {
  /** Of this shape. */
  readonly schemaVersion: 1
  readonly suiteVersion: string
  readonly contractVersion: string
  /** Of the ids, sentences and functions of all rules that there are: a trimmed suite shows. */
  readonly rulesetDigest: string
  readonly backend: string
  /** Null if no backend could be made. */
  readonly capabilities: Capabilities | null
  readonly environment: Environment
  readonly seed: number
  /** Where the clock started. */
  readonly start: string
  /** Nothing failed, passed unexpectedly or erred, and something passed. */
  readonly ok: boolean
  /** Without the other time zones. */
  readonly ms: number
  readonly counts: Counts
  readonly levels: readonly LevelResult[]
  readonly marks: readonly MarkResult[]
  readonly expectFail: Readonly<Record<string, string>>
  readonly cases: readonly RuleResult[]
  readonly zones: readonly ZoneRun[]
}

export const isBad = ({ outcome }: { readonly outcome: Outcome }) =>
  outcome === 'fail' || outcome === 'xpass' || outcome === 'error'

/** The area of a rule: the letters before the dash. */
export const areaOf = (id: string) => id.slice(0, id.indexOf('-'))

/** Those of the other time zones too. */
export const allCases = ({ cases, zones }: Pick<Report, 'cases' | 'zones'>): readonly RuleResult[] =>
  zones.length === 0 ? cases : [...cases, ...zones.flatMap((zone) => zone.cases)]

export function count(results: readonly RuleResult[]): Counts {
  const counts = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as Record<Outcome, number>
  for (const { outcome } of results) counts[outcome] += 1
  return counts
}

/** `3 pass, 1 fail` */
export const showCounts = (counts: Counts) =>
  OUTCOMES.filter((outcome) => counts[outcome] > 0)
    .map((outcome) => `${counts[outcome]} ${outcome}`)
    .join(', ')
