import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { escapeText, unescapeText } from '../../src/serialization/index.js'
import { text } from './arbitraries.js'

const MARKER = '$flujo-text:'
const anyText = fc.oneof(
  text,
  fc.tuple(fc.constantFrom('', MARKER, MARKER + MARKER, `${MARKER}"`), text).map((parts) => parts.join('')),
)

describe('escapeText', () => {
  it('leaves what any database keeps as it is', () => {
    for (const kept of ['', 'x', 'multi\nline\t"quoted" \\u0000', '😀', 'a $flujo-text: in the middle', '\u0001\ufffe'])
      expect(escapeText(kept)).toBe(kept)
  })

  it('escapes NUL, lone surrogates and its own marker', () => {
    expect(escapeText('a\0b')).toBe(`${MARKER}"a\\u0000b"`)
    expect(escapeText('\ud83d')).toBe(`${MARKER}"\\ud83d"`)
    expect(escapeText(MARKER)).toBe(`${MARKER}"${MARKER}"`)
  })

  it('gives well-formed text without NUL, and unescapeText gives every string back', () => {
    fc.assert(
      fc.property(anyText, (original) => {
        const escaped = escapeText(original)
        return escaped.isWellFormed() && !escaped.includes('\0') && unescapeText(escaped) === original
      }),
      { numRuns: 2_000 },
    )
  })

  it('different strings stay different', () => {
    fc.assert(fc.property(anyText, anyText, (a, b) => (a === b) === (escapeText(a) === escapeText(b))))
  })
})

it.each(['', '"a', '1', 'null', '"plain"', '["\\u0000"]', '"\\u0000" ', '"\\u0000', '"\\u0061\\u0000"'])(
  'a damaged escaped text is refused: %j',
  (rest) => {
    expect(() => unescapeText(MARKER + rest)).toThrow(expect.objectContaining({ code: 'DESERIALIZATION' }))
  },
)
