import type { Capabilities, CapabilityGroup } from '@flujo-state/core'
import { checkAbsence } from './absence.js'
import { AssertionFailure } from './assert.js'
import { type Case, casesOf } from './cases.js'
import { START_OF_TIME } from './clock.js'
import { Session, type Thoroughness } from './context.js'
import { declaredTooLittle } from './declared.js'
import type { Harness } from './harness.js'
import { whyNotRun } from './level.js'
import { limited } from './limited.js'
import { makeReport } from './make-report.js'
import { type Cause, isBad, type Report, type RuleResult } from './report.js'
import type { Rule } from './rule.js'
import { show } from './show.js'
import { Watch } from './watch.js'

export { type Case, casesOf } from './cases.js'

export interface RunOptions {
  /** Areas (`STA`), rules (`STA-01`) or cases (`VAL-01[metadata]`); all unless given. */
  readonly only?: string | readonly string[] | undefined
  /** Of the random runs; fixed unless given. */
  readonly seed?: number | undefined
  /** How often rules repeat what goes wrong only now and then ['short']. */
  readonly thoroughness?: Thoroughness | undefined
  /** Where the clock starts: 2026-03-01T00:00:00.000Z unless given. */
  readonly start?: number | undefined
  /** Ends after the first failure. */
  readonly bail?: boolean | undefined
  /** Called after each case. */
  readonly onProgress?: ((result: RuleResult) => void) | undefined
}

export const DEFAULT_SEED = 20_261_122
const HARNESS_MS = 30_000

/** Runs the cases one after the other, each on a backend of its own. */
export async function runRules(rules: readonly Rule[], harness: Harness, options: RunOptions = {}): Promise<Report> {
  const { seed = DEFAULT_SEED, start = START_OF_TIME, onProgress } = options
  const begin = performance.now()
  const chosen = casesOf(rules, options.only)
  const capabilities = await capabilitiesOf(harness)
  const results: RuleResult[] = []
  for (const each of chosen) {
    const result = await runCase(each, harness, { ...options, capabilities })
    results.push(result)
    onProgress?.(result)
    if (options.bail && isBad(result)) break
  }
  return makeReport({ rules, harness, capabilities, seed, start, ms: Math.round(performance.now() - begin), results })
}

/** Null if no backend can be made: then the cases say why. */
export async function capabilitiesOf(harness: Harness): Promise<Capabilities | null> {
  try {
    const session = await Session.start(harness, 'capabilities', { seed: DEFAULT_SEED, thoroughness: 'short' })
    const { capabilities } = session.first.raw
    await session.end()
    return capabilities ?? null
  } catch {
    return null
  }
}

type Finding = Pick<RuleResult, 'outcome' | 'cause' | 'reason' | 'message'>
const PASS: Finding = { outcome: 'pass', cause: null, reason: null, message: null }

export interface CaseOptions extends Pick<RunOptions, 'seed' | 'thoroughness' | 'start'> {
  /** What is known of the backend, for the reason why a case is not run. */
  readonly capabilities?: Capabilities | null
}

/** Runs one case. Never rejects: whatever goes wrong is in the result. */
export async function runCase(
  one: Case,
  harness: Harness,
  { seed = DEFAULT_SEED, thoroughness = 'short', start, capabilities }: CaseOptions = {},
): Promise<RuleResult> {
  const { rule, variant, id } = one
  const result = beginning(one)
  const whyNot = whyNotRun(rule.needs, harness, capabilities)
  if (whyNot) return { ...result, ...whyNot, outcome: 'not-run', cause: null, message: null }
  const begin = performance.now()
  const limitMs = timeLimitOf(rule, harness, thoroughness)
  let session: Session
  try {
    session = await inTime(Session.start(harness, id, { seed, thoroughness, start, needs: rule.needs }), limitMs)
  } catch (error) {
    return { ...result, ...harnessError(`harness.create failed: ${show(error)}`) }
  }
  const tooLittle = declaredTooLittle(rule, session.first.raw.capabilities)
  if (tooLittle !== null) {
    await session.end()
    return { ...result, reason: tooLittle, excused: true, outcome: 'not-run', cause: null, message: null }
  }
  const finding = await observe(rule, variant, session, limitMs)
  const judged = expected(finding, harness.expectFail?.[id] ?? harness.expectFail?.[rule.id])
  return {
    ...result,
    ...judged,
    ms: Math.round(performance.now() - begin),
    assertions: session.assert.count,
    calls: session.recorder.calls,
    transcript: isBad(judged) ? session.recorder.transcript() : [],
  }
}

