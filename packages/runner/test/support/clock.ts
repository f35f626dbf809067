import type { RunnerClock } from '@flujo-state/runner'

interface Timer {
  readonly ms: number
  readonly callback: () => void
  due: number
}

/** A clock that stands still until it is told to move; for the runner and, by `date`, for a backend. */
export class ManualClock implements RunnerClock {
  #time = Date.UTC(2026, 10, 22, 12)
  readonly #timers = new Set<Timer>()

  now(): number {
    return this.#time
  }

  readonly date = (): Date => new Date(this.#time)

  every(ms: number, callback: () => void): () => void {
    const timer = { ms, callback, due: this.#time + ms }
    this.#timers.add(timer)
    return () => void this.#timers.delete(timer)
  }

  get timers(): number {
    return this.#timers.size
  }

  /** Moves on, firing what is due on the way; waits after each for what it began. */
  async advance(ms: number): Promise<void> {
    const end = this.#time + ms
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#time = next.due
      next.due += next.ms
      next.callback()
      await settled()
    }
    this.#time = end
  }

  /** Moves on as for a process that stands still: no timer fires. */
  freeze(ms: number): void {
    this.#time += ms
    for (const timer of this.#timers) timer.due = this.#time + timer.ms
  }

  #next(end: number): Timer | undefined {
    return [...this.#timers].filter(({ due }) => due <= end).sort((a, b) => a.due - b.due)[0]
  }
}

/** After everything that is under way and needs no input or output has happened. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
}
