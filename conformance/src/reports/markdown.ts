import { printableLine } from '../printable.js'
import { allCases, areaOf, count, isBad, type Report, showCounts } from '../report.js'
import { notRunGroups, reachedText } from './words.js'

/** A table for a README: areas as rows, backends as columns, and what failed or was not run below. */
export function markdownReport(reports: readonly Report[]): string {
  const areas = [...new Set(reports.flatMap(({ cases }) => cases.map(({ rule }) => areaOf(rule))))]
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const lines = [
    row(['', ...reports.map(({ backend }) => cell(backend))]),
    row(['---', ...reports.map(() => '---')]),
    row(['**reached**', ...reports.map((report) => `**${reachedText(report)}**`)]),
    ...areas.map((area) => row([area, ...reports.map((report) => areaCell(report, area))])),
    ...(reports.some(({ zones }) => zones.length > 0) ? [row(['time zones', ...reports.map(zoneCell)])] : []),
  ]
  const head = reports.map(({ contractVersion, suiteVersion, seed }) => ({ contractVersion, suiteVersion, seed }))[0]
  const about = `Contract ${head?.contractVersion}, suite ${head?.suiteVersion}, seed ${head?.seed}.`
  return `${[about, '', ...lines, ...reports.flatMap(below)].join('\n')}\n`
}

function areaCell({ cases }: Report, area: string): string {
  const own = cases.filter(({ rule }) => areaOf(rule) === area)
  return own.length === 0 ? '–' : showCounts(count(own))
}

function zoneCell({ zones }: Report): string {
  return zones.length === 0 ? '–' : showCounts(count(zones.flatMap(({ cases }) => cases)))
}

function below(report: Report): string[] {
  const failures = allCases(report).filter(isBad)
  const items = [
    ...failures.map(({ id, statement, message }) => {
      const [first = ''] = (message ?? '').split('\n')
      return `- **${cell(id)}** ${cell(statement)} ${code(first)}`
    }),
    ...notRunGroups(report.cases).map(
      ({ reason, names }) => `- not run, ${cell(reason)}: ${names.map(cell).join(', ')}`,
    ),
  ]
  return items.length === 0 ? [] : ['', `${cell(report.backend)}:`, '', ...items]
}

/** Nothing of it is taken for Markdown or HTML. */
export const cell = (text: string) => printableLine(text).replaceAll(/[\\`*_<>|[\]#&]/g, '\\$&')

// More backticks around it than it has within.
function code(text: string): string {
  const shown = printableLine(text).replaceAll('|', '\\|')
  const fence = '`'.repeat(1 + Math.max(0, ...[...shown.matchAll(/`+/g)].map(([run]) => run.length)))
  return `${fence} ${shown} ${fence}`
}
