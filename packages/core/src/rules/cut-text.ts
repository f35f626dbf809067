/**
 * Cuts large texts where their content says so, not at fixed places: after a change somewhere in a text nearly all pieces are the
 * same texts as before, and a store that keeps pieces by their hash writes only the others. The method is a gear hash over
 * the last 32 units (Xia et al., "FastCDC", 2016).
 */

/** In UTF-16 units: no piece is shorter, but the last one. */
export const SHORTEST_PIECE = 8 * 1024
export const LONGEST_PIECE = 64 * 1024
/** A piece may end where these bits of the hash are zero: at one unit in 16,384, on average. */
const CUT_MASK = 0xfffc_0000
/** Spreads a unit over the bits of the hash (2^32 divided by the golden ratio, odd). */
const SPREAD = 0x9e37_79b1

/** The pieces of the text in their order; joined they are the text. No piece ends within a surrogate pair. */
export function cutText(text: string): string[] {
  const pieces: string[] = []
  for (let from = 0; from < text.length; ) {
    const to = endOfPiece(text, from)
    pieces.push(text.slice(from, to))
    from = to
  }
  return pieces
}

function endOfPiece(text: string, from: number): number {
  const longest = Math.min(from + LONGEST_PIECE, text.length)
  let hash = 0
  for (let at = from + SHORTEST_PIECE; at < longest; at++) {
    hash = ((hash << 1) + Math.imul(text.charCodeAt(at) + 1, SPREAD)) | 0
    if ((hash & CUT_MASK) === 0) return pastPair(text, at + 1)
  }
  return pastPair(text, longest)
}

/** The place, or the next one if it is within a surrogate pair. */
function pastPair(text: string, at: number): number {
  const isLow = (text.charCodeAt(at) & 0xfc00) === 0xdc00
  const isAfterHigh = (text.charCodeAt(at - 1) & 0xfc00) === 0xd800
  return isLow && isAfterHigh ? at + 1 : at
}
