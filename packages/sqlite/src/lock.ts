import { setTimeout as sleep } from 'node:timers/promises'
import type { MaybePromise } from '@flujo-state/core'
import { busy, isBusy, translate } from './errors.js'

/** Waits for locks of others without holding the event loop: SQLite itself is told not to wait. */
export class Lock {
  /** How often somebody had to wait. */
  waits = 0
  readonly #store: string
  readonly #timeoutMs: number
  /** As long as we have waited ourselves of late, others may be waiting now. */
  #contendedUntil = 0
  /** Until then it is their turn. */
  #turnOfOthers = 0

  constructor(store: string, timeoutMs: number) {
    this.#store = store
    this.#timeoutMs = timeoutMs
  }

  /** Does the work at once, or as soon as the lock is free. @throws `BUSY` when the time is over; errors of the driver translated */
  attempt<T>(work: () => T): MaybePromise<T> {
    try {
      return work()
    } catch (error) {
      if (!isBusy(error)) throw translate(error, this.#store)
      return this.#wait(work, error)
    }
  }

  /**
   * The same for writes. Who had to wait lets others in between two writes of its own, for a part of the time that it had the lock.
   * They only ask now and then: a writer that goes on at once gives the lock back for so short a time that they might not meet it
   * free for seconds, if the disk is slow.
   */
  attemptInTurn<T>(work: () => T): MaybePromise<T> {
    const timed = () => {
      const begin = performance.now()
      const result = work()
      const end = performance.now()
      this.#turnOfOthers = end + (end - begin) / 4
      return result
    }
    const now = performance.now()
    const pause = now < this.#contendedUntil ? this.#turnOfOthers - now : 0
    return pause >= 1 ? sleep(pause).then(() => this.attempt(timed)) : this.attempt(timed)
  }

  /** Does the work now or not at all, for callers that cannot wait. */
  attemptNow<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      throw translate(error, this.#store)
    }
  }

  async #wait<T>(work: () => T, firstError: unknown): Promise<T> {
    this.waits += 1
    const deadline = performance.now() + this.#timeoutMs
    let last = firstError
    for (let delay = 1; performance.now() < deadline; delay = Math.min(2 * delay, LONGEST_DELAY)) {
      // Jitter, so that those who wait do not meet again and again.
      const pause = delay * (0.5 + Math.random() / 2)
      await sleep(Math.min(pause, deadline - performance.now()))
      try {
        const result = work()
        this.#contendedUntil = performance.now() + this.#timeoutMs
        return result
      } catch (error) {
        if (!isBusy(error)) throw translate(error, this.#store)
        last = error
      }
    }
    throw busy(last, this.#store, this.#timeoutMs)
  }
}
const LONGEST_DELAY = 2
