/** Text for a terminal of 80 columns. */
export const COLUMNS = 80

/** Colours only on a terminal, and never against NO_COLOR (no-color.org). */
export function wantsColor(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): boolean {
  return stream.isTTY === true && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb'
}

const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const
const colored = wantsColor(process.stdout, process.env)

export function paint(color: keyof typeof CODES, text: string): string {
  return colored ? `\u001b[${CODES[color]}m${text}\u001b[0m` : text
}

/** At most `width` characters; what is cut off is shown by an ellipsis. */
export function clip(text: string, width: number): string {
  const characters = [...text]
  return characters.length <= width ? text : `${characters.slice(0, width - 1).join('')}…`
}

/** Words in lines of at most `width` characters. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

export interface Column {
  readonly title: string
  readonly width: number
  readonly right?: boolean
}

/** A table whose lines are as wide as its columns and two spaces between them. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) =>
    columns
      .map(({ width, right }, index) => {
        const cell = clip(cells[index] ?? '', width)
        return right ? cell.padStart(width) : cell.padEnd(width)
      })
      .join('  ')
      .trimEnd()
  return [paint('dim', line(columns.map(({ title }) => title))), ...rows.map(line)]
}

/** A duration in milliseconds, in at most 8 characters. */
export function duration(ms: number | null): string {
  if (ms === null) return '-'
  if (ms < 10) return `${ms.toFixed(1)} ms`
  return ms < 1_000 ? `${ms.toFixed(0)} ms` : `${(ms / 1_000).toFixed(2)} s`
}
