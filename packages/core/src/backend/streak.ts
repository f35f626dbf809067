/** So many milliseconds pass at most without a turn of the event loop. */
const LONGEST_MS = 2

/**
 * Tells a caller who waits for each write from several at once: the one goes on in the microtasks behind the write before, with
 * nothing in between, so there is nobody to share a commit with. Others who are waiting for the disk or the network get their turn in time.
 */
export class Streak {
  #goesOn = false
  #begin = 0
  #ends = false

  /** Whether a write that is asked for now follows directly on the one before. */
  goesOn(): boolean {
    return this.#goesOn && performance.now() - this.#begin < LONGEST_MS
  }

  /** After a write that was alone. */
  mayGoOn(): void {
    queueMicrotask(() => {
      this.#goesOn = true
      if (this.#ends) return
      this.#ends = true
      this.#begin = performance.now()
      // Behind all microtasks, however many follow each other.
      process.nextTick(() => {
        this.#ends = false
        this.#goesOn = false
      })
    })
  }
}
