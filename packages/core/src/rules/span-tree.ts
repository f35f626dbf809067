/** Trees of spans, walked with loops: recursion overflows the stack between 1,000 and 10,000 levels. */
import { compareCodePoints } from './order.js'

export interface TreeSpan {
  readonly spanId: string
  readonly parentSpanId: string | null
  readonly startTime: number
  readonly endTime: number | null
}

/** The root that stands over several roots. `saveTrace` knows it by these three and does not store it. */
export const SYNTHETIC_ROOT = { spanId: '', name: 'trace', status: 'synthetic' } as const

export function isSyntheticRoot(node: { spanId?: unknown; name?: unknown; status?: unknown }): boolean {
  return (
    node.spanId === SYNTHETIC_ROOT.spanId && node.name === SYNTHETIC_ROOT.name && node.status === SYNTHETIC_ROOT.status
  )
}

/** By `startTime`, then `spanId` (code points). */
export function bySpanOrder(a: TreeSpan, b: TreeSpan): number {
  return a.startTime - b.startTime || compareCodePoints(a.spanId, b.spanId)
}

/** Every span once, each with its children in order; the roots first to last. */
export interface SpanForest<S extends TreeSpan> {
  readonly roots: readonly S[]
  /** The lists are the caller's own. */
  readonly childrenOf: ReadonlyMap<string, S[]>
}

/** A span without a parent asks for the parent null, which is none. */
type SpansById<S> = ReadonlyMap<string | null, S>

/**
 * Builds the forest. Spans whose parent is unknown are roots; a cycle is cut at its smallest (`startTime`, `spanId`), which
 * becomes a root. No span is lost.
 */
export function buildForest<S extends TreeSpan>(spans: readonly S[]): SpanForest<S> {
  const sorted = [...spans].sort(bySpanOrder)
  const byId: SpansById<S> = new Map(sorted.map((span) => [span.spanId, span]))
  const cuts = findCuts(sorted, byId)
  const roots: S[] = []
  const childrenOf = new Map<string, S[]>()
  for (const span of sorted) {
    const parent = cuts.has(span.spanId) ? undefined : byId.get(span.parentSpanId)
    const siblings = parent && childrenOf.get(parent.spanId)
    if (parent === undefined) roots.push(span)
    else if (siblings) siblings.push(span)
    else childrenOf.set(parent.spanId, [span])
  }
  return { roots, childrenOf }
}

/** The span of each cycle at which it is cut. Every span has one parent at most, so each chain of parents is walked once. */
function findCuts<S extends TreeSpan>(spans: readonly S[], byId: SpansById<S>): Set<string> {
  const cuts = new Set<string>()
  const walkOf = new Map<string, number>()
  spans.forEach((start, walk) => {
    let current: S | undefined = start
    while (current !== undefined && !walkOf.has(current.spanId)) {
      walkOf.set(current.spanId, walk)
      current = byId.get(current.parentSpanId)
    }
    if (current !== undefined && walkOf.get(current.spanId) === walk) cuts.add(smallestOfCycle(current, byId).spanId)
  })
  return cuts
}

function smallestOfCycle<S extends TreeSpan>(member: S, byId: SpansById<S>): S {
  let smallest = member
  let current = byId.get(member.parentSpanId)
  while (current !== undefined && current !== member) {
    if (bySpanOrder(current, smallest) < 0) smallest = current
    current = byId.get(current.parentSpanId)
  }
  return smallest
}

/** The times of the synthetic root: covering its children, open if one of them is. */
export function coveringTimes(roots: readonly TreeSpan[]): { startTime: number; endTime: number | null } {
  let startTime = Number.POSITIVE_INFINITY
  let endTime: number | null = Number.NEGATIVE_INFINITY
  for (const root of roots) {
    startTime = Math.min(startTime, root.startTime)
    endTime = endTime === null || root.endTime === null ? null : Math.max(endTime, root.endTime)
  }
  return { startTime, endTime }
}
