import { isStateBackendError } from '@flujo-state/core'
import pRetry from 'p-retry'
import { checkAmount, checkFields, checkFunction, refuse } from './check.js'

/** How often a failed step is tried again before its run fails. Waits grow from `minTimeout` by `factor` up to `maxTimeout`. */
export interface RetryPolicy {
  /** How many times after the first; an integer of at least 0. */
  readonly retries: number
  /** 2 unless given. */
  readonly factor?: number
  /** Milliseconds before the first retry; 1,000 unless given. */
  readonly minTimeout?: number
  /** Milliseconds; no limit unless given. */
  readonly maxTimeout?: number
  /** No attempt begins later than this many milliseconds after the first; no limit unless given. */
  readonly maxRetryTime?: number
  /** Stretch each wait by a random factor of 1 to 2. */
  readonly randomize?: boolean
  /** Whether this failure (what the step threw) is worth another attempt; all are unless given. */
  readonly shouldRetry?: (thrown: unknown) => boolean
}

const AMOUNTS = ['factor', 'minTimeout', 'maxTimeout', 'maxRetryTime'] as const

/** @throws `VALIDATION` */
export function checkRetryPolicy(policy: unknown, path: string): void {
  const fields = checkFields(policy, path, ['retries', ...AMOUNTS, 'randomize', 'shouldRetry'])
  const { retries, randomize, shouldRetry } = fields
  if (!Number.isSafeInteger(retries) || (retries as number) < 0)
    refuse(`${path}.retries`, 'expected an integer of at least 0')
  for (const name of AMOUNTS) if (fields[name] !== undefined) checkAmount(fields[name], `${path}.${name}`)
  if (randomize !== undefined && typeof randomize !== 'boolean') refuse(`${path}.randomize`, 'expected true or false')
  if (shouldRetry !== undefined) checkFunction(shouldRetry, `${path}.shouldRetry`)
}

/** What an attempt threw, whatever it was: p-retry takes Errors only, and gives up at a TypeError. */
class Failure extends Error {
  readonly thrown: unknown
  constructor(thrown: unknown) {
    super('attempt failed')
    this.thrown = thrown
  }
}

export interface Attempts {
  readonly policy: RetryPolicy | undefined
  /** Ends the waits between attempts. An attempt that succeeds although this has aborted counts. */
  readonly signal: AbortSignal
  /** What is no failure but a decision, and ends the attempts whatever the policy says. */
  readonly isFinal: (thrown: unknown) => boolean
  readonly onFailure: (thrown: unknown, attempt: number, retriesLeft: number) => void
}

/** Calls `attempt` with 1, 2, … until it succeeds. Throws what the last attempt threw, as it was. */
export async function withRetries<T>(attempt: (number: number) => Promise<T>, how: Attempts): Promise<T> {
  const { policy, signal, isFinal, onFailure } = how
  const { shouldRetry = () => true, ...waits } = policy ?? { retries: 0 }
  const succeeded: T[] = []
  let last: Failure | null = null
  const tryOnce = async (number: number) => {
    try {
      succeeded.push(await attempt(number))
    } catch (thrown) {
      last = new Failure(thrown)
      throw last
    }
  }
  const thrownIn = (error: Error) => (error instanceof Failure ? error.thrown : error)
  try {
    await pRetry(tryOnce, {
      ...waits,
      signal,
      onFailedAttempt: ({ error, attemptNumber, retriesLeft }) => {
        if (!isFinal(thrownIn(error))) onFailure(thrownIn(error), attemptNumber, retriesLeft)
      },
      shouldRetry: ({ error }) => !isFinal(thrownIn(error)) && shouldRetry(thrownIn(error)),
    })
  } catch (error) {
    if (succeeded.length === 0) throw last === null ? error : (last as Failure).thrown
  }
  return succeeded[0] as T
}

/** Makes a write again, for about three seconds, while the store says that the same call may yet succeed (`BUSY`). */
export async function persist<T>(write: () => Promise<T>): Promise<T> {
  return pRetry(write, {
    retries: 5,
    minTimeout: 100,
    shouldRetry: ({ error }) => isStateBackendError(error) && error.retryable,
  })
}
