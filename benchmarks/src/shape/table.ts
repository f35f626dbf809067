import { type Column, rate, tableHead, tableRow } from '../harness/table.js'
import type { ShapeResult } from './shape.js'

const COLUMNS: readonly Column[] = [
  { title: 'counted', width: 34 },
  { title: 'where', width: 6 },
  { title: 'statements', width: 10, align: 'right' },
  { title: 'syncs', width: 6, align: 'right' },
  { title: 'bytes', width: 9, align: 'right' },
  { title: 'shape', width: 24 },
]

/** 99 characters wide. */
export function shapeTable(results: readonly ShapeResult[]): string {
  const show = (value: number | null) => (value === null ? '–' : rate(value))
  const rows = results.map(({ operation, place, counts: { statements, syncs, bytes }, problem }) =>
    tableRow(COLUMNS, [
      operation,
      place,
      show(statements),
      show(syncs),
      show(bytes),
      problem === null ? '✓' : `✗ ${problem}`,
    ]),
  )
  return [tableHead(COLUMNS), ...rows].join('\n')
}
