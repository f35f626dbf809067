import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  buildForest,
  bySpanOrder,
  coveringTimes,
  isSyntheticRoot,
  type SpanForest,
  SYNTHETIC_ROOT,
  type TreeSpan,
} from '../../src/rules/span-tree.js'

const span = (spanId: string, parentSpanId: string | null, startTime = 0): TreeSpan => ({
  spanId,
  parentSpanId,
  startTime,
  endTime: null,
})

const ids = (spans: readonly TreeSpan[]) => spans.map(({ spanId }) => spanId)
const childIds = ({ childrenOf }: SpanForest<TreeSpan>, spanId: string) => ids(childrenOf.get(spanId) ?? [])

/** All spans that are reached from the roots, each as often as it is reached. */
function reached({ roots, childrenOf }: SpanForest<TreeSpan>): string[] {
  const found: string[] = []
  const pending = [...roots]
  for (let span = pending.pop(); span !== undefined; span = pending.pop()) {
    found.push(span.spanId)
    pending.push(...(childrenOf.get(span.spanId) ?? []))
  }
  return found
}

/** The spans that are members of a cycle, by walking as many parents as there are spans. */
function members(spans: readonly TreeSpan[]): Set<string> {
  const parentOf = new Map(spans.map(({ spanId, parentSpanId }) => [spanId, parentSpanId]))
  const inCycle = ({ spanId }: TreeSpan) => {
    let current = parentOf.get(spanId) ?? null
    for (let step = 0; step < spans.length && current !== null && current !== spanId; step++)
      current = parentOf.get(current) ?? null
    return current === spanId
  }
  return new Set(ids(spans.filter(inCycle)))
}

/** Up to nine spans with few times, whose parents are one another, unknown, or none. */
const anySpans: fc.Arbitrary<TreeSpan[]> = fc.integer({ min: 0, max: 9 }).chain((length) =>
  fc.tuple(
    ...Array.from({ length }, (_, index) =>
      fc.record({
        spanId: fc.constant(`s${index}`),
        parentSpanId: fc.option(fc.integer({ min: 0, max: length + 1 }).map((parent) => `s${parent}`)),
        startTime: fc.integer({ min: 0, max: 2 }),
        endTime: fc.option(fc.integer({ min: 2, max: 4 })),
      }),
    ),
  ),
)

