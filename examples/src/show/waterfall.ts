import type { SpanNode } from '@flujo-state/sqlite'
import { COLUMNS, clip, duration, paint } from './text.js'

const NAME = 24
const END = 12
const BAR = COLUMNS - NAME - END - 2

/** The spans of a trace, one a line, each with a bar where it lay in time. */
export function waterfall(root: SpanNode): string[] {
  const rows = inOrder(root)
  const begin = root.startTime
  const end = Math.max(...rows.map(({ span }) => span.endTime ?? span.startTime))
  const place = (time: number) => Math.min(BAR - 1, Math.floor(((time - begin) / Math.max(1, end - begin)) * BAR))
  return rows.map(({ span, depth }) => {
    const from = place(span.startTime)
    const to = span.endTime === null ? from : place(span.endTime)
    const bar = span.endTime === null ? '×' : '━'.repeat(to - from + 1)
    const name = clip(`${'  '.repeat(depth)}${span.name}`, NAME).padEnd(NAME)
    const line = `${' '.repeat(from)}${paint(colorOf(span), bar)}${' '.repeat(BAR - from - Math.max(1, to - from + 1))}`
    return `${name} ${line} ${labelOf(span).padStart(END)}`
  })
}

/** Depth first, with a loop: traces can be deep. */
function inOrder(root: SpanNode): { span: SpanNode; depth: number }[] {
  const rows: { span: SpanNode; depth: number }[] = []
  const pending = [{ span: root, depth: 0 }]
  for (let row = pending.pop(); row !== undefined; row = pending.pop()) {
    rows.push(row)
    const { depth } = row
    pending.push(...row.span.children.map((span) => ({ span, depth: depth + 1 })).reverse())
  }
  return rows
}

function labelOf({ status, startTime, endTime }: SpanNode): string {
  if (endTime === null) return status
  return status === 'paused' ? 'paused' : duration(endTime - startTime)
}

function colorOf({ status }: SpanNode) {
  if (status === 'interrupted' || status === 'failed') return 'red'
  return status === 'paused' ? 'yellow' : 'cyan'
}
