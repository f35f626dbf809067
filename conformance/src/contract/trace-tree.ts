import type { SpanInput, SpanNode } from '@flujo-state/core'
import type { RuleContext } from '../context.js'
import { nodesOf, shapeOf } from '../fixtures/traces.js'
import { type Rule, rule, ruleFor } from '../rule.js'

const TRACES = { requires: ['traces'] } as const

/** Spans as `id<parent@time`, and the tree that getTrace makes of them; `+` stands for the synthetic root. */
const CYCLES: Readonly<Record<string, readonly [spans: string, shape: string]>> = {
  'a span that is its own parent': ['a<a@1', 'a'],
  'two that are parents of each other': ['a<b@2 b<a@1', 'b(a)'],
  'equal times: the smaller id': ['b<c@1 c<a@1 a<b@1', 'a(c(b))'],
  'what hangs on a cycle stays below it': ['t<a@0 a<b@5 b<a@6 u<t@0', 'a(t(u) b)'],
  'what comes first hangs on a later part of the cycle': ['t<b@0 a<b@5 b<c@6 c<a@7', 'a(c(b(t)))'],
  'two cycles': ['a<b@1 b<a@2 c<d@4 d<c@3', '+(a(b) d(c))'],
  'a cycle beside a tree': ['root<-@5 x<root@6 a<b@1 b<a@2', '+(a(b) root(x))'],
  'ids that order differently by UTF-16 units': ['😀<\uffff@1 \uffff<😀@1', '\uffff(😀)'],
}

const FORESTS: Readonly<Record<string, readonly [spans: string, shape: string]>> = {
  'one root, children first': ['c<b@3 b<a@2 a<-@1', 'a(b(c))'],
  'a span with an unknown parent is a root': ['a<gone@1 b<a@2', 'a(b)'],
  'a root and a span with an unknown parent': ['root<-@1 orphan<gone@0', '+(orphan root)'],
  'several roots, by time, then id': ['b<-@1 c<-@0 a<-@1', '+(c a b)'],
  'a parent that starts after its child': ['child<parent@1 parent<-@9', 'parent(child)'],
  'ids that are keys of all objects': [
    '__proto__<-@1 constructor<__proto__@2 a<toString@3',
    '+(__proto__(constructor) a)',
  ],
}

function spansOf(t: RuleContext, text: string): SpanInput[] {
  return text.split(' ').map((part) => {
    const [, spanId = '', parent = '', time] = /^(.*)<(.*)@(\d+)$/.exec(part) ?? []
    return t.gen.span(spanId, { parentSpanId: parent === '-' ? null : parent, startTime: Number(time), endTime: null })
  })
}

const shapeWithRoot = (root: SpanNode | null) => (root?.spanId === '' ? `+${shapeOf(root)}` : shapeOf(root))
const SYNTHETIC = {
  spanId: '',
  parentSpanId: null,
  name: 'trace',
  status: 'synthetic',
  attributes: {},
  events: [],
} as const

