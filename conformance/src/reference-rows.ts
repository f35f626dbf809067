/** Rows in plain arrays: how the reference store finds, replaces and sorts them. */
import type { Position, StateQuery } from '@flujo-state/core'

interface OfRun {
  readonly runId: string
}

export function others<R extends OfRun>(rows: readonly R[], runId: string): R[] {
  return rows.filter((row) => row.runId !== runId)
}

/**
 * Where the rows of a table stand, by their key: to look through thousands of them for each takes seconds. An array of rows
 * only grows, at its end, and keeps the key of every place: what takes rows out makes a new array.
 */
export class Places<R> {
  readonly #keyOf: (row: R) => string
  readonly #placesIn = new WeakMap<readonly R[], Map<string, number>>()

  constructor(keyOf: (row: R) => string) {
    this.#keyOf = keyOf
  }

  /** Under null there is none: some units belong to no run. */
  find(rows: readonly R[], key: string | null): R | undefined {
    const place = key === null ? undefined : this.#places(rows).get(key)
    return place === undefined ? undefined : rows[place]
  }

  /** Replaces the row with the same key in place, or adds it at the end. */
  put(rows: R[], row: R): void {
    const place = this.#places(rows).get(this.#keyOf(row))
    if (place === undefined) rows.push(row)
    else rows[place] = row
  }

  patch(rows: R[], key: string, set: Partial<R>): void {
    const row = this.find(rows, key)
    if (row !== undefined) this.put(rows, { ...row, ...set })
  }

  #places(rows: readonly R[]): Map<string, number> {
    const places = this.#placesIn.get(rows) ?? new Map<string, number>()
    this.#placesIn.set(rows, places)
    // Of those that came since, also through another instance.
    for (let place = places.size; place < rows.length; place++) places.set(this.#keyOf(rows[place] as R), place)
    return places
  }
}

interface Listed extends OfRun {
  readonly createdAt: number
  readonly updatedAt: number
}
type Paged = Pick<StateQuery, 'order' | 'from' | 'before' | 'after' | 'limit' | 'offset'>

export const within = (time: number, { from, before }: Paged) =>
  (from === undefined || time >= from) && (before === undefined || time < before)

/** Newest first, ties by run id descending in the order of their UTF-8 bytes. */
function newestFirst(a: Position, b: Position): number {
  return b.time - a.time || Buffer.compare(Buffer.from(b.id), Buffer.from(a.id))
}

export function pageOf<R extends Listed>(
  rows: readonly R[],
  { order, after, offset = 0, limit = rows.length }: Paged,
): R[] {
  const place = (row: R) => ({ time: row[order], id: row.runId })
  return rows
    .filter((row) => after === undefined || newestFirst(place(row), after) > 0)
    .sort((a, b) => newestFirst(place(a), place(b)))
    .slice(offset, offset + limit)
}
