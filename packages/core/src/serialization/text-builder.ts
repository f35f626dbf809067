/** More than this is put aside. */
const CHUNK = 16_384

/** What V8's strings can hold. Other engines' hold more, but the text should be readable everywhere. */
const MAX_LENGTH = 2 ** 29 - 24

/**
 * A text in the making. V8 keeps a growing string as a tree of its pieces, which costs several times as much for megabytes as for
 * kilobytes, so this one grows in chunks; looking at a character makes V8 turn the tree of a chunk into a flat string.
 */
export class TextBuilder {
  readonly #chunks: string[] = []
  #chunk = ''
  #length = 0

  /** @throws `RangeError` if the text is longer than a string can be */
  add(piece: string): void {
    this.#length += piece.length
    if (this.#length > MAX_LENGTH) throw new RangeError('Invalid string length')
    this.#chunk += piece
    if (this.#chunk.length > CHUNK) {
      this.#chunk.charCodeAt(0)
      this.#chunks.push(this.#chunk)
      this.#chunk = ''
    }
  }

  toString(): string {
    return this.#chunks.length === 0 ? this.#chunk : this.#chunks.join('') + this.#chunk
  }
}
