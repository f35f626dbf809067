import { type Capabilities, type CapabilityGroup, CONTRACT_VERSION } from '@flujo-state/core'
import { checkAbsence } from './absence.js'
import { AssertionFailure } from './assert.js'
import { Session } from './context.js'
import type { Harness } from './harness.js'
import type { Outcome, Report, RuleResult } from './report.js'
import type { Hook, Rule } from './rule.js'
import { show } from './show.js'
import { Watch } from './watch.js'

/** One test: a rule, or one variant of it. */
export interface Case {
  readonly rule: Rule
  readonly variant: string | null
  /** `id` or `id[variant]`. */
  readonly id: string
}

export interface RunOptions {
  /** Areas (`STA`), rules (`STA-01`) or cases (`VAL-01[metadata]`); all unless given. */
  readonly only?: string | readonly string[] | undefined
  /** Of the random runs; fixed unless given. */
  readonly seed?: number | undefined
  /** Called after each case. */
  readonly onProgress?: ((result: RuleResult) => void) | undefined
}

export const DEFAULT_SEED = 20_261_122

/** The cases of these rules that `only` names. @throws `RangeError` if it names none: nothing must pass by running nothing */
export function casesOf(rules: readonly Rule[], only?: string | readonly string[]): Case[] {
  const all = rules.flatMap((rule): Case[] => {
    if (rule.variants === undefined) return [{ rule, variant: null, id: rule.id }]
    return Object.keys(rule.variants).map((variant) => ({ rule, variant, id: `${rule.id}[${variant}]` }))
  })
  if (only === undefined) return all
  const names = [only].flat()
  const chosen = all.filter(({ rule, id }) =>
    names.some((name) => name === id || name === rule.id || rule.id.startsWith(`${name}-`)),
  )
  if (chosen.length === 0) throw new RangeError(`no rule is named by ${names.map(show).join(', ')}`)
  return chosen
}

/** The hook that the rule needs and the harness lacks. */
export function missingHook(rule: Rule, harness: Harness): Hook | null {
  return rule.needs.find((hook) => harness[hook] === undefined) ?? null
}

/** Runs the cases one after the other, each on a backend of its own. */
export async function runRules(rules: readonly Rule[], harness: Harness, options: RunOptions = {}): Promise<Report> {
  const { seed = DEFAULT_SEED, onProgress } = options
  const begin = performance.now()
  const results: RuleResult[] = []
  for (const each of casesOf(rules, options.only)) {
    const result = await runCase(each, harness, seed)
    results.push(result)
    onProgress?.(result)
  }
  const counts: Record<Outcome, number> = {
    pass: 0,
    fail: 0,
    'not-run': 0,
    'absent-ok': 0,
    xfail: 0,
    xpass: 0,
    error: 0,
  }
  for (const { outcome } of results) counts[outcome] += 1
  const ok = counts.fail + counts.xpass + counts.error === 0 && counts.pass > 0
  const ms = Math.round(performance.now() - begin)
  return { contractVersion: CONTRACT_VERSION, backend: harness.name, seed, ok, ms, counts, rules: results }
}

type Finding = Pick<RuleResult, 'outcome' | 'cause' | 'message'>
const PASS: Finding = { outcome: 'pass', cause: null, message: null }

/** Runs one case. Never rejects: whatever goes wrong is in the result. */
export async function runCase({ rule, variant, id }: Case, harness: Harness, seed = DEFAULT_SEED): Promise<RuleResult> {
  const { statement, level } = rule
  const result = { id, rule: rule.id, variant, statement, level, ms: 0, assertions: 0, calls: 0, transcript: [] }
  const hook = missingHook(rule, harness)
  if (hook !== null) return { ...result, outcome: 'not-run', cause: null, message: `needs the harness's \`${hook}\`` }
  const begin = performance.now()
  let session: Session
  try {
    session = await Session.start(harness, id, seed)
  } catch (error) {
    return { ...result, outcome: 'error', cause: 'harness', message: `harness.create failed: ${show(error)}` }
  }
  const finding = await observe(rule, variant, session, harness)
  const { outcome, cause, message } = expected(finding, harness.expectFail?.[id] ?? harness.expectFail?.[rule.id])
  return {
    ...result,
    outcome,
    cause,
    message,
    ms: Math.round(performance.now() - begin),
    assertions: session.assert.count,
    calls: session.recorder.calls,
    transcript: outcome === 'fail' || outcome === 'error' ? session.recorder.transcript() : [],
  }
}

/** Runs the rule (or what stands for it) to its end, and all that belongs to it after that. */
async function observe(rule: Rule, variant: string | null, session: Session, harness: Harness): Promise<Finding> {
  const watch = new Watch()
  const absent = absentGroups(rule, variant, session.first.raw.capabilities)
  const limit = rule.timeoutMs * (harness.timeScale ?? 1)
  const run = () =>
    absent.length > 0
      ? checkAbsence(session.context, absent)
      : rule.run(session.context, rule.variants?.[variant ?? ''])
  let finding = await judge(run, limit, session)
  const endProblem = await session.end()
  const stain = await watch.end()
  if (finding.outcome !== 'pass') return finding
  if (stain) finding = { outcome: 'fail', cause: 'process', message: `GEN-08: ${stain}` }
  else if (endProblem) finding = { outcome: 'error', cause: 'harness', message: endProblem }
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
    if (ended === 'timeout') return { outcome: 'fail', cause: 'timeout', message: `did not end within ${limitMs} ms` }
  } catch (error) {
    return findingOf(error, session)
  } finally {
    clearTimeout(timer)
  }
  if (session.assert.count === 0) return { outcome: 'error', cause: 'suite', message: 'the rule made no assertion' }
  if (session.recorder.calls === 0)
    return { outcome: 'error', cause: 'suite', message: 'the rule made no call of the backend' }
  return PASS
}

function findingOf(error: unknown, session: Session): Finding {
  if (error instanceof AssertionFailure) return { outcome: 'fail', cause: 'assertion', message: error.message }
  if (session.recorder.cameFromBackend(error))
    return { outcome: 'fail', cause: 'rejection', message: `a call failed that should not: ${show(error)}` }
  const stack = error instanceof Error ? error.stack : undefined
  return { outcome: 'error', cause: 'suite', message: `the rule itself failed: ${stack ?? show(error)}` }
}

function expected(finding: Finding, reason: string | undefined): Finding {
  if (reason === undefined) return finding
  if (finding.outcome === 'fail') return { ...finding, outcome: 'xfail', message: `expected to fail: ${reason}` }
  if (finding.outcome !== 'pass') return finding
  return { outcome: 'xpass', cause: null, message: `passes, but expectFail says: ${reason}. Remove it there` }
}
