/** The time as the runner sees it: for spans, durations and the renewal of leases. Tests hand in one of their own. */
export interface RunnerClock {
  /** Epoch milliseconds, fractions allowed. */
  now(): number
  /** Calls back every `ms` milliseconds, without keeping the process alive; gives the function that ends it. */
  every(ms: number, callback: () => void): () => void
}

// A longer timer would overflow and fire at once.
const LONGEST_TIMER = 2 ** 31 - 1

/** The system's time, in steps finer than a millisecond that never go back while the clock is used. */
export function systemClock(): RunnerClock {
  const origin = Date.now() - performance.now()
  return {
    now: () => origin + performance.now(),
    every(ms, callback) {
      const timer = setInterval(callback, Math.min(ms, LONGEST_TIMER))
      timer.unref()
      return () => clearInterval(timer)
    },
  }
}
