import { CAPABILITY_GROUPS, type Capabilities } from '@flujo-state/core'
import type { Level } from '../level.js'
import { printable, printableLine } from '../printable.js'
import { allCases, areaOf, count, isBad, type Report, type RuleResult, showCounts } from '../report.js'
import { PLAIN, type Style } from './style.js'
import { notRunGroups, reachedText, whyNotReached } from './words.js'

export interface TextOptions {
  readonly style?: Style
  /** The slowest cases too. */
  readonly slow?: boolean
  /** What had to be reached [full]. */
  readonly level?: Level
  /** How this harness is run again: `npx … ./harness.js`. */
  readonly command?: string
}

/** The whole report as text: what was reached, counts by area, every failure, what was not run and why, the verdict. */
export function formatReport(report: Report, options: TextOptions = {}): string {
  const { style = PLAIN, slow = false } = options
  const sections = [
    header(report, style),
    areaLines(report, style),
    ...allCases(report)
      .filter(isBad)
      .map((result) => failureLines(result, report, options)),
    expectedLines(report),
    notRunLines(report, style),
    slow ? slowLines(report) : [],
    verdict(report, options),
  ]
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')
}

/** One failure without what surrounds it: for a test runner's message. */
export const failureText = (result: RuleResult): string => bodyOf(result, PLAIN).join('\n')

function header(report: Report, style: Style): string[] {
  const { backend, suiteVersion, contractVersion, seed, environment, capabilities, ms } = report
  const { node, os, arch, tz } = environment
  const cases = allCases(report).length
  return [
    style.strong(printableLine(backend)),
    `  contract ${contractVersion}, suite ${suiteVersion}, ${report.rulesetDigest.slice(0, 19)}`,
    `  declares ${declared(capabilities)}`,
    `  seed ${seed}; Node ${node}, ${os} ${arch}, ${tz}`,
    `  ${cases} ${cases === 1 ? 'case' : 'cases'} in ${(ms / 1000).toFixed(1)} s`,
  ]
}

function declared(capabilities: Capabilities | null): string {
  if (capabilities === null) return 'nothing: no backend could be made'
  const missing = CAPABILITY_GROUPS.filter((group) => capabilities[group] === false)
  const { persistence, multiInstance } = capabilities
  const missingText = missing.length > 0 ? `, missing ${missing.join(', ')}` : ''
  return printableLine(`persistence ${persistence}, multiInstance ${multiInstance}${missingText}`)
}

function areaLines({ cases, zones }: Report, style: Style): string[] {
  const areas = [...new Set(cases.map(({ rule }) => areaOf(rule)))]
  const line = (name: string, width: number, results: readonly RuleResult[]) => {
    const text = `  ${name.padEnd(width)} ${showCounts(count(results))}`
    return results.some(isBad) ? style.bad(text) : text
  }
  const widest = Math.max(0, ...zones.map(({ zone }) => zone.length))
  return [
    ...areas.map((area) =>
      line(
        area,
        4,
        cases.filter(({ rule }) => areaOf(rule) === area),
      ),
    ),
    ...(zones.length > 0 ? ['', '  once more in other time zones, and from other starts of the clock:'] : []),
    ...zones.map(({ zone, cases }) => line(zone, widest, cases)),
  ]
}

function failureLines(result: RuleResult, { seed, zones }: Report, { style = PLAIN, command }: TextOptions): string[] {
  const zone = zones.find(({ cases }) => cases.includes(result))
  const id = zone ? result.id.slice(0, -` (${zone.zone})`.length) : result.id
  const tz = zone ? `TZ=${zone.tz} ` : ''
  const start = zone ? ` --start ${zone.start} --no-time-zones` : ''
  const again = command && `  again: ${tz}${command} --only ${quoted(id)} --seed ${seed}${start}`
  return [...bodyOf(result, style), ...(again ? [again] : [])]
}

function bodyOf({ id, statement, outcome, message, transcript }: RuleResult, style: Style): string[] {
  return [
    `${style.bad(`${outcome.toUpperCase()} ${printableLine(id)}:`)} ${printableLine(statement)}`,
    ...indented(message ?? '', '  '),
    ...(transcript.length > 0 ? ['  the last calls:', ...transcript.flatMap((call) => indented(call, '    '))] : []),
  ]
}

const indented = (text: string, by: string) =>
  printable(text)
    .split('\n')
    .map((line) => by + line)

/** For a shell: names of variants hold blanks, quotes and brackets. */
export const quoted = (text: string) => (/^[\w./:@-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`)

function expectedLines(report: Report): string[] {
  const expected = allCases(report).filter(({ outcome }) => outcome === 'xfail')
  return expected.map(({ id, reason }) => `expected to fail: ${printableLine(`${id} (${reason})`)}`)
}

function notRunLines({ cases }: Report, style: Style): string[] {
  return notRunGroups(cases).map(({ reason, excused, names }) => {
    const text = `not run, ${printableLine(reason)}: ${printableLine(names.join(', '))}`
    return excused ? style.faint(text) : text
  })
}

function slowLines(report: Report): string[] {
  const slowest = allCases(report)
    .toSorted((a, b) => b.ms - a.ms)
    .slice(0, 10)
  return ['the slowest:', ...slowest.map(({ id, ms }) => `  ${String(ms).padStart(6)} ms  ${printableLine(id)}`)]
}

function verdict(report: Report, { style = PLAIN, level = 'full' }: TextOptions): string[] {
  const wanted = report.levels.find((each) => each.level === level)
  const [all, told] = [[...report.levels, ...report.marks], report.ok ? style.good('ok') : style.bad('NOT OK')]
  const part = all.some(({ hindrances }) => hindrances.some(({ kind }) => kind === 'left-out'))
  // Without all of its rules nothing can be reached: nobody needs to hear that ten times.
  const reached = part ? 'nothing, as only a part of the rules was run' : reachedText(report)
  const why = !part && wanted && !wanted.reached ? [`level ${level} is not reached: ${whyNotReached(wanted)}`] : []
  return [...why, `${told}: ${showCounts(report.counts)}`, `reached: ${reached}`]
}
