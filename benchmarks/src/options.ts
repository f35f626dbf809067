import { parseArgs } from 'node:util'

export interface Options {
  /** Only contests whose id matches, ignoring case. */
  readonly only: RegExp | null
  readonly rounds: number
  readonly warmUp: number
  readonly quick: boolean
  /** A million rows and operations. */
  readonly full: boolean
  /** Other libraries as well. */
  readonly peers: boolean
  /** The file for the results, instead of one in `results/`. */
  readonly json: string | null
  /** Where the databases and files lie while it runs. */
  readonly folder: string | null
  /** Every contest leaves a CPU profile. */
  readonly profile: boolean
  /** Results to put into the documentation, instead of measuring. */
  readonly publish: readonly string[]
  readonly help: boolean
}

export const USAGE = `pnpm bench [options]

  --only <pattern>  only the lines whose work or place matches (a regular expression, any case)
  --rounds <n>      measured rounds of each line (5); the table shows medians
  --full            lists over a million workflows, a million operations; takes an hour and 6 GB of disk
  --peers           other libraries beside, installed from the registry into benchmarks/results/peers/
  --quick           a few seconds: shows that everything runs, measures nothing
  --json <file>     write the results there (else into benchmarks/results/)
  --folder <path>   keep databases and files there while it runs, to measure another disk
  --profile         a CPU profile of every line, in benchmarks/results/profiles/ (figures are then lower)
  --publish <file>  measure nothing: draw the plots and write the tables of docs/performance.md from these results (may be given several times)
  --help`

/** @throws an `Error` that says what is wrong with the command line */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    // pnpm hands on the `--` that npm needs.
    args: args.filter((arg) => arg !== '--'),
    options: {
      only: { type: 'string' },
      rounds: { type: 'string' },
      full: { type: 'boolean', default: false },
      peers: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      json: { type: 'string' },
      folder: { type: 'string' },
      profile: { type: 'boolean', default: false },
      publish: { type: 'string', multiple: true },
      help: { type: 'boolean', default: false },
    },
  })
  const { quick, full, peers, profile, help } = values
  if (quick && full) throw new Error('--quick and --full exclude each other')
  const rounds = Number(values.rounds ?? (quick ? 2 : 5))
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new Error(`--rounds: expected a whole number from 1, got "${values.rounds}"`)
  return {
    only: values.only === undefined ? null : pattern(values.only),
    rounds,
    warmUp: quick ? 0 : 2,
    quick,
    full,
    peers,
    json: values.json ?? null,
    folder: values.folder ?? null,
    profile,
    publish: values.publish ?? [],
    help,
  }
}

function pattern(text: string): RegExp {
  try {
    return new RegExp(text, 'i')
  } catch (cause) {
    throw new Error(`--only: "${text}" is no regular expression`, { cause })
  }
}