export const traceTreeRules: readonly Rule[] = [
  ruleFor(
    'TRC-16',
    'getTrace builds the tree of spans saved in any order; a span whose parent is unknown is a root.',
    TRACES,
    FORESTS,
    async (t, [text, shape]) => {
      const spans = spansOf(t, text)
      await t.backend.saveSpans('r', spans)
      t.assert.equal(shapeWithRoot(await t.backend.getTrace('r')), shape)
      for (const span of [...spans].reverse()) await t.backend.saveSpans('one by one', [span])
      t.assert.equal(
        shapeWithRoot(await t.backend.getTrace('one by one')),
        shape,
        'saved one by one, the last one first',
      )
    },
  ),

  ruleFor(
    'TRC-17',
    'A cycle of parents is cut at its smallest (startTime, spanId); no span is lost.',
    TRACES,
    CYCLES,
    async (t, [text, shape]) => {
      const spans = spansOf(t, text)
      await t.backend.saveSpans('r', spans)
      t.assert.equal(shapeWithRoot(await t.backend.getTrace('r')), shape)
      const parents = (await t.backend.getSpans('r')).map(
        ({ spanId, parentSpanId }) => `${spanId}<${parentSpanId ?? '-'}`,
      )
      const sent = spans.map(({ spanId, parentSpanId }) => `${spanId}<${parentSpanId ?? '-'}`)
      t.assert.equal(parents.sort(), sent.sort(), 'getSpans gives the parents as they were saved')
    },
  ),

  rule('TRC-18', 'Several roots come under one synthetic root whose times cover them.', TRACES, async (t) => {
    const spans = [
      t.gen.span('a', { startTime: 5, endTime: 9.5 }),
      t.gen.span('b', { startTime: 2.25, endTime: 3 }),
      t.gen.span('late child', { startTime: 1, endTime: 99, parentSpanId: 'a' }),
    ]
    await t.backend.saveSpans('r', spans)
    const { children, ...root } = t.assert.present(await t.backend.getTrace('r'), 'the trace')
    t.assert.equal(root, { ...SYNTHETIC, startTime: 2.25, endTime: 9.5 })
    t.assert.equal(
      children.map(({ spanId, parentSpanId }) => [spanId, parentSpanId]),
      [
        ['b', null],
        ['a', null],
      ],
    )
  }),

  rule('TRC-19', "The synthetic root's endTime is null if any of its children is open.", TRACES, async (t) => {
    const roots = [
      t.gen.span('a', { startTime: 1, endTime: 3 }),
      t.gen.span('b', { startTime: 2, endTime: null }),
      t.gen.span('c', { startTime: 3, endTime: 8 }),
    ]
    await t.backend.saveSpans('r', roots)
    t.assert.equal((await t.backend.getTrace('r'))?.endTime, null, 'with an open child')
    await t.backend.saveSpans('r', [
      t.gen.span('b', { startTime: 2, endTime: 4 }),
      t.gen.span('below', { parentSpanId: 'b', endTime: null }),
    ])
    t.assert.equal((await t.backend.getTrace('r'))?.endTime, 8, 'with an open grandchild only')
  }),

  rule('TRC-20', 'saveTrace recognises the synthetic root of getTrace and does not store it.', TRACES, async (t) => {
    await t.backend.saveSpans('r', spansOf(t, 'b<-@1 a<-@2 c<a@3 orphan<gone@4'))
    const trace = t.assert.present(await t.backend.getTrace('r'), 'the trace')
    await t.backend.saveTrace('copy', trace)
    const spans = await t.backend.getSpans('copy')
    t.assert.equal(
      spans.map(({ spanId, parentSpanId }) => [spanId, parentSpanId]),
      [
        ['b', null],
        ['a', null],
        ['c', 'a'],
        ['orphan', null],
      ],
    )
    t.assert.equal(shapeWithRoot(await t.backend.getTrace('copy')), '+(b a(c) orphan)')
    await t.backend.saveTrace('copy', { ...trace, children: trace.children.slice(0, 1) })
    t.assert.equal(shapeWithRoot(await t.backend.getTrace('copy')), 'b', 'with one child only')
  }),

  rule('TRC-21', 'A span that only resembles the synthetic root is stored like any other.', TRACES, async (t) => {
    await t.backend.saveTrace('name', t.gen.span('trace', { name: 'trace', status: 'synthetic' }))
    t.assert.equal(
      (await t.backend.getSpans('name')).map(({ spanId }) => spanId),
      ['trace'],
    )
    const resembling = { ...SYNTHETIC, events: [], startTime: 0, endTime: 1, children: [] }
    for (const other of [{ status: 'ok' }, { name: 'other' }])
      await t.assert.rejects(() => t.backend.saveTrace('r', { ...resembling, ...other }), 'VALIDATION', {
        path: '$.spanId',
        what: `with ${Object.keys(other)}`,
      })
  }),

  rule('TRC-22', 'Spans added by saveSpans join the tree of saveTrace.', TRACES, async (t) => {
    await t.backend.saveTrace('r', { ...t.gen.span('root'), children: [t.gen.span('a')] })
    await t.backend.saveSpans('r', [
      t.gen.span('b', { parentSpanId: 'a' }),
      t.gen.span('c', { parentSpanId: 'root', startTime: 1 }),
    ])
    t.assert.equal(shapeOf(await t.backend.getTrace('r')), 'root(c a(b))')
    await t.backend.saveSpans('r', [t.gen.span('a', { parentSpanId: 'c' })])
    t.assert.equal(shapeOf(await t.backend.getTrace('r')), 'root(c(a(b)))', 'after a span moved')
  }),

  rule(
    'TRC-23',
    'A tree that came from getTrace is the same after it was saved and loaded again.',
    TRACES,
    async (t) => {
      const attributes = { when: new Date(5), none: undefined }
      const child = t.gen.span('child', { attributes, endTime: null, events: [{ name: 'e', time: 0.5 }] })
      await t.backend.saveTrace('r', {
        ...t.gen.span('root'),
        children: [{ ...child, children: [t.gen.span('leaf')] }],
      })
      const trace = t.assert.present(await t.backend.getTrace('r'), 'the trace')
      await t.backend.saveTrace('copy', trace)
      t.assert.equal(await t.backend.getTrace('copy'), trace)
    },
  ),

  rule(
    'TRC-24',
    'Every span comes once in the tree, however parents are given.',
    { ...TRACES, timeoutMs: 10_000 },
    async (t) => {
      const size = 60
      // Parents by a fixed scramble: chains, cycles, orphans and roots, all in one.
      const parentOf = (index: number) => (index * 37 + (index % 7) * 11) % (size + 6)
      const spans = Array.from({ length: size }, (_, index) =>
        t.gen.span(`s${index}`, {
          startTime: index % 5,
          parentSpanId: index % 13 === 0 ? null : `s${parentOf(index)}`,
        }),
      )
      await t.backend.saveSpans('r', spans)
      const reached = [...nodesOf(await t.backend.getTrace('r'))]
        .map(({ node }) => node.spanId)
        .filter((id) => id !== '')
      t.assert.equal(reached.sort(), spans.map(({ spanId }) => spanId).sort())
    },
  ),
]
