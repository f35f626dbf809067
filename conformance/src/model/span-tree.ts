import type { Span, SpanNode } from '@flujo-state/core'

const byOrder = (a: Span, b: Span) =>
  a.startTime - b.startTime || Buffer.compare(Buffer.from(a.spanId), Buffer.from(b.spanId))

/** The tree that the contract describes, the long way round: for each span its ancestors are looked for anew. */
export function expectedTrace(spans: readonly Span[]): SpanNode | null {
  const sorted = [...spans].sort(byOrder)
  const find = (spanId: string | null) => sorted.find((span) => span.spanId === spanId)
  const cycleOf = (span: Span): Span[] => {
    const chain = [span]
    for (let parent = find(span.parentSpanId); parent; parent = find(parent.parentSpanId)) {
      if (parent === span) return chain
      // A cycle further up is none of this span's.
      if (chain.includes(parent)) return []
      chain.push(parent)
    }
    return []
  }
  const isRoot = (span: Span) => find(span.parentSpanId) === undefined || [...cycleOf(span)].sort(byOrder)[0] === span
  const node = (span: Span): SpanNode => ({
    ...span,
    children: sorted.filter((child) => child.parentSpanId === span.spanId && !isRoot(child)).map(node),
  })
  const roots = sorted.filter(isRoot).map(node)
  return roots.length > 1 ? under(roots) : (roots[0] ?? null)
}

function under(children: SpanNode[]): SpanNode {
  const ends = children.map(({ endTime }) => endTime)
  return {
    spanId: '',
    parentSpanId: null,
    name: 'trace',
    status: 'synthetic',
    startTime: Math.min(...children.map(({ startTime }) => startTime)),
    endTime: ends.includes(null) ? null : Math.max(...ends.map(Number)),
    attributes: {},
    events: [],
    children,
  }
}
