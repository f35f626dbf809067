import { type ErrorCode, isStateBackendError, type StateBackendError } from '@flujo-state/core'
import { difference } from './equality.js'
import { show } from './show.js'

/** What a rule found wrong. Only the assertions throw it: everything else that is thrown is no finding. */
export class AssertionFailure extends Error {
  override readonly name = 'AssertionFailure'
}

/** Each use counts; a rule that asserts nothing is an error. */
export interface Asserts {
  /** Strict deep equality, see `equality.ts`. `what` says what was compared. */
  equal(actual: unknown, expected: unknown, what?: string): void
  ok(condition: unknown, what: string): void
  /** The value, which must be neither null nor undefined. */
  present<T>(value: T, what: string): NonNullable<T>
  /** The two numbers agree within 1e-9 relative: what the contract asks of sums and averages. */
  near(actual: number, expected: number, what?: string): void
  /**
   * The call rejects with a `StateBackendError` of this code (or one of these). `path`: what its `path` must be. A function
   * that throws synchronously has not rejected: that fails too. Gives the error.
   */
  rejects(
    call: Promise<unknown> | (() => unknown),
    code: ErrorCode | readonly ErrorCode[],
    options?: { readonly path?: string; readonly what?: string },
  ): Promise<StateBackendError>
  /** The call does not fail, and gives this: for rules that promise that something is taken. */
  resolves<T>(call: Promise<T>, what: string): Promise<T>
  fail(what: string): never
}

export interface CountingAsserts extends Asserts {
  readonly count: number
}

export function createAsserts(): CountingAsserts {
  let count = 0
  const fail = (message: string): never => {
    throw new AssertionFailure(message)
  }
  const prefix = (what: string | undefined) => (what === undefined ? '' : `${what}: `)
  return {
    get count() {
      return count
    },
    equal(actual, expected, what) {
      count += 1
      const problem = difference(actual, expected)
      if (problem) fail(`${prefix(what)}${problem}\n  expected: ${brief(expected)}\n  actual:   ${brief(actual)}`)
    },
    ok(condition, what) {
      count += 1
      if (!condition) fail(what)
    },
    present(value, what) {
      count += 1
      return value ?? fail(`${what}: expected a value, got ${show(value)}`)
    },
    near(actual, expected, what) {
      count += 1
      const close = Math.abs(actual - expected) <= 1e-9 * Math.max(Math.abs(actual), Math.abs(expected))
      if (!close) fail(`${prefix(what)}expected ${expected} (within 1e-9 relative), got ${show(actual)}`)
    },
    async rejects(call, code, { path, what } = {}) {
      count += 1
      const problem = await rejectionProblem(call, [code].flat(), path)
      return typeof problem === 'string' ? fail(`${prefix(what)}${problem}`) : problem
    },
    async resolves(call, what) {
      count += 1
      try {
        return await call
      } catch (error) {
        return fail(`${what}: the call should be taken, got ${show(error)}`)
      }
    },
    fail(what) {
      count += 1
      return fail(what)
    },
  }
}

// The line above it says where they differ; this is to see what they are.
function brief(value: unknown): string {
  const text = show(value)
  return text.length > 500 ? `${text.slice(0, 500)}…` : text
}

/** The expected error, or what is wrong with what came instead. */
async function rejectionProblem(
  call: Promise<unknown> | (() => unknown),
  codes: readonly ErrorCode[],
  path: string | undefined,
): Promise<StateBackendError | string> {
  const wanted = `expected a rejection with ${codes.join(' or ')}`
  let pending: unknown
  try {
    pending = typeof call === 'function' ? call() : call
  } catch (error) {
    return `${wanted}, but the call threw synchronously: ${show(error)}`
  }
  try {
    return `${wanted}, but the call resolved to ${show(await pending)}`
  } catch (error) {
    if (!isStateBackendError(error)) return `${wanted}, got something that is no StateBackendError: ${show(error)}`
    if (!codes.includes(error.code)) return `${wanted}, got ${show(error)}`
    if (path !== undefined && error.path !== path)
      return `expected the path ${path}, got ${error.path} (${error.message})`
    return error
  }
}
