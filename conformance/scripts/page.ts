/** docs/conformance.md: what each backend does with each rule, from JSON reports. */
import { levelOf } from '../src/level.js'
import { areaOf, OUTCOMES, type Outcome, type Report, type RuleResult, showCounts } from '../src/report.js'
import { cell } from '../src/reports/markdown.js'
import { reachedText } from '../src/reports/words.js'
import type { Rule } from '../src/rule.js'
import { allRules } from '../src/rules.js'
import { casesOf } from '../src/run.js'
import { withdrawnRules } from '../src/withdrawn.js'

/** Without times and dates, so that the same outcomes give the same page. */
export function pageOf(reports: readonly Report[]): string {
  const notes = new Notes()
  const areas = [...new Set(allRules.map(({ id }) => areaOf(id)))]
  const tables = areas.flatMap((area) => areaTable(area, reports, notes))
  return `${[...intro(reports), ...summary(reports), ...tables, ...notes.lines(), ...withdrawn()].join('\n')}\n`
}

const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
const rule = (columns: number) => row(Array.from({ length: columns }, () => '---'))

function intro(reports: readonly Report[]): string[] {
  const { suiteVersion, contractVersion, seed } = reports[0] as Report
  return [
    '# What the backends pass',
    '',
    'Made by `pnpm conformance:page` from the JSON reports of `@flujo-state/conformance`; not edited by hand.',
    `Suite ${suiteVersion}, [contract](contract.md) ${contractVersion}, seed ${seed}: ${allRules.length} rules, ` +
      `${casesOf(allRules).length} cases.`,
    '',
    '*pass*: kept. *not run*: for the reason in the note. *absent*: declared missing, and refused as it should be. Anything',
    'else is a failure. The outcomes, levels and marks are explained in the',
    '[README of the suite](../conformance/README.md#outcomes).',
    '',
  ]
}

function summary(reports: readonly Report[]): string[] {
  const line = (name: string, value: (report: Report) => string) => row([name, ...reports.map(value)])
  return [
    row(['', ...reports.map(({ backend }) => cell(backend))]),
    rule(reports.length + 1),
    line('reached', (report) => `**${cell(reachedText(report))}**`),
    line('cases', ({ counts }) => showCounts(counts)),
    line('declares', ({ capabilities }) =>
      capabilities === null
        ? '–'
        : `persistence ${capabilities.persistence}, multiInstance ${capabilities.multiInstance}`,
    ),
    line('other time zones and starts of the clock', ({ zones }) => (zones.length === 0 ? '–' : `${zones.length}`)),
    '',
  ]
}

function areaTable(area: string, reports: readonly Report[], notes: Notes): string[] {
  const own = allRules.filter(({ id }) => areaOf(id) === area)
  return [
    `## ${area}`,
    '',
    `Level ${levelOf(area)}, ${own.length} ${own.length === 1 ? 'rule' : 'rules'}.`,
    '',
    row(['rule', 'asks', ...reports.map(({ backend }) => cell(backend))]),
    rule(reports.length + 2),
    ...own.map((each) =>
      row([each.id, statementOf(each), ...reports.map((report) => outcomesOf(each, report.cases, notes))]),
    ),
    '',
  ]
}

function statementOf({ statement, level, variants }: Rule): string {
  const number = variants ? ` (${Object.keys(variants).length} variants)` : ''
  return `${cell(statement)}${number}${level === 'should' ? ' *(should)*' : ''}`
}

const WORDS: Readonly<Record<Outcome, string>> = {
  pass: 'pass',
  fail: '**FAIL**',
  error: '**ERROR**',
  xpass: '**unexpected pass**',
  xfail: '**known failure**',
  'absent-ok': 'absent',
  'not-run': 'not run',
}

/** Of all variants. */
function outcomesOf({ id }: Rule, cases: readonly RuleResult[], notes: Notes): string {
  const own = cases.filter(({ rule }) => rule === id)
  const outcomes = OUTCOMES.filter((outcome) => own.some((each) => each.outcome === outcome))
  const words = outcomes.map((outcome) => {
    const reasons = new Set(own.filter((each) => each.outcome === outcome).map(({ reason }) => reason))
    return WORDS[outcome] + [...reasons].map((reason) => (reason === null ? '' : notes.mark(reason))).join('')
  })
  return words.join(', ') || '**missing**'
}

/** Reasons, each told once. */
class Notes {
  readonly #reasons: string[] = []

  mark(reason: string): string {
    if (!this.#reasons.includes(reason)) this.#reasons.push(reason)
    return `[^${this.#reasons.indexOf(reason) + 1}]`
  }
  lines(): string[] {
    return this.#reasons.length === 0
      ? []
      : [...this.#reasons.map((reason, index) => `[^${index + 1}]: ${cell(reason)}`), '']
  }
}

function withdrawn(): string[] {
  return [
    '## Rules that were designed and are none',
    '',
    'What the contract makes impossible, or says elsewhere. Their numbers are not used again.',
    '',
    row(['rule', 'would have asked', 'why it is none']),
    rule(3),
    ...withdrawnRules.map(({ id, statement, reason }) => row([id, cell(statement), cell(reason)])),
  ]
}
