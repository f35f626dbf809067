import { printableLine } from '../printable.js'
import { DEFAULT_SEED } from '../run.js'
import type { Escape, SelfTestOptions, SelfTestReport } from '../self-test.js'
import type { Options } from './options.js'
import { type Io, styleFor } from './output.js'
import { EXIT, Problem } from './problem.js'
import { Progress } from './progress.js'

/** Tries the suite on broken backends, and says how many of them it caught. */
export async function runSelfTest({ only, seed = DEFAULT_SEED }: Options, io: Io): Promise<number> {
  const progress = new Progress(io.stderr, io.env)
  let escaped = 0
  const report = await test({
    only,
    seed,
    onProgress: ({ caught, done, total }) => {
      if (!caught) escaped += 1
      progress.say('broken backends', done, total, escaped, 'escaped')
    },
  }).finally(() => progress.clear())
  io.stdout.write(`${linesOf(report, seed, io).join('\n')}\n`)
  return report.escaped.length + report.falseAlarms.length > 0 ? EXIT.failed : EXIT.reached
}

async function test(options: SelfTestOptions): Promise<SelfTestReport> {
  // Many modules that nothing else needs.
  const { selfTest } = await import('../self-test.js')
  try {
    return await selfTest(options)
  } catch (error) {
    throw error instanceof RangeError ? new Problem(error.message) : error
  }
}

function linesOf({ escaped, falseAlarms, caught, total, ms }: SelfTestReport, seed: number, io: Io): string[] {
  const style = styleFor(io.stdout, io.env)
  const line = (what: string, { name, wrong, rule, instead }: Escape) =>
    `${style.bad(what)} ${printableLine(`${name} (${wrong}), ${rule}: ${instead}`)}`
  return [
    ...escaped.map((each) => line('ESCAPED', each)),
    ...falseAlarms.map((each) => line('FALSE ALARM', each)),
    `${caught} of ${total} broken backends caught in ${(ms / 1000).toFixed(1)} s (seed ${seed})`,
  ]
}
