import type { Report } from '../report.js'

/** One report as it is, several as a list: as the harness module exports one or several. */
export function jsonReport(reports: readonly Report[]): string {
  const [first] = reports
  return `${JSON.stringify(reports.length === 1 ? first : reports, null, 2)}\n`
}
