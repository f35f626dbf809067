import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { areaOf, type Report, type ZoneRun } from '../report.js'
import { BIN } from './again.js'
import type { Live } from './live.js'
import { Problem } from './problem.js'

/** Areas whose rules are about instants, days and orders by time. */
const AREAS = ['TIM', 'LST', 'STT', 'CLN', 'FLD', 'BGT']

interface Zone {
  readonly zone: string
  readonly tz: string
  readonly start?: string
}

const ZONES: readonly Zone[] = [
  { zone: 'UTC', tz: 'UTC' },
  { zone: 'America/St_Johns', tz: 'America/St_Johns' },
  { zone: 'Asia/Kolkata', tz: 'Asia/Kolkata' },
  { zone: 'Pacific/Apia', tz: 'Pacific/Apia' },
  // 02:00 there, an hour that this day does not have.
  { zone: 'the start of summer time', tz: 'America/St_Johns', start: '2026-03-08T05:30:00.000Z' },
  // There it is 1 March already.
  { zone: '29 February', tz: 'Pacific/Apia', start: '2028-02-29T12:00:00.000Z' },
]

export interface ZoneOptions {
  readonly harness: string
  /** The cases of the run. */
  readonly cases: readonly { readonly id: string; readonly rule: { readonly id: string } }[]
  /** They are all there are. */
  readonly whole: boolean
  readonly seed: number
  readonly live: Live
  onProgress(done: number, total: number): void
}

/** The zones' runs of each harness, in processes of their own: a process has one time zone. */
export async function runZones(options: ZoneOptions): Promise<ZoneRun[][]> {
  const only = options.cases.filter(({ rule }) => AREAS.includes(areaOf(rule.id))).map(({ id }) => id)
  if (only.length === 0) return []
  const names = options.whole ? AREAS : only
  const found: ZoneRun[][] = []
  let [next, done] = [0, 0]
  const work = async () => {
    for (let index = next++; index < ZONES.length; index = next++) {
      const zone = ZONES[index] as Zone
      const reports = await runIn(zone, names, options)
      found[index] = reports.map((report) => zoneRun(zone, report))
      done += 1
      options.onProgress(done, ZONES.length)
    }
  }
  await Promise.all(Array.from({ length: Math.min(ZONES.length, availableParallelism()) }, work))
  // By harness, as the reports are.
  return (found[0] ?? []).map((_, index) => found.flatMap((runs) => runs[index] ?? []))
}

function zoneRun({ zone, tz }: Zone, { start, ms, counts, cases }: Report): ZoneRun {
  return { zone, tz, start, ms, counts, cases: cases.map((each) => ({ ...each, id: `${each.id} (${zone})` })) }
}

async function runIn({ zone, tz, start }: Zone, only: readonly string[], options: ZoneOptions): Promise<Report[]> {
  const args = [
    ...[resolve(options.harness), '--no-time-zones', '--json', '--seed', String(options.seed)],
    ...(start === undefined ? [] : ['--start', start]),
    ...only.flatMap((name) => ['--only', name]),
  ]
  const { code, stdout, stderr } = await runAgain(args, tz, options.live)
  // The report says what failed; without one nothing was run.
  if (code !== 0 && code !== 1 && code !== 3)
    throw new Problem(`the run in ${zone} did not end well (${code}): ${stderr}`)
  const reports = JSON.parse(stdout) as Report | Report[]
  return [reports].flat()
}

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

function runAgain(args: readonly string[], tz: string, live: Live): Promise<Ended> {
  const child = spawn(process.execPath, [...process.execArgv, BIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // In a group of its own, so that it hears of an interrupt once.
    detached: true,
    env: { ...process.env, TZ: tz, NO_COLOR: '1' },
  })
  const [stdout, stderr]: [string[], string[]] = [[], []]
  child.stdout.setEncoding('utf8').on('data', (text: string) => stdout.push(text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => stderr.push(text))
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stdout: stdout.join(''), stderr: stderr.join('') }))
  })
  return live.watchChild(child, ended)
}
