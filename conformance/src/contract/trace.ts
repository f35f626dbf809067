import type { SpanNode, SpanNodeInput } from '@flujo-state/core'
import { runOf } from '../fixtures/runs.js'
import { chainOf, fanOf, nodesOf, shapeOf } from '../fixtures/traces.js'
import { type Rule, rule, ruleFor } from '../rule.js'

const TRACES = { requires: ['traces'] } as const

/** The node as it comes back: nothing left out, its parent said. */
function full(node: SpanNodeInput, parentSpanId: string | null, children: SpanNode[] = []): SpanNode {
  const { spanId, name, startTime, endTime = null, status = 'running', attributes = {}, events = [] } = node
  const stored = events.map(({ name, time, attributes = {} }) => ({ name, time, attributes }))
  return { spanId, parentSpanId, name, startTime, endTime, status, attributes, events: stored, children }
}

const SIZES = { 'as a chain, 10,000 deep': () => chainOf(10_000), 'as a fan, 100,000 wide': () => fanOf(100_000) }

export const traceRules: readonly Rule[] = [
  rule('TRC-01', 'getTrace gives the tree that saveTrace was given, field by field.', TRACES, async (t) => {
    const attributes = { model: 'x', tokens: [1, 2] }
    const events = [
      { name: 'retry', time: 1_003.5, attributes: { n: 1 } },
      { name: 'retry', time: 1_001 },
    ]
    const leaf = t.gen.span('leaf', { startTime: 1_002, attributes, events })
    const middle = t.gen.span('middle', { startTime: 1_001, status: 'error', attributes: { deep: { a: [null] } } })
    const root = t.gen.span('root', { name: 'whole run', events })
    t.assert.equal(await t.backend.saveTrace('r', { ...root, children: [{ ...middle, children: [leaf] }] }), undefined)
    const expected = full(root, null, [full(middle, 'root', [full(leaf, 'middle')])])
    t.assert.equal(await t.backend.getTrace('r'), expected)
  }),

  rule('TRC-02', 'getTrace of a run without spans gives null.', { requires: ['traces', 'runs'] }, async (t) => {
    t.assert.equal(await t.backend.getTrace('r'), null, 'an unknown run')
    await t.backend.saveRunStart({ runId: 'r' })
    await t.backend.saveTrace('run', t.gen.span('root'))
    t.assert.equal(await t.backend.getTrace('r'), null, 'a run without spans')
  }),

  rule('TRC-03', "saveTrace replaces all of the run's spans by the tree.", TRACES, async (t) => {
    await t.backend.saveTrace('r', {
      ...t.gen.span('root', { attributes: { old: 1 } }),
      children: [t.gen.span('a'), t.gen.span('b')],
    })
    await t.backend.saveSpans('r', [t.gen.span('loose')])
    await t.backend.saveTrace('other', t.gen.span('root'))
    await t.backend.saveTrace('r', { ...t.gen.span('root'), children: [t.gen.span('b', { name: 'new' })] })
    const expected = full(t.gen.span('root'), null, [full(t.gen.span('b', { name: 'new' }), 'root')])
    t.assert.equal(await t.backend.getTrace('r'), expected)
    t.assert.equal((await t.backend.getSpans('r')).length, 2, 'the spans')
    t.assert.equal(shapeOf(await t.backend.getTrace('other')), 'root', 'the trace of another run')
  }),

  rule('TRC-04', 'Children come by startTime, then by spanId in code-point order.', TRACES, async (t) => {
    const at = (spanId: string, startTime: number) => t.gen.span(spanId, { startTime })
    const children = [
      at('z', 5),
      at('a', 7),
      at('😀', 6),
      at('\uffff', 6),
      at('B', 6),
      at('b', 6),
      at('y', -1),
      at('x', 5.25),
    ]
    await t.backend.saveTrace('r', { ...t.gen.span('root'), children })
    t.assert.equal(shapeOf(await t.backend.getTrace('r')), 'root(y z x B b \uffff 😀 a)')
  }),

  rule('TRC-05', 'An open span keeps endTime null; status, attributes and events have defaults.', TRACES, async (t) => {
    const open = { spanId: 'open', name: 'n', startTime: 5 }
    await t.backend.saveTrace('r', { ...open, children: [{ ...open, spanId: 'null', endTime: null, children: [] }] })
    t.assert.equal(await t.backend.getTrace('r'), full(open, null, [full({ ...open, spanId: 'null' }, 'open')]))
  }),

  rule('TRC-06', "The root stays the root, whatever its children's times.", TRACES, async (t) => {
    await t.backend.saveTrace('r', {
      ...t.gen.span('root', { startTime: 100 }),
      children: [t.gen.span('early', { startTime: 1 })],
    })
    t.assert.equal(shapeOf(await t.backend.getTrace('r')), 'root(early)')
  }),

  rule('TRC-13', 'The position in the tree decides the parent, whatever parentSpanId says.', TRACES, async (t) => {
    const child = {
      ...t.gen.span('child', { parentSpanId: 'elsewhere' }),
      children: [t.gen.span('grandchild', { parentSpanId: null })],
    }
    await t.backend.saveTrace('r', { ...t.gen.span('root', { parentSpanId: 'child' }), children: [child] })
    const parents = (await t.backend.getSpans('r')).map(({ spanId, parentSpanId }) => [spanId, parentSpanId])
    t.assert.equal(parents, [
      ['child', 'root'],
      ['grandchild', 'child'],
      ['root', null],
    ])
    t.assert.equal(shapeOf(await t.backend.getTrace('r')), 'root(child(grandchild))')
  }),

  ruleFor('TRC-07', 'Large traces come back whole.', { ...TRACES, timeoutMs: 20_000 }, SIZES, async (t, make) => {
    const root = make()
    await t.backend.saveTrace('r', root)
    const trace = await t.backend.getTrace('r')
    // Side by side: so many are too many for a report.
    const found = nodesOf(trace)
    const told = (each: SpanNodeInput | undefined, depth: number | undefined) =>
      `${each?.spanId} at ${each?.startTime}, depth ${depth}`
    let count = 0
    for (const { node, depth } of nodesOf(root)) {
      const { node: other, depth: otherDepth } = found.next().value ?? {}
      if (other?.spanId !== node.spanId || other.startTime !== node.startTime || otherDepth !== depth)
        t.assert.equal(told(other, otherDepth), told(node, depth), `span ${count}`)
      count += 1
    }
    t.assert.equal(found.next().done, true, `there are no more than ${count} spans`)
  }),

  rule('TRC-08', 'Equal span ids in two runs do not meet.', TRACES, async (t) => {
    await t.backend.saveTrace('a', { ...t.gen.span('root', { name: 'of a' }), children: [t.gen.span('x')] })
    await t.backend.saveTrace('b', { ...t.gen.span('root', { name: 'of b' }), children: [t.gen.span('y')] })
    await t.backend.saveTrace('a:root', t.gen.span('x'))
    const traces = [await t.backend.getTrace('a'), await t.backend.getTrace('b'), await t.backend.getTrace('a:root')]
    t.assert.equal(
      traces.map((trace) => `${trace?.name} ${shapeOf(trace)}`),
      ['of a root(x)', 'of b root(y)', 'work x'],
    )
  }),

  rule(
    'TRC-10',
    'Saving a trace of a run that nobody started makes a placeholder run.',
    { requires: ['traces', 'runs'] },
    async (t) => {
      await t.assert.resolves(t.backend.saveTrace('r', t.gen.span('root')), 'of an unknown run')
      t.assert.equal((await runOf(t, 'r')).placeholder, true)
      t.assert.equal(shapeOf(await t.backend.getTrace('r')), 'root')
    },
  ),

  rule('TRC-11', 'Times keep fractions of a millisecond, zero, and times before 1970.', TRACES, async (t) => {
    const times = [0, 1_767_225_600_000.123, 0.1 + 0.2, -5.5, 5e-324, Number.MAX_VALUE]
    const children = times.map((time, index) =>
      t.gen.span(`s${index}`, { startTime: time, endTime: time, events: [{ name: 'e', time }] }),
    )
    await t.backend.saveTrace('r', { ...t.gen.span('root'), children })
    const spans = new Map((await t.backend.getSpans('r')).map((span) => [span.spanId, span]))
    const found = times.map((_, index) => spans.get(`s${index}`))
    t.assert.equal(
      found.map((span) => [span?.startTime, span?.endTime, span?.events[0]?.time]),
      times.map((time) => [time, time, time]),
    )
  }),

  rule('TRC-15', 'Events keep their order, their doubles and their attributes.', TRACES, async (t) => {
    const events = [
      { name: 'b', time: 9, attributes: { n: new Map([['k', 1n]]) } },
      { name: 'a', time: 1, attributes: {} },
      { name: 'b', time: 9, attributes: { n: new Map([['k', 1n]]) } },
    ]
    await t.backend.saveTrace('r', {
      ...t.gen.span('root', { events }),
      children: [t.gen.span('child', { events: [] })],
    })
    const trace = t.assert.present(await t.backend.getTrace('r'), 'the trace')
    t.assert.equal([trace.events, trace.children[0]?.events], [events, []])
  }),
]
