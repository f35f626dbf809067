import { areaOf, isBad, type RuleResult } from '../report.js'
import type { Output } from './output.js'

const INTERVAL_MS = 80
const ERASE = '\r\x1b[2K'

/** One line that is drawn anew, where somebody looks; elsewhere nothing. */
export class Progress {
  readonly #output: Output
  readonly #shown: boolean
  #done = 0
  #failures = 0
  #drawn = -Infinity

  constructor(output: Output, env: NodeJS.ProcessEnv) {
    this.#output = output
    this.#shown = output.isTTY === true && env.TERM !== 'dumb' && !env.CI
  }

  tick(result: RuleResult, total: number): void {
    if (isBad(result)) this.#failures += 1
    this.#done += 1
    this.say(areaOf(result.rule), this.#done, total, this.#failures)
  }

  say(what: string, done: number, total: number, failures: number, failed = 'failed'): void {
    if (!this.#shown) return
    const now = performance.now()
    if (now - this.#drawn < INTERVAL_MS && done < total) return
    this.#drawn = now
    const line = `${what}  ${done}/${total}${failures > 0 ? `  ${failures} ${failed}` : ''}`
    // A line that is broken could not be drawn over.
    this.#output.write(ERASE + line.slice(0, (this.#output.columns ?? 80) - 1))
  }

  clear(): void {
    if (this.#shown) this.#output.write(ERASE)
  }
}
