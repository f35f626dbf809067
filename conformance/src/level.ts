/** What a backend has shown: a level by areas of rules, and a mark for each hook. */
import { CAPABILITY_GROUPS, type Capabilities, type CapabilityGroup } from '@flujo-state/core'
import type { Case } from './cases.js'
import type { Harness } from './harness.js'
import { areaOf, type Hindrance, isBad, type LevelResult, type MarkResult, type RuleResult } from './report.js'
import type { Hook } from './rule.js'

export const LEVELS = ['core', 'admin', 'full'] as const
export type Level = (typeof LEVELS)[number]

const CORE = ['GEN', 'STA', 'VAL', 'IDS', 'ISO', 'CAP', 'SHD']
const ADMIN = [...CORE, 'LST', 'PAG', 'STT', 'CLN', 'FLD', 'BGT']

/** Whether an area's rules are among those of a level; the last has all. */
const IN_LEVEL: Readonly<Record<Level, (area: string) => boolean>> = {
  core: (area) => CORE.includes(area),
  admin: (area) => ADMIN.includes(area),
  full: () => true,
}

/** Groups of methods that may not be declared missing: the others' absence is as good as their presence. */
const FORBIDDEN_ABSENCES: Readonly<Record<Level, readonly CapabilityGroup[]>> = {
  core: ['states'],
  admin: ['states', 'backgroundTasks', 'stats', 'cleanup'],
  full: ['states', 'backgroundTasks', 'stats', 'cleanup'],
}

export const MARKS: Readonly<Record<Hook, string>> = {
  reopen: 'persistent',
  second: 'concurrent',
  spawn: 'multiprocess',
  storage: 'damage',
  faults: 'faults',
}
export const HOOKS = Object.keys(MARKS) as readonly Hook[]

/** The lowest level that an area belongs to. */
export const levelOf = (area: string): Level => LEVELS.find((level) => IN_LEVEL[level](area)) ?? 'full'

export interface WhyNot {
  readonly hook: Hook
  readonly reason: string
  readonly excused: boolean
}

/** Why these hooks keep a case from being run, or null if the harness has them all. */
export function whyNotRun(
  needs: readonly Hook[],
  harness: Harness,
  capabilities: Capabilities | null | undefined,
): WhyNot | null {
  const missing = needs.filter((hook) => harness[hook] === undefined)
  for (const hook of missing) {
    const reason = harness.without?.[hook] ?? meaningless(hook, capabilities)
    if (reason) return { hook, reason, excused: true }
  }
  const [hook] = missing
  return hook === undefined ? null : { hook, reason: `needs the harness's \`${hook}\``, excused: false }
}

/** What the backend declares may leave nothing that a hook could show. */
function meaningless(hook: Hook, capabilities: Capabilities | null | undefined): string | null {
  if (capabilities?.persistence === 'none' && hook !== 'second')
    return 'declares persistence none: what it holds ends with it'
  if (capabilities?.multiInstance === 'none' && (hook === 'second' || hook === 'spawn'))
    return 'declares multiInstance none: nobody else can see what it holds'
  return null
}

/** @param cases all there are, not only those of this run */
export function levelsOf(
  cases: readonly Case[],
  results: readonly RuleResult[],
  capabilities: Capabilities | null,
): LevelResult[] {
  return LEVELS.map((level) => {
    const belongs = (rule: string) => IN_LEVEL[level](areaOf(rule))
    const own = results.filter(({ rule }) => belongs(rule))
    const absent = CAPABILITY_GROUPS.filter(
      (group) => FORBIDDEN_ABSENCES[level].includes(group) && capabilities?.[group] === false,
    )
    const hindrances = [
      ...hindrancesIn(own),
      ...hindrance('absent', absent),
      ...hindrance(
        'not-run',
        ids(own, ({ outcome, excused }) => outcome === 'not-run' && !excused),
      ),
      ...leftOut(
        cases.filter(({ rule }) => belongs(rule.id)),
        own,
      ),
    ]
    return { level, reached: hindrances.length === 0 && own.length > 0, hindrances }
  })
}

/** @param cases all there are, not only those of this run */
export function marksOf(cases: readonly Case[], results: readonly RuleResult[]): MarkResult[] {
  const byId = new Map(cases.map((each) => [each.rule.id, each]))
  return HOOKS.map((hook) => {
    // What lacks another hook says nothing about this one.
    const own = results.filter(
      (result) => byId.get(result.rule)?.rule.needs.includes(hook) && (result.hook === null || result.hook === hook),
    )
    const hindrances = [
      ...hindrancesIn(own),
      ...hindrance(
        'not-run',
        ids(own, ({ outcome, hook: missing }) => outcome === 'not-run' && missing === hook),
      ),
      ...leftOut(
        cases.filter(({ rule }) => rule.needs.includes(hook)),
        results,
      ),
    ]
    const reached = hindrances.length === 0 && own.some(({ outcome }) => outcome === 'pass')
    return { mark: MARKS[hook], hook, reached, hindrances }
  })
}

function hindrancesIn(results: readonly RuleResult[]): Hindrance[] {
  const must = results.filter(({ level }) => level === 'must')
  return [
    ...hindrance('failed', ids(must, isBad)),
    ...hindrance(
      'expected-failure',
      ids(must, ({ outcome }) => outcome === 'xfail'),
    ),
  ]
}

function leftOut(cases: readonly Case[], results: readonly RuleResult[]): Hindrance[] {
  const known = new Set(results.map(({ id }) => id))
  const areas = cases.filter(({ id }) => !known.has(id)).map(({ rule }) => areaOf(rule.id))
  return hindrance('left-out', [...new Set(areas)])
}

const hindrance = (kind: Hindrance['kind'], names: readonly string[]): Hindrance[] =>
  names.length > 0 ? [{ kind, names }] : []

const ids = (results: readonly RuleResult[], which: (result: RuleResult) => boolean) =>
  results.filter(which).map(({ id }) => id)
