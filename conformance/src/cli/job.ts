/** A child process of the command: it runs the cases that it is given, one after the other. Started by `jobs.ts` alone. */
import { once } from 'node:events'
import type { Capabilities } from '@flujo-state/core'
import { casesOf } from '../cases.js'
import type { Thoroughness } from '../context.js'
import type { RuleResult } from '../report.js'
import { allRules } from '../rules.js'
import { capabilitiesOf, runCase } from '../run.js'
import { type Live, TIDY_MS } from './live.js'
import { loadHarnesses } from './load.js'
import { EXIT, Problem } from './problem.js'

export interface Ask {
  /** Which of the module's harnesses. */
  readonly harness: number
  readonly id: string
  readonly seed: number
  readonly thoroughness: Thoroughness
  readonly start: number | undefined
}

/** Which case to run; in the end, that there are no more. */
export type ToJob = Ask | 'leave'

/** First that the harnesses are loaded, then a result for each case. */
export type FromJob = 'ready' | RuleResult

/** Gives the exit code when whoever asks has gone. */
export async function serveJob(file: string, live: Live): Promise<number> {
  const answer = process.send?.bind(process)
  if (answer === undefined) throw new Problem('--job is what the command starts itself with: you want --jobs')
  const harnesses = (await loadHarnesses(file)).map((harness) => live.watch(harness))
  const known: Promise<Capabilities | null>[] = []
  process.on('message', async (message: ToJob) => {
    if (message === 'leave') return process.disconnect()
    const { harness, id, seed, thoroughness, start } = message
    const each = casesOf(allRules).find((one) => one.id === id)
    const tested = harnesses[harness]
    if (each === undefined || tested === undefined) throw new RangeError(`there is no ${id} of harness ${harness}`)
    known[harness] ??= capabilitiesOf(tested)
    const capabilities = await known[harness]
    answer((await runCase(each, tested, { seed, thoroughness, start, capabilities })) satisfies FromJob)
  })
  const gone = once(process, 'disconnect')
  answer('ready' satisfies FromJob)
  await gone
  // In the middle of a case, if it was killed.
  await live.end(TIDY_MS)
  return EXIT.reached
}
