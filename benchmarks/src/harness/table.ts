/** Text tables of fixed columns, printed row by row as the figures come. */
import type { ContestResult } from './measure.js'
import type { Spread } from './statistics.js'

export interface Column {
  readonly title: string
  readonly width: number
  /** Where the text stands; numbers stand right. */
  readonly align?: 'right' | undefined
}

export function tableRow(columns: readonly Column[], cells: readonly string[]): string {
  const padded = columns.map(({ width, align }, index) => {
    const cell = cells[index] ?? ''
    return align === 'right' ? cell.padStart(width) : cell.padEnd(width)
  })
  return padded.join('  ').trimEnd()
}

export function tableHead(columns: readonly Column[]): string {
  const titles = tableRow(
    columns,
    columns.map(({ title }) => title),
  )
  return `${titles}\n${columns.map(({ width }) => '-'.repeat(width)).join('  ')}`
}

/** 99 characters wide. */
export const COLUMNS: readonly Column[] = [
  { title: 'work', width: 32 },
  { title: 'where', width: 13 },
  { title: 'control/s', width: 9, align: 'right' },
  { title: 'ours/s', width: 9, align: 'right' },
  { title: 'ratio', width: 6, align: 'right' },
  { title: 'spread', width: 11, align: 'right' },
  { title: 'target', width: 7, align: 'right' },
]

/** A line for ours, and one for every further side, under the name of that side. */
export function contestRows({ work, place, target, sides }: ContestResult): string[] {
  const { control, ...others } = sides
  return Object.entries(others).map(([name, { opsPerSecond, ratio }]) => {
    const isOurs = name === 'ours'
    const wanted = isOurs && target !== null ? `${ratio.median >= target ? '✓' : '✗'} ${target}` : ''
    const speeds = [rate(control?.opsPerSecond.median ?? Number.NaN), rate(opsPerSecond.median)]
    const cells = [isOurs ? work : `  ${name}`, place, ...speeds, factor(ratio.median), spread(ratio), wanted]
    return tableRow(COLUMNS, cells)
  })
}

export function rate(perSecond: number): string {
  return perSecond.toLocaleString('en', { maximumFractionDigits: perSecond < 100 ? 1 : 0 })
}

function factor(value: number): string {
  return value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)
}

function spread({ min, max }: Spread): string {
  return `${factor(min)}–${factor(max)}`
}
