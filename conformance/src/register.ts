import type { Harness } from './harness.js'
import { areaOf, formatFailure, isBad } from './report.js'
import type { Rule } from './rule.js'
import { allRules } from './rules.js'
import { type Case, casesOf, DEFAULT_SEED, missingHook, type RunOptions, runCase } from './run.js'

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
        for (const each of cases)
          if (areaOf(each.rule.id) === area) define(it, each, harness, options.seed ?? DEFAULT_SEED)
      })
  })
}

function define(it: Runner['it'], each: Case, harness: Harness, seed: number): void {
  const title = `${each.id} ${each.rule.statement}`
  const hook = missingHook(each.rule, harness)
  if (hook !== null) {
    it.skip(`${title} (not run: the harness has no \`${hook}\`)`, () => {})
    return
  }
  // Ours ends first and says more; the runner's is there in case the event loop hangs.
  const timeoutMs = 2 * each.rule.timeoutMs * (harness.timeScale ?? 1) + 10_000
  const run = async function (this: unknown) {
    raiseMochaTimeout(this, timeoutMs)
    const result = await runCase(each, harness, seed)
    if (isBad(result)) throw new Error(`${formatFailure(result)}\n  seed: ${seed}`)
  }
  it(title, run, timeoutMs)
}

/** Mocha takes the limit from its context, not as an argument. */
function raiseMochaTimeout(context: unknown, timeoutMs: number): void {
  if (typeof context !== 'object' || context === null || !('timeout' in context)) return
  if (typeof context.timeout === 'function') context.timeout(timeoutMs)
}
