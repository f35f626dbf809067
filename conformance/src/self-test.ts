import type { BrokenBackend } from './broken/broken-backend.js'
import { brokenBackends } from './broken/index.js'
import { foundIt, tryRule } from './broken/trial.js'
import { type Case, casesOf } from './cases.js'
import type { Harness } from './harness.js'
import { referenceHarness } from './reference.js'
import { referenceFileHarness } from './reference-file-harness.js'
import type { RuleResult } from './report.js'
import { allRules } from './rules.js'
import { runCase } from './run.js'

export interface SelfTestOptions {
  /** Areas (`STA`), rules (`STA-01`), cases (`VAL-01[metadata]`) or names of broken backends; all unless given. */
  readonly only?: string | readonly string[] | undefined
  /** Of the random runs; fixed unless given. */
  readonly seed?: number | undefined
  /** Called after each broken backend. */
  readonly onProgress?: ((progress: SelfTestProgress) => void) | undefined
}

export interface SelfTestProgress {
  readonly name: string
  readonly caught: boolean
  readonly done: number
  readonly total: number
}

/** A rule that should have caught a broken backend and did not, or one that fails where nothing is wrong. */
export interface Escape {
  readonly name: string
  readonly wrong: string
  readonly rule: string
  /** What the rule did instead of failing by an assertion. */
  readonly instead: string
}

export interface SelfTestReport {
  /** Broken backends that all the rules they name have caught. */
  readonly caught: number
  readonly total: number
  readonly escaped: readonly Escape[]
  /** Of the cases that caught something, those that fail on a backend that is not broken too: they have proved nothing. */
  readonly falseAlarms: readonly Escape[]
  readonly ms: number
}

/**
 * Tries the suite on backends that are wrong in one way each: every rule that such a one names must fail, for what it asserts,
 * and must pass where nothing is wrong. Prints nothing.
 * @throws `RangeError` if `only` names nothing
 */
export async function selfTest({ only, seed, onProgress }: SelfTestOptions = {}): Promise<SelfTestReport> {
  const begin = performance.now()
  const chosen = choose(only)
  const escaped: Escape[] = []
  const findings = new Map<string, RuleResult>()
  let caught = 0
  for (const [index, { backend, rules }] of chosen.entries()) {
    const past: Escape[] = []
    for (const rule of rules) {
      const result = await tryRule(rule, backend.harness, seed)
      if (foundIt(result)) findings.set(result.id, result)
      else past.push(escapeOf(backend, rule, result))
    }
    escaped.push(...past)
    if (past.length === 0) caught += 1
    onProgress?.({ name: backend.name, caught: past.length === 0, done: index + 1, total: chosen.length })
  }
  const falseAlarms = await findFalseAlarms([...findings.keys()], seed)
  const ms = Math.round(performance.now() - begin)
  return { caught, total: chosen.length, escaped, falseAlarms, ms }
}

interface Chosen {
  readonly backend: BrokenBackend
  /** Of the rules that it names, those to be tried. */
  readonly rules: readonly string[]
}

function choose(only: string | readonly string[] | undefined): Chosen[] {
  const all = brokenBackends.map((backend) => ({ backend, rules: backend.breaks }))
  if (only === undefined) return all
  const names = [only].flat()
  const isNamed = new Set(names.filter((name) => all.some(({ backend }) => backend.name === name)))
  const ofRules = names.filter((name) => !isNamed.has(name))
  const cases = ofRules.length > 0 ? casesOf(allRules, ofRules) : []
  const chosen = all.flatMap(({ backend, rules }): Chosen[] => {
    if (isNamed.has(backend.name)) return [{ backend, rules }]
    const wanted = rules.filter((name) => cases.some(({ id, rule }) => id === name || rule.id === name))
    return wanted.length > 0 ? [{ backend, rules: wanted }] : []
  })
  if (chosen.length === 0) throw new RangeError(`no broken backend names ${names.join(', ')}`)
  return chosen
}

function escapeOf({ name, wrong }: BrokenBackend, rule: string, { outcome, cause, message }: RuleResult): Escape {
  const reason = [cause, message].filter((each) => each !== null).join(': ')
  return { name, wrong, rule, instead: reason === '' ? outcome : `${outcome} (${reason})` }
}

/** A suite that fails everything would catch everything. */
async function findFalseAlarms(caseIds: readonly string[], seed: number | undefined): Promise<Escape[]> {
  const alarms: Escape[] = []
  for (const id of caseIds) {
    const [each] = casesOf(allRules, id) as [Case]
    const harness = soundFor(each)
    const { outcome, message } = await runCase(each, harness, { seed })
    if (outcome === 'pass') continue
    alarms.push({ name: harness.name, wrong: 'nothing', rule: id, instead: `${outcome} (${message})` })
  }
  return alarms
}

const sound = { inMemory: referenceHarness(), inFile: referenceFileHarness() }
/** The backend in memory has no processes, no bytes and no faults. */
const soundFor = ({ rule }: Case): Harness =>
  rule.needs.every((hook) => sound.inMemory[hook] !== undefined) ? sound.inMemory : sound.inFile
