import { newestFirst, type Place } from '../rules/order.js'

/** An entry of a newest-first list. An entry that is dead is passed over and, in time, dropped. */
export interface Entry<T> extends Place {
  readonly value: T
  dead: boolean
}

/** So few dead entries are not worth a mending. */
const FEW = 32

/**
 * Entries newest first, ties by id descending. Adding and removing cost nothing at once: the order is mended by the next walk,
 * or when most entries are dead, in one pass.
 */
export class SortedPlaces<T> {
  #sorted: Entry<T>[] = []
  #added: Entry<T>[] = []
  #dead = 0

  add(time: number, id: string, value: T): Entry<T> {
    const entry = { time, id, value, dead: false }
    this.#added.push(entry)
    return entry
  }

  remove(entry: Entry<T>): void {
    if (entry.dead) return
    entry.dead = true
    this.#dead += 1
    // Also when nobody walks: what is dead never outweighs what lives, and each mending is paid for by as many removals.
    if (this.#dead >= FEW && this.#dead * 2 > this.length) this.#mend()
  }

  /** How many entries are held, the dead ones included. */
  get length(): number {
    return this.#sorted.length + this.#added.length
  }

  /** The living values behind `after` (or from the newest on) with `from <= time < before`. */
  *walk(bounds: {
    readonly after?: Place | undefined
    readonly from?: number | undefined
    readonly before?: number | undefined
  }): Generator<T, void, undefined> {
    this.#mend()
    const { after, from = Number.NEGATIVE_INFINITY, before = Number.POSITIVE_INFINITY } = bounds
    const sorted = this.#sorted
    const begin = Math.max(
      firstIndex(sorted, (entry) => entry.time < before),
      after === undefined ? 0 : firstIndex(sorted, (entry) => newestFirst(entry, after) > 0),
    )
    for (let index = begin; index < sorted.length; index++) {
      const entry = sorted[index] as Entry<T>
      if (entry.time < from) return
      if (!entry.dead) yield entry.value
    }
  }

  #mend(): void {
    if (this.#added.length === 0 && this.#dead * 2 <= this.#sorted.length) return
    const living = this.#dead === 0 ? this.#sorted : this.#sorted.filter((entry) => !entry.dead)
    const added = this.#added.filter((entry) => !entry.dead).sort(newestFirst)
    this.#sorted = added.length === 0 ? living : merge(living, added)
    this.#added = []
    this.#dead = 0
  }
}

/** The first index from which `holds` is true; it is false before and true after. */
function firstIndex<T>(sorted: readonly Entry<T>[], holds: (entry: Entry<T>) => boolean): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (holds(sorted[middle] as Entry<T>)) high = middle
    else low = middle + 1
  }
  return low
}

function merge<T>(a: readonly Entry<T>[], b: readonly Entry<T>[]): Entry<T>[] {
  const merged: Entry<T>[] = []
  let i = 0
  for (const entry of b) {
    while (i < a.length && newestFirst(a[i] as Entry<T>, entry) < 0) merged.push(a[i++] as Entry<T>)
    merged.push(entry)
  }
  while (i < a.length) merged.push(a[i++] as Entry<T>)
  return merged
}
