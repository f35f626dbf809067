/** Colours of a terminal, or none. */
export interface Style {
  good(text: string): string
  bad(text: string): string
  strong(text: string): string
  faint(text: string): string
}

const same = (text: string) => text
const sgr = (on: number, off: number) => (text: string) => `\x1b[${on}m${text}\x1b[${off}m`

export const PLAIN: Style = { good: same, bad: same, strong: same, faint: same }
export const COLOURED: Style = { good: sgr(32, 39), bad: sgr(31, 39), strong: sgr(1, 22), faint: sgr(2, 22) }
