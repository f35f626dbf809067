import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cutText, LONGEST_PIECE, SHORTEST_PIECE } from '../../src/rules/cut-text.js'

/** A text of JSON-like content, different for each seed. */
function textOf(seed: number, length: number, alphabet = 'abcdefghij{}[]":,0123456789 '): string {
  let state = seed
  let text = ''
  while (text.length < length) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
    text += alphabet[(state >>> 16) % alphabet.length]
  }
  return text
}

/** How many units stand in pieces of `after` that `before` has not. */
function newUnits(before: string, after: string): number {
  const known = new Set(cutText(before))
  return cutText(after).reduce((sum, piece) => sum + (known.has(piece) ? 0 : piece.length), 0)
}

const MEGABYTE = 2 ** 20

describe('cutText', () => {
  it('gives pieces that make the text again, none too long and none too short but the last', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 0, max: 300_000 }), (seed, length) => {
        const text = textOf(seed, length)
        const pieces = cutText(text)
        expect(pieces.join('')).toBe(text)
        for (const piece of pieces) expect(piece.length).toBeLessThanOrEqual(LONGEST_PIECE + 1)
        for (const piece of pieces.slice(0, -1)) expect(piece.length).toBeGreaterThanOrEqual(SHORTEST_PIECE)
      }),
      { numRuns: 30 },
    )
  })

  it('gives no piece of an empty text', () => {
    expect(cutText('')).toEqual([])
  })

  it('gives pieces of some 24,000 units on average', () => {
    const pieces = cutText(textOf(1, 4 * MEGABYTE))
    const average = (4 * MEGABYTE) / pieces.length
    expect(average).toBeGreaterThan(16_000)
    expect(average).toBeLessThan(40_000)
  })

  it('never cuts a surrogate pair', () => {
    for (const shift of ['', 'x'])
      for (const piece of cutText(shift + '😀'.repeat(300_000))) expect(piece.isWellFormed()).toBe(true)
  })

  it.each(['a change of length at the front', 'one in the middle', 'an end that grows'])(
    'gives nearly the same pieces after %s',
    (change) => {
      const text = textOf(7, MEGABYTE)
      const half = MEGABYTE / 2
      const changed = {
        'a change of length at the front': `{"i":1000,${text}`,
        'one in the middle': `${text.slice(0, half)}something else${text.slice(half + 3)}`,
        'an end that grows': `${text},{"role":"user"}`,
      }[change] as string
      expect(newUnits(text, changed)).toBeLessThanOrEqual(3 * LONGEST_PIECE)
    },
  )

  it('gives few different pieces of a text that repeats itself, wherever it begins', () => {
    const filler = 'x'.repeat(MEGABYTE)
    expect(newUnits(`{"i":9,"big":"${filler}"}`, `{"i":10,"big":"${filler}"}`)).toBeLessThanOrEqual(2 * LONGEST_PIECE)
  })
})
