// Everything that a terminal, or a reader's eye, could take for something else than text: control characters (the escape that
// begins a terminal's commands is one), marks that turn the direction of writing, separators, halves of a pair.
const UNPRINTABLE = /[^\P{Cc}\n]|[\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]|\p{Surrogate}/gu

/** The text with everything written out that is no text: what a backend says may hold anything. Lines stay lines. */
export function printable(text: string): string {
  return text.replaceAll(UNPRINTABLE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** The same on one line. */
export const printableLine = (text: string) => printable(text.replaceAll('\n', ' '))
