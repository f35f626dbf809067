/** Words that several kinds of report have in common. */
import { LEVELS } from '../level.js'
import type { Hindrance, LevelResult, MarkResult, Report, RuleResult } from '../report.js'

/** The highest level reached, or null. */
const highestLevel = ({ levels }: Report): string | null =>
  LEVELS.toReversed().find((level) => levels.some((each) => each.level === level && each.reached)) ?? null

const reachedMarks = ({ marks }: Report): string[] =>
  marks.filter(({ reached }) => reached).map(({ mark }) => `+${mark}`)

/** `full +persistent +concurrent` */
export const reachedText = (report: Report) => [highestLevel(report) ?? 'no level', ...reachedMarks(report)].join(' ')

export interface NotRunGroup {
  readonly reason: string
  readonly excused: boolean
  readonly names: readonly string[]
}

/** What was not run, by reason. A rule of which no variant was run is named once. */
export function notRunGroups(cases: readonly RuleResult[]): NotRunGroup[] {
  const groups = new Map<string, { reason: string; excused: boolean; results: RuleResult[] }>()
  for (const result of cases.filter(({ outcome }) => outcome === 'not-run')) {
    const reason = result.reason ?? ''
    const group = groups.get(reason) ?? { reason, excused: result.excused, results: [] }
    group.results.push(result)
    groups.set(reason, group)
  }
  return [...groups.values()].map(({ reason, excused, results }) => ({
    reason,
    excused,
    names: rulesOf(results, cases),
  }))
}

function rulesOf(results: readonly RuleResult[], all: readonly RuleResult[]): string[] {
  const whole = (rule: string) => all.every((each) => each.rule !== rule || results.includes(each))
  return [...new Set(results.map(({ id, rule }) => (whole(rule) ? rule : id)))]
}

const KINDS: Readonly<Record<Hindrance['kind'], string>> = {
  failed: 'failed',
  'expected-failure': 'expected to fail',
  absent: 'groups of methods declared missing',
  'not-run': 'not run',
  'left-out': 'areas not wholly run',
}

/** `failed: STA-01, STA-02; not run: DUR-01` */
export const whyNotReached = ({ hindrances }: LevelResult | MarkResult) =>
  hindrances.map(({ kind, names }) => `${KINDS[kind]}: ${some(names)}`).join('; ')

const MOST = 8

function some(names: readonly string[]): string {
  const more = names.length - MOST
  return more <= 0 ? names.join(', ') : `${names.slice(0, MOST).join(', ')} and ${more} more`
}
