// `pnpm bench`: every backend beside its raw control. See README.md.

import { rmSync } from 'node:fs'
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { countApart, measureApart } from './harness/apart.js'
import type { Contest } from './harness/contest.js'
import { describeMachine, type Machine } from './harness/machine.js'
import { type ContestResult, measure } from './harness/measure.js'
import { Progress } from './harness/progress.js'
import { COLUMNS, contestRows, tableHead } from './harness/table.js'
import { type Options, parseOptions, USAGE } from './options.js'
import type { ShapeResult } from './shape/shape.js'
import { shapeTable } from './shape/table.js'
import { contests } from './work/index.js'

/** What `--only` finds the counts by. */
const SHAPE = 'shape'
const RESULTS = fileURLToPath(new URL('../results/', import.meta.url))
const PROFILES = join(RESULTS, 'profiles')

try {
  const options = parseOptions(process.argv.slice(2))
  if (options.help) console.log(USAGE)
  else await main(options)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}

async function main(options: Options): Promise<void> {
  const wanted = (id: string) => options.only?.test(id) ?? true
  const chosen = contests(options).filter(({ id }) => wanted(id))
  if (chosen.length === 0 && !wanted(SHAPE)) throw new Error(`--only ${options.only?.source}: no line matches`)
  const folder = await workingFolder(options.folder ?? RESULTS)
  const machine = await describeMachine(folder)
  printMachine(machine, options)
  const measured = chosen.length === 0 ? { results: [], failures: [] } : await measureAll(chosen, folder, options)
  const shape = wanted(SHAPE) ? await countAll(folder) : []
  await writeResults(options, { machine, rounds: options.rounds, quick: options.quick, ...measured, shape })
  if (measured.failures.length > 0 || shape.some(({ problem }) => problem !== null)) process.exitCode = 1
}

async function countAll(folder: string): Promise<ShapeResult[]> {
  const own = join(folder, 'shape')
  await mkdir(own)
  const shape = await countApart(own)
  console.log(`\n${shapeTable(shape)}`)
  return shape
}

/** What was measured, and what could not be: one line that fails does not lose the others. */
async function measureAll(chosen: readonly Contest[], folder: string, options: Options) {
  const progress = new Progress()
  const results: ContestResult[] = []
  const failures: Failure[] = []
  console.log(`\n${tableHead(COLUMNS)}`)
  for (const [index, contest] of chosen.entries()) {
    const own = join(folder, String(index))
    await mkdir(own)
    const onRound = (round: number) =>
      progress.show(`${index + 1} of ${chosen.length}: ${contest.id} · ${roundName(round, options)}`)
    try {
      results.push(await play(contest, own, options, onRound))
    } catch (error) {
      failures.push({ id: contest.id, error: error instanceof Error ? error.message : String(error) })
    }
    rmSync(own, { recursive: true })
    progress.clear()
    const [result, failure] = [results.at(-1), failures.at(-1)]
    if (result?.id === contest.id) for (const row of contestRows(result)) console.log(row)
    else console.log(`${contest.id}: failed\n${failure?.error}`)
  }
  return { results, failures }
}

function roundName(round: number, { rounds }: Options): string {
  return round < 0 ? 'warming up' : `round ${round + 1} of ${rounds}`
}

/** The quick form has no figures to protect, and no time to start a process for every line. */
function play(contest: Contest, folder: string, options: Options, onRound: (round: number) => void) {
  const rounds = { warmUp: options.warmUp, measured: options.rounds }
  if (options.quick) return measure(contest, folder, rounds, onRound)
  const profiles = options.profile ? PROFILES : null
  return measureApart({ id: contest.id, folder, rounds, quick: options.quick }, profiles, onRound)
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

interface Failure {
  /** Of the contest. */
  readonly id: string
  readonly error: string
}

/** What is written as JSON. */
interface Results {
  readonly machine: Machine
  readonly rounds: number
  readonly quick: boolean
  readonly results: readonly ContestResult[]
  readonly failures: readonly Failure[]
  readonly shape: readonly ShapeResult[]
}

async function writeResults(options: Options, results: Results): Promise<void> {
  const name = `${results.machine.date.replaceAll(':', '-').slice(0, 19)}.json`
  const file = options.json ?? join(RESULTS, name)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, `${JSON.stringify(results, null, 2)}\n`)
  if (options.profile) console.log(`\nProfiles in ${relative(process.cwd(), PROFILES)}`)
  console.log(`\nWritten to ${relative(process.cwd(), file)}`)
}
