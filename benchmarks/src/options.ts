import { parseArgs } from 'node:util'

export interface Options {
  /** Only contests whose id matches, ignoring case. */
  readonly only: RegExp | null
  readonly rounds: number
  readonly warmUp: number
  readonly quick: boolean
  /** The file for the results, instead of one in `results/`. */
  readonly json: string | null
  /** Where the databases and files lie while it runs. */
  readonly folder: string | null
  /** Every contest leaves a CPU profile. */
  readonly profile: boolean
  readonly help: boolean
}

export const USAGE = `pnpm bench [options]

  --only <pattern>  only the lines whose work or place matches (a regular expression, any case)
  --rounds <n>      measured rounds of each line (7); the table shows medians
  --quick           a few seconds: shows that everything runs, measures nothing
  --json <file>     write the results there (else into benchmarks/results/)
  --folder <path>   keep databases and files there while it runs, to measure another disk
  --profile         a CPU profile of every line, in benchmarks/results/profiles/ (figures are then lower)
  --help`

/** @throws an `Error` that says what is wrong with the command line */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    // pnpm hands on the `--` that npm needs.
    args: args.filter((arg) => arg !== '--'),
    options: {
      only: { type: 'string' },
      rounds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      json: { type: 'string' },
      folder: { type: 'string' },
      profile: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const { quick, profile, help } = values
  const rounds = Number(values.rounds ?? (quick ? 2 : 7))
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new Error(`--rounds: expected a whole number from 1, got "${values.rounds}"`)
  return {
    only: values.only === undefined ? null : pattern(values.only),
    rounds,
    warmUp: quick ? 0 : 2,
    quick,
    json: values.json ?? null,
    folder: values.folder ?? null,
    profile,
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
