import { isAbsolute } from 'node:path'
import { CONTRACT_VERSION } from '@flujo-state/core'
import { casesOf } from '../cases.js'
import { Session } from '../context.js'
import type { Harness } from '../harness.js'
import { HOOKS } from '../level.js'
import { limited } from '../limited.js'
import { allRules } from '../rules.js'
import { DEFAULT_SEED } from '../run.js'
import { Problem, stackOf } from './problem.js'

const FUNCTIONS = ['destroy', 'reopen', 'second', 'storage', 'faults']
const MEMBERS = ['name', 'create', 'spawn', 'without', 'expectFail', 'timeScale', ...FUNCTIONS]

/** What is wrong with an object that should be a harness; nothing if it is one. */
export function problemsOf(value: object): string[] {
  const harness = value as Readonly<Record<string, unknown>>
  const { name, create, timeScale } = harness
  const isPlain = Object.getPrototypeOf(value) === Object.prototype
  const unknown = isPlain ? Object.keys(value).filter((key) => !MEMBERS.includes(key)) : []
  return [
    ...(typeof name === 'string' && name !== '' ? [] : ['`name` must be a text']),
    ...(typeof create === 'function' ? [] : ['`create` must be a function']),
    ...FUNCTIONS.filter((key) => !['function', 'undefined'].includes(typeof harness[key])).map(
      (key) => `\`${key}\` must be a function`,
    ),
    ...spawnProblems(harness.spawn),
    ...withoutProblems(harness),
    ...expectFailProblems(harness.expectFail),
    ...(timeScale === undefined || (typeof timeScale === 'number' && timeScale > 0 && timeScale < Infinity)
      ? []
      : ['`timeScale` must be a number above 0']),
    // A hook that is misspelt would count as missing.
    ...(unknown.length > 0
      ? [`a harness has no member ${unknown.map((key) => `\`${key}\``).join(', ')} (it may have ${MEMBERS.join(', ')})`]
      : []),
  ]
}

function spawnProblems(spawn: unknown): string[] {
  if (spawn === undefined) return []
  const { module, exportName } = (spawn ?? {}) as Readonly<Record<string, unknown>>
  const fits = (typeof module === 'string' || module instanceof URL) && typeof exportName === 'string'
  if (!fits) return ['`spawn` must be `{ module, exportName }`']
  // A child process has another idea of what a path is relative to.
  const isWhole = module instanceof URL || isAbsolute(module) || URL.canParse(module)
  return isWhole ? [] : [`\`spawn.module\` must be a URL or an absolute path, such as import.meta.url, not ${module}`]
}

function withoutProblems(harness: Readonly<Record<string, unknown>>): string[] {
  return entriesOf(harness.without, 'without', (hook, reason) => {
    if (!HOOKS.some((known) => known === hook))
      return `\`without\` names \`${hook}\`: the hooks are ${HOOKS.join(', ')}`
    if (harness[hook] !== undefined) return `\`without\` says why there is no \`${hook}\`, but there is one`
    return typeof reason === 'string' && reason !== '' ? null : `\`without.${hook}\` must say why`
  })
}

function expectFailProblems(expectFail: unknown): string[] {
  return entriesOf(expectFail, 'expectFail', (id, reason) => {
    if (!allRules.some((rule) => rule.id === id) && !casesOf(allRules).some((each) => each.id === id))
      return `\`expectFail\` names ${id}, which is no rule`
    return typeof reason === 'string' && reason !== '' ? null : `\`expectFail["${id}"]\` must say why`
  })
}

function entriesOf(value: unknown, name: string, check: (key: string, reason: unknown) => string | null): string[] {
  if (value === undefined) return []
  if (typeof value !== 'object' || value === null) return [`\`${name}\` must be an object`]
  return Object.entries(value).flatMap(([key, reason]) => check(key, reason) ?? [])
}

const LIMIT_MS = 30_000

/** Makes one backend and lets it go again. @throws {Problem} if that fails, or it is of another contract */
export async function tryHarness(harness: Harness): Promise<void> {
  const version = await versionOf(harness)
  if (typeof version !== 'string') return
  const [theirs, ours] = [majorOf(version), majorOf(CONTRACT_VERSION)]
  if (theirs === ours) return
  const upgrade = theirs > ours ? '@flujo-state/conformance' : 'the backend, with @flujo-state/core'
  throw new Problem(
    `${harness.name} is of contract ${version}, this suite of ${CONTRACT_VERSION}: a newer version of ${upgrade} is needed`,
  )
}

const majorOf = (version: string) => Number.parseInt(version, 10)

async function versionOf(harness: Harness): Promise<unknown> {
  const session = await started(harness)
  const version: unknown = session.first.raw.contractVersion
  const problem = await within(session.end(), harness, 'shutdown or destroy')
  if (problem !== null) throw new Problem(`${harness.name}: ${problem}`)
  return version
}

async function started(harness: Harness): Promise<Session> {
  try {
    const session = Session.start(harness, 'first try', { seed: DEFAULT_SEED, thoroughness: 'short' })
    return await within(session, harness, 'create')
  } catch (error) {
    if (error instanceof Problem) throw error
    throw new Problem(`${harness.name}: create failed: ${stackOf(error)}`)
  }
}

function within<T>(pending: Promise<T>, { name, timeScale = 1 }: Harness, what: string): Promise<T> {
  const limitMs = LIMIT_MS * timeScale
  return limited(pending, limitMs, () => new Problem(`${name}: ${what} did not end within ${limitMs} ms`))
}
