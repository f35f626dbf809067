/** What of a text or a list has changed: what stays at its beginning and at its end, and what is new in between. */

export interface Kept {
  /** So many characters or items at the beginning stay. */
  readonly head: number
  /** So many at the end stay. */
  readonly tail: number
}

/** Characters that are compared at once: slices share the text, so that it is memory that is compared. */
const SLICE = 4096

/** What two texts have in common at both ends. It may end within a surrogate pair: JSON strings escape halves, so they come back. */
export function keptOfText(before: string, after: string): Kept {
  const shorter = Math.min(before.length, after.length)
  const head = sameHead(before, after, shorter)
  return { head, tail: sameTail(before, after, shorter - head) }
}

function sameHead(before: string, after: string, most: number): number {
  let same = 0
  for (let end = SLICE; end <= most; end += SLICE) {
    if (before.slice(same, end) !== after.slice(same, end)) break
    same = end
  }
  while (same < most && before.charCodeAt(same) === after.charCodeAt(same)) same += 1
  return same
}

function sameTail(before: string, after: string, most: number): number {
  let same = 0
  const slice = (text: string) => text.slice(text.length - same - SLICE, text.length - same)
  while (same + SLICE <= most && slice(before) === slice(after)) same += SLICE
  const character = (text: string) => text.charCodeAt(text.length - 1 - same)
  while (same < most && character(before) === character(after)) same += 1
  return same
}

export function keptOfList(before: readonly string[], after: readonly string[]): Kept {
  const shorter = Math.min(before.length, after.length)
  let head = 0
  while (head < shorter && before[head] === after[head]) head += 1
  let tail = 0
  while (tail < shorter - head && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1
  return { head, tail }
}
