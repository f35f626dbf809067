import { extname } from 'node:path'
import { parseArgs } from 'node:util'
import { casesOf } from '../cases.js'
import { LEVELS, type Level } from '../level.js'
import { allRules } from '../rules.js'
import { Problem } from './problem.js'

/** The kinds of report that can be written, and how their files end: so a file is told from the harness behind the option. */
const FORMATS = { json: '.json', junit: '.xml', markdown: '.md', badge: '.svg' } as const
export type Format = keyof typeof FORMATS

type Action = 'run' | 'list' | 'explain' | 'self-test' | 'help' | 'version' | 'job'

export interface Options {
  readonly action: Action
  readonly harness: string | null
  readonly only: readonly string[] | undefined
  readonly explain: readonly string[]
  readonly level: Level
  readonly seed: number | undefined
  readonly start: number | undefined
  /** So many processes; null: as many as are of use here. */
  readonly jobs: number | null
  readonly long: boolean
  readonly bail: boolean
  readonly slow: boolean
  readonly timeZones: boolean
  readonly imports: readonly string[]
  /** Where each kind of report goes: a file, or null for standard output. */
  readonly outputs: ReadonlyMap<Format, string | null>
}

const text = { type: 'string' } as const
const texts = { type: 'string', multiple: true } as const
const flag = { type: 'boolean' } as const
const KNOWN = {
  only: texts,
  explain: texts,
  import: texts,
  level: text,
  seed: text,
  start: text,
  jobs: text,
  json: text,
  junit: text,
  markdown: text,
  badge: text,
  long: flag,
  bail: flag,
  slow: flag,
  'no-time-zones': flag,
  // For the command itself.
  job: flag,
  list: flag,
  'self-test': flag,
  help: { ...flag, short: 'h' },
  version: { ...flag, short: 'v' },
} as const

/** @throws {Problem} for what nobody can have meant */
export function parseOptions(args: readonly string[]): Options {
  const { values, positionals } = parse(withFiles(args))
  const [harness = null, ...more] = positionals
  if (more.length > 0) throw new Problem(`one harness at a time: '${more[0]}' is one too many`)
  const action = actionOf(values)
  if (action === 'run' && harness === null) throw new Problem('which harness? Name the module that exports it')
  if (harness !== null && (action === 'list' || action === 'explain' || action === 'self-test'))
    throw new Problem(`--${action} takes no harness: '${harness}' is one too many`)
  return {
    action,
    harness,
    // The self-test knows broken backends by name too.
    only: values.only && (action === 'self-test' ? values.only.flatMap(split) : namesIn(values.only)),
    explain: namesIn(values.explain ?? []),
    level: levelOf(values.level),
    seed: seedOf(values.seed),
    start: startOf(values.start),
    jobs: jobsOf(values.jobs),
    long: values.long ?? false,
    bail: values.bail ?? false,
    slow: values.slow ?? false,
    timeZones: !values['no-time-zones'],
    imports: values.import ?? [],
    outputs: outputsOf(values),
  }
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, options: KNOWN, allowPositionals: true, strict: true })
  } catch (error) {
    // parseArgs explains how to pass what looks like an option; the first sentence says what is wrong.
    const [first] = error instanceof Error ? error.message.split('. ') : [String(error)]
    throw new Problem(first ?? '')
  }
}

type Values = ReturnType<typeof parse>['values']

/** \`--json report.json\` and \`--json ./harness.js\` both mean what they look like: a file is what ends like one of that kind. */
function withFiles(args: readonly string[]): string[] {
  const result: string[] = []
  for (let i = 0; i < args.length; i++) {
    const [arg = '', next] = [args[i], args[i + 1]]
    const format = Object.entries(FORMATS).find(([name]) => arg === `--${name}`)
    if (format === undefined) result.push(arg)
    else if (next === '-' || (next !== undefined && !next.startsWith('-') && extname(next) === format[1])) {
      result.push(`${arg}=${next}`)
      i += 1
    } else result.push(`${arg}=`)
  }
  return result
}

function actionOf(values: Values): Action {
  if (values.help) return 'help'
  if (values.version) return 'version'
  if (values.job) return 'job'
  const named = [
    ...(values.list ? ['list' as const] : []),
    ...(values.explain ? ['explain' as const] : []),
    ...(values['self-test'] ? ['self-test' as const] : []),
  ]
  if (named.length > 1) throw new Problem(`--${named[0]} and --${named[1]} do not go together`)
  return named[0] ?? 'run'
}

function outputsOf(values: Values): ReadonlyMap<Format, string | null> {
  const outputs = new Map<Format, string | null>()
  for (const format of Object.keys(FORMATS) as Format[]) {
    const value = values[format]
    if (value !== undefined) outputs.set(format, value === '' || value === '-' ? null : value)
  }
  const toStdout = [...outputs].filter(([, file]) => file === null).map(([format]) => `--${format}`)
  if (toStdout.length > 1)
    throw new Problem(
      `${toStdout.join(' and ')} cannot both go to standard output: give files, as in --json report.json`,
    )
  return outputs
}

/** Names of cases hold commas too: what is a name as a whole is taken as one. */
function namesIn(values: readonly string[]): string[] {
  const names = values.flatMap((value) => (isName(value) ? [value] : split(value)))
  for (const name of names)
    if (!isName(name)) throw new Problem(`no rule is named by '${name}'${similar(name)}: --list shows them all`)
  return names
}

const split = (value: string) => value.split(',').map((name) => name.trim())

function isName(name: string): boolean {
  try {
    return casesOf(allRules, name).length > 0
  } catch {
    return false
  }
}

function similar(name: string): string {
  const upper = name.toUpperCase()
  if (isName(upper)) return ` (did you mean ${upper}?)`
  const rule = name.replace(/\[.*$/s, '')
  return rule !== name && isName(rule) ? ` (${rule} has no such variant)` : ''
}

function levelOf(value = 'full'): Level {
  const level = LEVELS.find((each) => each === value)
  if (level === undefined) throw new Problem(`--level is one of ${LEVELS.join(', ')}, not '${value}'`)
  return level
}

function seedOf(value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  if (value === 'fresh') return Math.floor(Math.random() * 2 ** 31)
  const seed = Number(value)
  if (value.trim() === '' || !Number.isSafeInteger(seed))
    throw new Problem(`--seed is a whole number or 'fresh', not '${value}'`)
  return seed
}

function startOf(value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  const start = Date.parse(value)
  if (Number.isNaN(start)) throw new Problem(`--start is a time such as 2028-02-29T12:00:00Z, not '${value}'`)
  return start
}

function jobsOf(value: string | undefined): number | null {
  if (value === undefined) return null
  if (!/^[1-9]\d{0,2}$/.test(value)) throw new Problem(`--jobs is a whole number from 1 to 999, not '${value}'`)
  return Number(value)
}