describe('buildForest', () => {
  it('loses no span and shows none twice, whatever the parents are', () => {
    const holds = (spans: TreeSpan[]) => {
      expect(reached(buildForest(spans)).sort()).toEqual(ids(spans).sort())
    }
    fc.assert(fc.property(anySpans, holds), { numRuns: 2000 })
  })

  it('keeps every parent but those of roots: no parent, an unknown one, or the smallest of its cycle', () => {
    const holds = (spans: TreeSpan[]) => {
      const forest = buildForest(spans)
      const known = new Set(ids(spans))
      const cyclic = members(spans)
      const roots = new Set(ids(forest.roots))
      for (const one of spans) {
        const { spanId, parentSpanId } = one
        if (!roots.has(spanId)) expect(childIds(forest, parentSpanId ?? '')).toContain(spanId)
        else if (parentSpanId !== null && known.has(parentSpanId)) {
          expect(cyclic).toContain(spanId)
          const cycle = cycleOf(one, spans)
          expect(cycle.every((other) => bySpanOrder(one, other) <= 0)).toBe(true)
        }
      }
      // Each cycle is cut once.
      const cuts = spans.filter(({ spanId }) => roots.has(spanId) && cyclic.has(spanId))
      const cycles = new Set(
        [...cyclic].map((id) => cycleKey(spans.find(({ spanId }) => spanId === id) as TreeSpan, spans)),
      )
      expect(cuts.length).toBe(cycles.size)
    }
    fc.assert(fc.property(anySpans, holds), { numRuns: 2000 })
  })

  it('does not depend on the order in which the spans come', () => {
    const shuffled = anySpans.chain((spans) =>
      fc.tuple(fc.constant(spans), fc.shuffledSubarray(spans, { minLength: spans.length, maxLength: spans.length })),
    )
    const holds = ([spans, others]: [TreeSpan[], TreeSpan[]]) => {
      expect(buildForest(others)).toEqual(buildForest(spans))
    }
    fc.assert(fc.property(shuffled, holds), { numRuns: 500 })
  })

  it('puts roots and children by start time, then by span id in code-point order', () => {
    const forest = buildForest([
      span('root', null),
      span('\u{1f600}', 'root', 1),
      span('\ufffd', 'root', 1),
      span('z', 'root', 0),
      span('a', 'root', 2),
      span('b', 'root', 1.5),
      span('first', null, -1),
    ])
    expect(ids(forest.roots)).toEqual(['first', 'root'])
    expect(childIds(forest, 'root')).toEqual(['z', '\ufffd', '\u{1f600}', 'b', 'a'])
  })

  it('makes a root of a span that is its own parent', () => {
    const forest = buildForest([span('a', 'a'), span('b', 'a')])
    expect(ids(forest.roots)).toEqual(['a'])
    expect(childIds(forest, 'a')).toEqual(['b'])
  })

  it('cuts a cycle at its smallest member, not at what hangs on it', () => {
    const forest = buildForest([span('tail', 'a', 0), span('a', 'b', 2), span('b', 'c', 1), span('c', 'a', 1)])
    expect(ids(forest.roots)).toEqual(['b'])
    expect(childIds(forest, 'b')).toEqual(['a'])
    expect(childIds(forest, 'a')).toEqual(['tail', 'c'])
  })

  it('takes __proto__ and constructor for span ids like others', () => {
    const forest = buildForest([span('__proto__', null), span('constructor', '__proto__'), span('a', 'toString')])
    expect(ids(forest.roots)).toEqual(['__proto__', 'a'])
    expect(childIds(forest, '__proto__')).toEqual(['constructor'])
  })

  it('does not change the array it was given', () => {
    const spans = Object.freeze([span('b', null, 2), span('a', null, 1)])
    expect(ids(buildForest(spans).roots)).toEqual(['a', 'b'])
  })

  it.each(['a chain', 'a cycle', 'a fan'])('takes 100,000 spans as %s in linear time', (shape) => {
    const size = 100_000
    const parent = (index: number) => {
      if (shape === 'a fan') return index === 0 ? null : 's0'
      if (index > 0) return `s${index - 1}`
      return shape === 'a cycle' ? `s${size - 1}` : null
    }
    const spans = Array.from({ length: size }, (_, index) => span(`s${index}`, parent(index), index))
    const forest = buildForest(spans)
    expect(ids(forest.roots)).toEqual(['s0'])
    expect(reached({ roots: forest.roots, childrenOf: forest.childrenOf }).length).toBe(size)
  })
})

function cycleOf(member: TreeSpan, spans: readonly TreeSpan[]): TreeSpan[] {
  const byId = new Map(spans.map((span) => [span.spanId, span]))
  const cycle = [member]
  for (
    let next = byId.get(member.parentSpanId ?? '');
    next && next !== member;
    next = byId.get(next.parentSpanId ?? '')
  )
    cycle.push(next)
  return cycle
}

const cycleKey = (member: TreeSpan, spans: readonly TreeSpan[]) => ids(cycleOf(member, spans)).sort().join()

describe('isSyntheticRoot', () => {
  it.each([
    [{ ...SYNTHETIC_ROOT }, true],
    [{ ...SYNTHETIC_ROOT, startTime: 1, children: [] }, true],
    [{ ...SYNTHETIC_ROOT, spanId: 'x' }, false],
    [{ ...SYNTHETIC_ROOT, name: 'x' }, false],
    [{ ...SYNTHETIC_ROOT, status: 'ok' }, false],
    [{}, false],
  ])('%j: %s', (node, expected) => {
    expect(isSyntheticRoot(node)).toBe(expected)
  })
})

describe('coveringTimes', () => {
  const times = (startTime: number, endTime: number | null) => ({ ...span('s', null, startTime), endTime })

  it('covers its children', () => {
    expect(coveringTimes([times(3, 4), times(1.5, 2), times(2, 9.25)])).toEqual({ startTime: 1.5, endTime: 9.25 })
  })

  it('is open if a child is, wherever it stands', () => {
    expect(coveringTimes([times(3, null), times(1, 2)])).toEqual({ startTime: 1, endTime: null })
    expect(coveringTimes([times(3, 4), times(1, null)])).toEqual({ startTime: 1, endTime: null })
  })
})
