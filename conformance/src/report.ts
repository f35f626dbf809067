/**
 * `fail`: the backend breaks the rule. `not-run`: the harness lacks a hook. `absent-ok`: the backend declares the methods missing
 * and refuses them as it should. `xfail`, `xpass`: named in `expectFail`. `error`: a fault of the harness or of the suite.
 */
export type Outcome = 'pass' | 'fail' | 'not-run' | 'absent-ok' | 'xfail' | 'xpass' | 'error'

/** What made a case fail or err. */
export type Cause = 'assertion' | 'rejection' | 'timeout' | 'process' | 'harness' | 'suite'

export interface RuleResult {
  /** `rule`, or `rule[variant]`. */
  readonly id: string
  readonly rule: string
  readonly variant: string | null
  readonly statement: string
  readonly level: 'must' | 'should'
  readonly outcome: Outcome
  readonly cause: Cause | null
  readonly message: string | null
  readonly ms: number
  readonly assertions: number
  readonly calls: number
  /** The last calls before a failure, oldest first. */
  readonly transcript: readonly string[]
}

/** Plain data, fit for JSON. */
export interface Report {
  readonly contractVersion: string
  readonly backend: string
  readonly seed: number
  /** Nothing failed, passed unexpectedly or erred, and something passed. */
  readonly ok: boolean
  readonly ms: number
  readonly counts: Readonly<Record<Outcome, number>>
  readonly rules: readonly RuleResult[]
}

export const isBad = ({ outcome }: { readonly outcome: Outcome }) =>
  outcome === 'fail' || outcome === 'xpass' || outcome === 'error'

/** The area of a rule: the letters before the dash. */
export const areaOf = (id: string) => id.slice(0, id.indexOf('-'))

/** One failure, readable: what was promised, what came, and the calls that led there. */
export function formatFailure({ id, statement, outcome, message, transcript }: RuleResult): string {
  const lines = [`${outcome.toUpperCase()} ${id}: ${statement}`, indent(message ?? '')]
  if (transcript.length > 0) lines.push('  the last calls:', ...transcript.map((call) => `    ${call}`))
  return lines.join('\n')
}

const indent = (text: string) => text.replaceAll(/^/gm, '  ')

/** The whole report as text: counts by area, then every failure, then what was not run and why. */
export function formatReport(report: Report): string {
  const { backend, contractVersion, seed, ms, rules } = report
  const head = `${backend}: contract ${contractVersion}, seed ${seed}, ${rules.length} cases in ${(ms / 1000).toFixed(1)} s`
  const areas = [...new Set(rules.map(({ rule }) => areaOf(rule)))]
  const lines = areas.map((area) =>
    formatArea(
      area,
      rules.filter(({ rule }) => areaOf(rule) === area),
    ),
  )
  const failures = rules.filter(isBad).map((result) => `\n${formatFailure(result)}`)
  const notRun = rules
    .filter(({ outcome }) => outcome === 'not-run')
    .map(({ id, message }) => `not run: ${id} (${message})`)
  return [head, ...lines, ...failures, ...(notRun.length > 0 ? ['', ...notRun] : []), '', verdict(report)].join('\n')
}

function formatArea(area: string, results: readonly RuleResult[]): string {
  const outcomes = [...new Set(results.map(({ outcome }) => outcome))]
  const counts = outcomes.map(
    (outcome) => `${results.filter((result) => result.outcome === outcome).length} ${outcome}`,
  )
  return `  ${area.padEnd(4)} ${counts.join(', ')}`
}

function verdict({ ok, counts }: Report): string {
  const named = Object.entries(counts).filter(([, count]) => count > 0)
  return `${ok ? 'ok' : 'NOT OK'}: ${named.map(([outcome, count]) => `${count} ${outcome}`).join(', ')}`
}
