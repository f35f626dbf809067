import { setImmediate as nextTurn } from 'node:timers/promises'

/** So long a piece of work may have the event loop at a stretch. */
const STRETCH_MS = 5

/** For work of many parts: the event loop gets its turn between two of them as soon as they have taken long enough. */
export class Pace {
  #began = performance.now()

  /** To be awaited between two parts if `isDue`. */
  async rest(): Promise<void> {
    await nextTurn()
    this.#began = performance.now()
  }

  isDue(): boolean {
    return performance.now() - this.#began > STRETCH_MS
  }
}
