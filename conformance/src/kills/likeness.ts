/** A store against the model of it, where nobody knows which numbers it gave out. */
import type { StateBackend } from '@flujo-state/core'
import type { RuleContext } from '../context.js'
import type { Dump } from '../dump.js'
import { difference } from '../equality.js'
import { expectedDump } from '../model/expected-dump.js'
import { literal } from '../model/literal.js'
import { completed } from './completed.js'
import { modelAfter, type Step } from './script.js'

/** What is the store's own choice, and no text that it made up itself. */
const OWN_CHOICE = new Set(['version', 'fence', 'evaluationId'])

/** The dump without what the store chose itself: versions, fences, ids of evaluations, words of errors. */
function comparable(dump: Dump): unknown {
  return strip(dump)
}

function strip(value: unknown, key = ''): unknown {
  if (OWN_CHOICE.has(key)) return 'any'
  if (key === 'backgroundError' && typeof value === 'string' && value !== '') return 'any text'
  if (Array.isArray(value)) return value.map((item) => strip(item))
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, strip(item, name)]))
}

/**
 * How many of the steps are done in the store: one of these numbers, and no other. The store's dump must be that of the model
 * after as many.
 */
export async function stepsDone(
  t: RuleContext,
  backend: StateBackend,
  steps: readonly Step[],
  candidates: readonly number[],
  what: string,
): Promise<number> {
  const now = () => t.clock.now()
  const runIds = new Set(steps.flatMap(({ call }) => runIdOf(call.args[0])))
  const actual = comparable(await completed(t, t.dump(backend, [...runIds]), `${what}: to read the store`))
  const problems = candidates.map((count) => {
    const expected = comparable(expectedDump(modelAfter(steps.slice(0, count), now), now()))
    return { count, problem: difference(actual, expected) }
  })
  const found = problems.find(({ problem }) => problem === null)
  const last = candidates.at(-1) ?? 0
  const lines = problems.map(({ count, problem }) => `\n  not the store after ${count} calls: ${problem}`)
  const shown = steps.slice(Math.max(last - 2, 0), last).map(({ call }) => `\n  ${showCall(call)}`)
  t.assert.ok(found !== undefined, `${what}:${lines.join('')}\n  the last calls:${shown.join('')}`)
  return found?.count ?? 0
}

function runIdOf(argument: unknown): string[] {
  if (typeof argument === 'string') return [argument]
  const isRecord = typeof argument === 'object' && argument !== null && 'runId' in argument
  return isRecord ? [String(argument.runId)] : []
}

function showCall({ method, args }: Step['call']): string {
  const text = `${method}(${args.map(literal).join(', ')})`
  return text.length > 300 ? `${text.slice(0, 300)}…` : text
}
