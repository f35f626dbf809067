// `pnpm bench`: every backend beside its raw control. See README.md.

import { rmSync } from 'node:fs'
import { mkdir, mkdtemp } from 'node:fs/promises'
import { join, relative } from 'node:path'
import type { Bound, BoundResult } from './bounds/bound.js'
import { bounds } from './bounds/index.js'
import { boundHead, boundRow } from './bounds/table.js'
import { absentApart, boundApart, countApart, measureApart } from './harness/apart.js'
import type { Contest } from './harness/contest.js'
import { describeMachine, type Machine } from './harness/machine.js'
import { type ContestResult, measure } from './harness/measure.js'
import { Progress } from './harness/progress.js'
import { COLUMNS, contestRows, tableHead } from './harness/table.js'
import { type Options, parseOptions, USAGE } from './options.js'
import { type Absent, installPeers } from './peers/install.js'
import { peers } from './peers/peers.js'
import { publish } from './publish/publish.js'
import { type Failure, RESULTS, readResults, writeResults } from './results.js'
import type { ShapeResult } from './shape/shape.js'
import { shapeTable } from './shape/table.js'
import type { Settings } from './subjects/place.js'
import { contests } from './work/index.js'

/** What `--only` finds the counts by. */
const SHAPE = 'shape'
const PROFILES = join(RESULTS, 'profiles')

/** What a run is made of. */
interface Session {
  readonly options: Options
  readonly settings: Settings
  /** Removed at the end. */
  readonly folder: string
  readonly failures: Failure[]
}

try {
  const options = parseOptions(process.argv.slice(2))
  if (options.help) console.log(USAGE)
  else if (options.publish.length > 0) await publish(await Promise.all(options.publish.map(readResults)))
  else await main(options)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}

async function main(options: Options): Promise<void> {
  const { rounds, quick, full } = options
  const wanted = ({ id }: { readonly id: string }) => options.only?.test(id) ?? true
  const plain = { quick, full, peers: null }
  const chosen = { contests: contests(plain).filter(wanted), bounds: bounds.filter(wanted) }
  const countsShape = wanted({ id: SHAPE })
  if (chosen.contests.length + chosen.bounds.length === 0 && !countsShape)
    throw new Error(`--only ${options.only?.source}: no line matches`)
  const folder = await workingFolder(options.folder ?? RESULTS)
  const machine = await describeMachine(folder)
  printMachine(machine, options)
  const { settings, absent } = options.peers ? await withPeers(plain) : { settings: plain, absent: [] }
  const session: Session = { options, settings, folder, failures: [] }
  const results = await measureAll(contests(settings).filter(wanted), session)
  const shape = countsShape ? await countAll(folder) : []
  const bounded = await boundAll(chosen.bounds, session)
  if (options.profile) console.log(`\nProfiles in ${relative(process.cwd(), PROFILES)}`)
  const { failures } = session
  await writeResults(options.json, { machine, rounds, quick, full, results, shape, bounds: bounded, failures, absent })
  const isWrong = ({ problem }: ShapeResult | BoundResult) => problem !== null
  if (failures.length > 0 || shape.some(isWrong) || bounded.some(isWrong)) process.exitCode = 1
}

async function withPeers(plain: Settings): Promise<{ settings: Settings; absent: Absent[] }> {
  const folder = join(RESULTS, 'peers')
  console.log('\nInstalling the peers, which may take minutes the first time.')
  await installPeers(folder)
  const absent = await absentApart(folder)
  for (const { name, reason } of absent) console.log(`Without ${name}: ${reason}`)
  const names = peers.map(({ name }) => name).filter((name) => absent.every((each) => each.name !== name))
  return { settings: { ...plain, peers: { folder, names } }, absent }
}

async function countAll(folder: string): Promise<ShapeResult[]> {
  const own = join(folder, 'shape')
  await mkdir(own)
  const shape = await countApart(own)
  console.log(`\n${shapeTable(shape)}`)
  return shape
}

async function measureAll(chosen: readonly Contest[], session: Session): Promise<ContestResult[]> {
  const shared = join(session.folder, 'shared')
  await mkdir(shared)
  const head = tableHead(COLUMNS)
  return oneByOne(chosen, head, session, async (contest, folder, say) => {
    const result = await play(contest, { folder, shared, say }, session)
    return { result, rows: contestRows(result) }
  })
}

async function boundAll(chosen: readonly Bound[], session: Session): Promise<BoundResult[]> {
  const { settings } = session
  const results = await oneByOne(chosen, boundHead(), session, async ({ id, measure }, folder, say) => {
    const work = settings.quick ? measure : () => boundApart({ id, folder, settings }, say)
    const result = await work({ folder, settings, say })
    return { result, rows: result.map(boundRow) }
  })
  return results.flat()
}

/** Prints what each of the lines gives; one that fails does not lose the others. */
async function oneByOne<Line extends { readonly id: string }, Result>(
  lines: readonly Line[],
  head: string,
  { folder, failures }: Session,
  work: (line: Line, folder: string, say: (text: string) => void) => Promise<{ result: Result; rows: string[] }>,
): Promise<Result[]> {
  const progress = new Progress()
  const results: Result[] = []
  if (lines.length > 0) console.log(`\n${head}`)
  for (const [index, line] of lines.entries()) {
    const own = await mkdtemp(join(folder, 'line-'))
    const say = (text: string) => progress.show(`${index + 1} of ${lines.length}: ${line.id} · ${text}`)
    let rows: string[]
    try {
      const done = await work(line, own, say)
      results.push(done.result)
      rows = done.rows
    } catch (error) {
      const failure = { id: line.id, error: error instanceof Error ? error.message : String(error) }
      failures.push(failure)
      rows = [`${failure.id}: failed`, failure.error]
    }
    rmSync(own, { recursive: true })
    progress.clear()
    for (const row of rows) console.log(row)
  }
  return results
}

/** The quick form has no figures to protect, and no time to start a process for every line. */
function play(contest: Contest, site: Parameters<typeof measure>[1], { options, settings }: Session) {
  const rounds = { warmUp: options.warmUp, measured: options.rounds, tidy: !options.quick }
  if (options.quick) return measure(contest, site, rounds)
  const { folder, shared, say } = site
  const profiles = options.profile ? PROFILES : null
  return measureApart({ id: contest.id, folder, shared, rounds, settings }, profiles, say)
}

/** A folder on a real disk: the system's temporary folder often lies in memory. Removed at the end, also after Ctrl-C. */
async function workingFolder(parent: string): Promise<string> {
  await mkdir(parent, { recursive: true })
  const folder = await mkdtemp(join(parent, 'data-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)
    process.on(signal, () => process.exit(code))
  return folder
}

function printMachine(machine: Machine, { rounds, quick }: Options): void {
  const { cpu, cores, node, sqlite, filesInMemory, loadBefore, date } = machine
  console.log(`${date.slice(0, 16).replace('T', ' ')} UTC · ${cpu}, ${cores} cores · Node ${node} · SQLite ${sqlite}`)
  console.log(`Medians of ${rounds} rounds; ratio = our speed over the control's in the same round.`)
  if (quick) console.log('QUICK: sizes far too small to measure anything.')
  if (filesInMemory) console.log('The files lie in memory: an fsync costs nothing here. Use --folder for a real disk.')
  if (loadBefore > cores / 2) console.log(`The machine is busy (load ${loadBefore}): do not trust the figures.`)
}
