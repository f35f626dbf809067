import type { Harness } from './harness.js'
import { whyNotRun } from './level.js'
import { areaOf, isBad } from './report.js'
import { failureText } from './reports/text.js'
import type { Rule } from './rule.js'
import { allRules } from './rules.js'
import { type Case, casesOf, DEFAULT_SEED, type RunOptions, runCase, timeLimitOf } from './run.js'

/** The two functions of vitest, node:test, jest or mocha. The suite imports no runner, so there is never a second copy of one. */
export interface Runner {
  describe(name: string, define: () => void): unknown
  readonly it: {
    (name: string, run: () => Promise<void>, timeoutMs?: number): unknown
    skip(name: string, run: () => void): unknown
  }
}

/** Defines one test for each case: `ID statement`. What a missing hook keeps from running is a skip that says so. */
export function register(runner: Runner, harness: Harness, options: Omit<RunOptions, 'onProgress'> = {}): void {
  registerRules(allRules, runner, harness, options)
}

export function registerRules(
  rules: readonly Rule[],
  { describe, it }: Runner,
  harness: Harness,
  options: RunOptions,
): void {
  const cases = casesOf(rules, options.only)
  const areas = [...new Set(cases.map(({ rule }) => areaOf(rule.id)))]
  describe(`${harness.name} keeps the contract`, () => {
    for (const area of areas)
      describe(area, () => {
        for (const each of cases) if (areaOf(each.rule.id) === area) define(it, each, harness, options)
      })
  })
}

function define(it: Runner['it'], each: Case, harness: Harness, options: RunOptions): void {
  const title = `${each.id} ${each.rule.statement}`
  // What the backend declares is not known yet: making one may take its time.
  const whyNot = whyNotRun(each.rule.needs, harness, null)
  if (whyNot) {
    it.skip(`${title} (not run: ${whyNot.reason})`, () => {})
    return
  }
  // Ours ends first and says more; the runner's is there in case the event loop hangs.
  const timeoutMs = 2 * timeLimitOf(each.rule, harness, options.thoroughness) + 10_000
  const run = async function (this: unknown) {
    raiseMochaTimeout(this, timeoutMs)
    const result = await runCase(each, harness, options)
    if (isBad(result)) throw new Error(`${failureText(result)}\n  seed: ${options.seed ?? DEFAULT_SEED}`)
  }
  it(title, run, timeoutMs)
}

/** Mocha takes the limit from its context, not as an argument. */
function raiseMochaTimeout(context: unknown, timeoutMs: number): void {
  if (typeof context !== 'object' || context === null || !('timeout' in context)) return
  if (typeof context.timeout === 'function') context.timeout(timeoutMs)
}
