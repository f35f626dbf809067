import { availableParallelism } from 'node:os'
import { casesOf } from '../cases.js'
import { START_OF_TIME } from '../clock.js'
import type { Harness } from '../harness.js'
import type { Level } from '../level.js'
import { makeReport, withZones } from '../make-report.js'
import { allCases, isBad, type Report, type RuleResult } from '../report.js'
import { formatReport, quoted } from '../reports/text.js'
import { allRules } from '../rules.js'
import { capabilitiesOf, DEFAULT_SEED } from '../run.js'
import { runConformance } from '../run-conformance.js'
import { tryHarness } from './check-harness.js'
import { type Done, runJobs, type Work } from './jobs.js'
import type { Live } from './live.js'
import { loadHarnesses } from './load.js'
import type { Options } from './options.js'
import { type Io, readable, styleFor, writeReports } from './output.js'
import { EXIT } from './problem.js'
import { Progress } from './progress.js'
import { COMMAND } from './usage.js'
import { zoneRuns, zoneWork } from './zones.js'

/** Runs the suite on every harness of the module, tells what it found, and gives the exit code. */
export async function runSuite(file: string, options: Options, io: Io, live: Live): Promise<number> {
  const harnesses = (await loadHarnesses(file)).map((harness) => live.watch(harness))
  for (const harness of harnesses) await tryHarness(harness)
  const progress = new Progress(io.stderr, io.env)
  try {
    const reports = await reportsOf(file, harnesses, options, io, live, progress)
    progress.clear()
    tell(file, reports, options, io)
    return worst(reports.map((report) => exitCode(report, options.level, options.only !== undefined)))
  } finally {
    progress.clear()
  }
}

/** Fewer cases have ended before other processes have started. */
const FEW = 50
const MOST_JOBS = 4

async function reportsOf(
  file: string,
  harnesses: readonly Harness[],
  options: Options,
  { program }: Io,
  live: Live,
  progress: Progress,
): Promise<Report[]> {
  const { only, start = START_OF_TIME, bail, long, timeZones, seed = DEFAULT_SEED } = options
  const cases = casesOf(allRules, only)
  const thoroughness = long ? 'long' : 'short'
  const jobs = options.jobs ?? Math.min(availableParallelism(), MOST_JOBS)
  const isHere = jobs === 1 || (options.jobs === null && cases.length * harnesses.length < FEW)
  const elsewhere = harnesses.map((_, harness): Work[] => [
    { harness, cases: isHere ? [] : cases, thoroughness, start },
    ...zoneWork(timeZones ? cases : [], harness),
  ])
  const here = isHere ? harnesses.length * cases.length : 0
  const total = elsewhere.flat().reduce((sum, work) => sum + work.cases.length, here)
  const onResult = (result: RuleResult) => progress.tick(result, total)

  const reports: Report[] = []
  for (const harness of isHere ? harnesses : []) {
    const report = await runConformance(harness, { only, seed, start, bail, thoroughness, onProgress: onResult })
    reports.push(report)
    if (bail && !report.ok) return reports
  }
  const done = await runJobs(elsewhere.flat(), { file, program, jobs, seed, bail, live, onResult })
  for (const [index, harness] of harnesses.entries()) {
    const [own, ...zones] = done.splice(0, elsewhere[index]?.length) as [Done, ...Done[]]
    // Another one's failure may have ended the run before.
    if (!isHere && own.results.length === 0) break
    const report =
      reports[index] ??
      makeReport({ ...own, rules: allRules, harness, seed, start, capabilities: await capabilitiesOf(harness) })
    reports[index] = withZones(report, allRules, zoneRuns(zones))
  }
  return reports
}

function tell(file: string, reports: readonly Report[], options: Options, io: Io): void {
  const output = readable(options, io)
  const style = styleFor(output, io.env)
  const imports = options.imports.map((name) => ` --import ${quoted(name)}`).join('')
  const command = `${COMMAND}${imports} ${quoted(file)}`
  const texts = reports.map((report) =>
    formatReport(report, { style, slow: options.slow, command, level: options.level }),
  )
  output.write(`${texts.join('\n\n')}\n`)
  writeReports(options, reports, io)
}

/** @param part only some of the rules were run, as was asked for */
function exitCode(report: Report, level: Level, part: boolean): number {
  const hindrances = report.levels.find((each) => each.level === level)?.hindrances ?? []
  const kinds = hindrances.map(({ kind }) => kind)
  if (part ? allCases(report).some(isBad) : kinds.includes('failed')) return EXIT.failed
  // Who runs some of the rules asks for those.
  const notReached = kinds.some((kind) => !part || (kind !== 'left-out' && kind !== 'absent'))
  return notReached || report.counts.pass + report.counts['absent-ok'] === 0 ? EXIT.notReached : EXIT.reached
}

const BY_WEIGHT = [EXIT.failed, EXIT.notReached, EXIT.reached]

const worst = (codes: readonly number[]): number => BY_WEIGHT.find((code) => codes.includes(code)) ?? EXIT.internal
