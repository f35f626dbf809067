import { newestFirst, type Place } from '../rules/order.js'

/** An entry of a newest-first list. Its value may be exchanged, its place may not. */
export interface Entry<T> extends Place {
  value: T
}

/** So many entries share an array: what an insertion in the middle moves. */
const FULL = 512

/**
 * Entries in order, in a row of short arrays: adding, removing and finding cost the same however many there are, and adding the
 * newest, which is nearly always what is added, next to nothing.
 */
export class SortedPlaces<T> {
  /** The oldest first; none is empty. */
  readonly #chunks: Entry<T>[][] = []

  /** No two entries have one place. */
  add(time: number, id: string, value: T): Entry<T> {
    const entry = { time, id, value }
    const last = this.#chunks.at(-1)
    const newest = last?.at(-1)
    if (last === undefined || newest === undefined || (isOlder(newest, entry) && last.length === FULL))
      this.#chunks.push([entry])
    else if (isOlder(newest, entry)) last.push(entry)
    else this.#insert(entry)
    return entry
  }

  #insert(entry: Entry<T>): void {
    const { at, index } = this.#find(entry)
    const chunk = this.#chunks[at] as Entry<T>[]
    chunk.splice(index, 0, entry)
    if (chunk.length > FULL) this.#chunks.splice(at + 1, 0, chunk.splice(FULL / 2))
  }

  /** An entry that is not there any more changes nothing. */
  remove(entry: Entry<T>): void {
    const { at, index } = this.#find(entry)
    const chunk = this.#chunks[at]
    if (chunk?.[index] !== entry) return
    chunk.splice(index, 1)
    const next = this.#chunks[at + 1]
    if (chunk.length === 0) this.#chunks.splice(at, 1)
    else if (next !== undefined && chunk.length + next.length < FULL / 2) {
      chunk.push(...next)
      this.#chunks.splice(at + 1, 1)
    }
  }

  /** How many entries have `from <= time`. */
  countFrom(from: number): number {
    const { at, index } = this.#find({ time: from, id: '' })
    let count = 0
    for (let i = at; i < this.#chunks.length; i++) count += this.#chunks[i]?.length ?? 0
    return count - index
  }

  /** The values behind `after` (or from the newest on) with `from <= time < before`. Not to be changed meanwhile. */
  *walk(bounds: {
    readonly after?: Place | undefined
    readonly from?: number | undefined
    readonly before?: number | undefined
  }): Generator<T, void, undefined> {
    const { after, from = Number.NEGATIVE_INFINITY, before = Number.POSITIVE_INFINITY } = bounds
    // No id is smaller than the empty text, so (before, '') is where the times before `before` begin.
    const begin = this.#find(after !== undefined && after.time < before ? after : { time: before, id: '' })
    let index = begin.index
    for (let at = begin.at; at >= 0; at--) {
      const chunk = this.#chunks[at] ?? []
      while (--index >= 0) {
        const entry = chunk[index] as Entry<T>
        if (entry.time < from) return
        yield entry.value
      }
      index = this.#chunks[at - 1]?.length ?? 0
    }
  }

  /** Where the first entry stands that is not older than the place; behind the last chunk if there is none. */
  #find(place: Place): { at: number; index: number } {
    const at = firstIndex(this.#chunks, (chunk) => !isOlder(chunk.at(-1) as Entry<T>, place))
    const index = firstIndex(this.#chunks[at] ?? [], (entry) => !isOlder(entry, place))
    return { at, index }
  }
}

const isOlder = (a: Place, b: Place) => newestFirst(a, b) > 0

/** The first index from which `holds` is true; it is false before and true after. */
function firstIndex<T>(sorted: readonly T[], holds: (item: T) => boolean): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (holds(sorted[middle] as T)) high = middle
    else low = middle + 1
  }
  return low
}
