/** Text tables of fixed columns, printed row by row as the figures come. */
import type { ContestResult } from './measure.js'

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

/** What stands in a line of the table. */
interface Cells {
  readonly name: string
  readonly control: string
  readonly ours: string
  readonly ratio: string
  readonly spread: string
  readonly target: string
}

/** A line for ours, and one for every further side, under the name of that side. */
export function contestCells({ work, target, sides }: ContestResult): Cells[] {
  const { control, ...others } = sides
  return Object.entries(others).map(([name, { opsPerSecond, ratio }]) => {
    const isOurs = name === 'ours'
    return {
      name: isOurs ? work : `  ${name}`,
      control: rate(control?.opsPerSecond.median ?? Number.NaN),
      ours: rate(opsPerSecond.median),
      ratio: factor(ratio.median),
      spread: `${factor(ratio.min)}–${factor(ratio.max)}`,
      target: isOurs && target !== null ? `${ratio.median >= target ? '✓' : '✗'} ${target}` : '',
    }
  })
}

/** The lines of a contest; for runs of steps, also how their cost grows. */
export function contestRows(result: ContestResult): string[] {
  const { place } = result
  const rows = contestCells(result).map(({ name, control, ours, ratio, spread, target }) =>
    tableRow(COLUMNS, [name, place, control, ours, ratio, spread, target]),
  )
  const growth = stepGrowth(result)
  if (growth === null) return rows
  const { name, control, ours, ratio, target } = growth
  return [...rows, tableRow(COLUMNS, [`  ${name}`, place, control, ours, ratio, '', target])]
}

/** Milliseconds at an early step and at the last one, of control and ours, and by what factor ours grow. */
export function stepGrowth({ sides, mayGrow }: ContestResult): Cells | null {
  if (mayGrow === null) return null
  const names = Object.keys(sides.ours?.figures ?? {})
  const timesOf = (side: string) => names.map((name) => sides[side]?.figures[name] ?? Number.NaN)
  const shown = (side: string) =>
    timesOf(side)
      .map((time) => time.toFixed(2))
      .join('→')
  const [early = Number.NaN, late = Number.NaN] = timesOf('ours')
  const steps = names.map((name) => Number(name.replace('msAtStep', '')).toLocaleString('en'))
  return {
    name: `ms at step ${steps.join(' and ')}`,
    control: shown('control'),
    ours: shown('ours'),
    ratio: factor(late / early),
    spread: '',
    target: `${late / early <= mayGrow ? '✓' : '✗'} ${mayGrow}`,
  }
}

export function rate(perSecond: number): string {
  return perSecond.toLocaleString('en', { maximumFractionDigits: perSecond < 100 ? 1 : 0 })
}

function factor(value: number): string {
  return value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)
}