function beginning({ rule: { id: rule, statement, level }, variant, id }: Case) {
  const head = { id, rule, variant, statement, level }
  return { ...head, hook: null, excused: false, ms: 0, assertions: 0, calls: 0, transcript: [] }
}

/** The result of a case whose process ended in the middle of it. */
export const lostCase = (one: Case, message: string): RuleResult => ({
  ...beginning(one),
  ...{ outcome: 'error', cause: 'process', reason: null, message },
})

const LONGER = 10

/** How long the rule may take, in milliseconds. */
export function timeLimitOf(
  { timeoutMs }: Rule,
  { timeScale = 1 }: Harness,
  thoroughness: Thoroughness = 'short',
): number {
  return timeoutMs * timeScale * (thoroughness === 'long' ? LONGER : 1)
}

const harnessError = (message: string): Finding => ({ outcome: 'error', cause: 'harness', reason: null, message })

/** What the harness does before and after a rule has a limit too, or it could hang for ever. */
const inTime = <T>(pending: Promise<T>, limitMs: number) =>
  limited(pending, limitMs + HARNESS_MS, () => new Error(`no end within ${limitMs + HARNESS_MS} ms`))

/** Runs the rule (or what stands for it) to its end, and all that belongs to it after that. */
async function observe(rule: Rule, variant: string | null, session: Session, limitMs: number): Promise<Finding> {
  const watch = new Watch()
  const absent = absentGroups(rule, variant, session.first.raw.capabilities)
  const run = () =>
    absent.length > 0
      ? checkAbsence(session.context, absent)
      : rule.run(session.context, rule.variants?.[variant ?? ''])
  let finding = await judge(run, limitMs, session)
  const endProblem = await inTime(session.end(), limitMs).catch((error) => `shutdown and destroy: ${show(error)}`)
  const stain = (await watch.end()) ?? session.outputOfProcesses
  if (finding.outcome !== 'pass') return finding
  if (stain) finding = failure('process', `GEN-08: ${stain}`)
  else if (endProblem) finding = harnessError(endProblem)
  return finding.outcome === 'pass' && absent.length > 0 ? { ...finding, outcome: 'absent-ok' } : finding
}

function absentGroups(rule: Rule, variant: string | null, capabilities: Capabilities | undefined): CapabilityGroup[] {
  const ofVariant = variant === null ? [] : (rule.variantRequires?.(rule.variants?.[variant]) ?? [])
  return [...rule.requires, ...ofVariant].filter((group) => capabilities?.[group] === false)
}

async function judge(run: () => Promise<void>, limitMs: number, session: Session): Promise<Finding> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const timeout = new Promise<'timeout'>((resolve) => {
    timer = setTimeout(() => resolve('timeout'), limitMs)
  })
  try {
    const running = run()
    // After the time limit nobody waits for it any more.
    running.catch(() => {})
    const ended = await Promise.race([running, timeout])
    if (ended === 'timeout') return failure('timeout', `did not end within ${limitMs} ms`)
  } catch (error) {
    return findingOf(error, session)
  } finally {
    clearTimeout(timer)
  }
  if (session.assert.count === 0) return suiteError('the rule made no assertion')
  if (session.recorder.calls === 0) return suiteError('the rule made no call of the backend')
  return PASS
}

function findingOf(error: unknown, session: Session): Finding {
  if (error instanceof AssertionFailure) return failure('assertion', error.message)
  if (session.recorder.cameFromBackend(error))
    return failure('rejection', `a call failed that should not: ${show(error)}`)
  const stack = error instanceof Error ? error.stack : undefined
  return suiteError(`the rule itself failed: ${stack ?? show(error)}`)
}

const failure = (cause: Cause, message: string): Finding => ({ outcome: 'fail', cause, reason: null, message })
const suiteError = (message: string): Finding => ({ outcome: 'error', cause: 'suite', reason: null, message })

function expected(finding: Finding, reason: string | undefined): Finding {
  if (reason === undefined) return finding
  if (finding.outcome === 'fail') return { ...finding, outcome: 'xfail', reason }
  if (finding.outcome !== 'pass') return finding
  const message = `passes, but expectFail says: ${reason}. Remove it there`
  return { ...finding, outcome: 'xpass', reason, message }
}
