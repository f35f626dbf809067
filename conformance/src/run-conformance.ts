import type { Harness } from './harness.js'
import type { Report } from './report.js'
import { allRules } from './rules.js'
import { type RunOptions, runRules } from './run.js'

/** Runs the suite against a backend, one rule after the other, and gives the report. Needs no test runner. */
export function runConformance(harness: Harness, options: RunOptions = {}): Promise<Report> {
  return runRules(allRules, harness, options)
}
