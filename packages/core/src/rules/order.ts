/** The order of all lists: newest time first, ties by id descending, ids compared by code point. */

/**
 * Compares by Unicode code points, as SQLite and Postgres (`COLLATE "C"`) compare UTF-8. JavaScript's `<` compares UTF-16
 * units, which puts U+FFFF before an emoji's surrogates the wrong way round.
 */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return rank(x) - rank(y)
  }
  return a.length - b.length
}

// Moves the surrogates (code points above U+FFFF) behind U+E000–U+FFFF.
function rank(unit: number): number {
  if (unit < 0xd800) return unit
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800
}

export interface Place {
  readonly time: number
  readonly id: string
}

/** For `sort`: newest first, ties by id descending. */
export function newestFirst(a: Place, b: Place): number {
  return b.time - a.time || compareCodePoints(b.id, a.id)
}

/** Whether `place` comes after `position` in a newest-first list. */
export function isBehind(place: Place, position: Place): boolean {
  return newestFirst(place, position) > 0
}
