/** The last line of a terminal, for what goes on right now; nothing where there is no terminal. */
export class Progress {
  readonly #stream = process.stderr
  readonly #shown = process.stderr.isTTY

  show(text: string): void {
    if (this.#shown) this.#stream.write(`\r\u001b[2K${text.slice(0, this.#stream.columns ?? 80)}`)
  }

  clear(): void {
    if (this.#shown) this.#stream.write('\r\u001b[2K')
  }
}
