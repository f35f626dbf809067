import { type Column, rate, tableHead, tableRow } from '../harness/table.js'
import type { BoundResult } from './bound.js'

const COLUMNS: readonly Column[] = [
  { title: 'bounded', width: 42 },
  { title: 'where', width: 13 },
  { title: 'figures', width: 28, align: 'right' },
  { title: 'limit', width: 10, align: 'right' },
]

/** 99 characters wide. */
export const boundHead = (): string => tableHead(COLUMNS)

export function boundRow(result: BoundResult): string {
  const { what, place, limit, problem } = result
  return tableRow(COLUMNS, [what, place, figuresText(result), limit === null ? '' : `${problem ? '✗' : '✓'} ${limit}`])
}

export function figuresText({ figures, unit }: BoundResult): string {
  const values = Object.entries(figures).map(([name, value]) => `${name} ${rate(value)}`)
  return `${values.join(', ')} ${unit}`
}
