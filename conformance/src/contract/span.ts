import type { Span, SpanInput } from '@flujo-state/core'
import { wrong } from '../fixtures/runs.js'
import { type Rule, rule, ruleFor } from '../rule.js'

const TRACES = { requires: ['traces'] } as const
const TRACES_AND_RUNS = { requires: ['traces', 'runs'] } as const

/** A span as it comes back. */
function stored(span: SpanInput): Span {
  const { spanId, parentSpanId = null, name, startTime, endTime = null, status = 'running', attributes = {} } = span
  const events = (span.events ?? []).map(({ name, time, attributes = {} }) => ({ name, time, attributes }))
  return { spanId, parentSpanId, name, startTime, endTime, status, attributes, events }
}

const ids = (spans: readonly { readonly spanId: string }[]) => spans.map(({ spanId }) => spanId)

const BAD_SPANS: Readonly<Record<string, readonly [field: string, span: unknown]>> = {
  null: ['', null],
  'a text': ['', 'span'],
  'no id': ['.spanId', { name: 'n', startTime: 0 }],
  'an empty id': ['.spanId', { spanId: '', name: 'n', startTime: 0 }],
  'no name': ['.name', { spanId: 'x', startTime: 0 }],
  'no start time': ['.startTime', { spanId: 'x', name: 'n' }],
  'a date for the start time': ['.startTime', { spanId: 'x', name: 'n', startTime: new Date(0) }],
  'NaN for the end time': ['.endTime', { spanId: 'x', name: 'n', startTime: 0, endTime: Number.NaN }],
  'an empty parent': ['.parentSpanId', { spanId: 'x', name: 'n', startTime: 0, parentSpanId: '' }],
  'a number for the status': ['.status', { spanId: 'x', name: 'n', startTime: 0, status: 1 }],
  'null for the attributes': ['.attributes', { spanId: 'x', name: 'n', startTime: 0, attributes: null }],
  'an object for the events': ['.events', { spanId: 'x', name: 'n', startTime: 0, events: {} }],
  'an event without a name': [
    '.events[1].name',
    { spanId: 'x', name: 'n', startTime: 0, events: [{ name: 'e', time: 0 }, { time: 0 }] },
  ],
  'children, which only a tree has': ['.children', { spanId: 'x', name: 'n', startTime: 0, children: [] }],
}

const BAD_FILTERS: Readonly<Record<string, readonly [path: string, filter: unknown]>> = {
  'an unknown filter': ['$.spanId', { spanId: 'a' }],
  'an empty name': ['$.name', { name: '' }],
  'several statuses': ['$.status', { status: ['ok'] }],
  'null for the status': ['$.status', { status: null }],
}

export const spanRules: readonly Rule[] = [
  rule('SPN-01', 'getSpans gives every span with all its fields, by startTime, then by spanId.', TRACES, async (t) => {
    const spans = [
      t.gen.span('b', {
        startTime: 5,
        parentSpanId: 'a',
        attributes: { n: [1, null] },
        events: [{ name: 'e', time: 5.5 }],
      }),
      t.gen.span('a', { startTime: 5, endTime: null, status: 'running' }),
      t.gen.span('😀', { startTime: 4.5 }),
      t.gen.span('\uffff', { startTime: 4.5, parentSpanId: 'nowhere' }),
      { spanId: 'bare', name: 'n', startTime: -1 },
    ]
    t.assert.equal(await t.backend.saveSpans('r', spans), undefined, 'the result of saveSpans')
    const byId = new Map(spans.map((span) => [span.spanId, stored(span)]))
    t.assert.equal(
      await t.backend.getSpans('r'),
      ['bare', '\uffff', '😀', 'a', 'b'].map((id) => byId.get(id)),
    )
  }),

  rule('SPN-02', 'The filters of getSpans are exact and combine.', TRACES, async (t) => {
    const spans = [
      ['1', 'load', 'ok'],
      ['2', 'load', 'error'],
      ['3', 'loader', 'ok'],
      ['4', 'Load', 'OK'],
      ['5', 'lo%d', 'ok'],
    ] as const
    await t.backend.saveSpans(
      'r',
      spans.map(([spanId, name, status]) => t.gen.span(spanId, { name, status })),
    )
    const found = async (filter: { name?: string; status?: string }) => ids(await t.backend.getSpans('r', filter))
    t.assert.equal(await found({}), ['1', '2', '3', '4', '5'], 'no filter')
    t.assert.equal(await found({ name: 'load' }), ['1', '2'], 'name')
    t.assert.equal(await found({ status: 'ok' }), ['1', '3', '5'], 'status')
    t.assert.equal(await found({ name: 'load', status: 'ok' }), ['1'], 'both')
    t.assert.equal(await found({ name: 'lo%d' }), ['5'], 'a name like a pattern')
    t.assert.equal(await found({ name: 'none' }), [], 'a name that no span has')
  }),

  ruleFor(
    'SPN-15',
    'getSpans refuses unknown and mistyped filters with VALIDATION and the path.',
    TRACES,
    BAD_FILTERS,
    async (t, [path, filter]) => {
      await t.assert.rejects(() => t.backend.getSpans('r', wrong(filter)), 'VALIDATION', { path })
    },
  ),

  rule('SPN-03', 'Saving a spanId again replaces the whole span.', TRACES, async (t) => {
    const open = t.gen.span('a', {
      endTime: null,
      status: 'running',
      attributes: { old: 1 },
      events: [{ name: 'e', time: 1 }],
      parentSpanId: 'p',
    })
    await t.backend.saveSpans('r', [open, t.gen.span('b')])
    const ended = { spanId: 'a', name: 'renamed', startTime: 2, endTime: 3, status: 'completed' }
    await t.backend.saveSpans('r', [ended])
    t.assert.equal(await t.backend.getSpans('r'), [stored(ended), stored(t.gen.span('b'))])
  }),

  rule('SPN-16', 'Of a spanId that comes twice in one batch, the last one stays.', TRACES, async (t) => {
    await t.backend.saveSpans('r', [
      t.gen.span('a', { name: 'first' }),
      t.gen.span('b'),
      t.gen.span('a', { name: 'last' }),
    ])
    t.assert.equal(
      (await t.backend.getSpans('r')).map(({ spanId, name }) => [spanId, name]),
      [
        ['a', 'last'],
        ['b', 'work'],
      ],
    )
  }),

  rule('SPN-04', 'saveSpans of an empty array changes nothing and makes no run.', TRACES_AND_RUNS, async (t) => {
    await t.backend.saveSpans('r', [t.gen.span('a')])
    const before = await t.dump()
    for (const runId of ['r', 'unknown']) t.assert.equal(await t.backend.saveSpans(runId, []), undefined, runId)
    t.assert.equal(await t.dump(), before, 'the store afterwards')
    t.assert.equal(await t.backend.getRunDetails('unknown'), null)
  }),

  rule('SPN-05', 'getSpans of a run that nobody wrote gives an empty list.', TRACES, async (t) => {
    t.assert.equal(await t.backend.getSpans('r'), [])
    await t.backend.saveSpans('run', [t.gen.span('a')])
    t.assert.equal(await t.backend.getSpans('r'), [], 'beside an id that begins with it')
  }),

  rule('SPN-06', 'getSpans sees the spans of saveTrace.', TRACES, async (t) => {
    const child = t.gen.span('child', { startTime: 1_001, attributes: { a: 1 } })
    await t.backend.saveTrace('r', { ...t.gen.span('root'), children: [child] })
    t.assert.equal(await t.backend.getSpans('r'), [
      stored(t.gen.span('root')),
      stored({ ...child, parentSpanId: 'root' }),
    ])
  }),

  rule('SPN-07', 'A span with an unknown parent keeps it, and finds it when the parent comes.', TRACES, async (t) => {
    await t.backend.saveSpans('r', [t.gen.span('child', { parentSpanId: 'parent', startTime: 1_001 })])
    t.assert.equal(
      (await t.backend.getSpans('r')).map(({ parentSpanId }) => parentSpanId),
      ['parent'],
    )
    await t.backend.saveSpans('r', [t.gen.span('parent')])
    const trace = t.assert.present(await t.backend.getTrace('r'), 'the trace')
    t.assert.equal([trace.spanId, ids(trace.children)], ['parent', ['child']])
  }),

  ruleFor(
    'SPN-08',
    'One invalid span refuses the whole batch with VALIDATION and the path.',
    TRACES,
    BAD_SPANS,
    async (t, [field, span]) => {
      await t.backend.saveSpans('r', [t.gen.span('old')])
      const before = await t.dump()
      for (const runId of ['r', 'unknown']) {
        const batch = [t.gen.span('good'), wrong(span), t.gen.span('old', { name: 'changed' })]
        await t.assert.rejects(() => t.backend.saveSpans(runId, batch), 'VALIDATION', { path: `$[1]${field}` })
      }
      t.assert.equal(await t.dump(), before, 'the store afterwards')
    },
  ),

  rule('SPN-17', 'saveSpans refuses what is no array, and attributes that cannot be stored.', TRACES, async (t) => {
    for (const spans of [null, undefined, {}, 'spans', t.gen.span('a')])
      await t.assert.rejects(() => t.backend.saveSpans('r', wrong(spans)), 'VALIDATION', { path: '$' })
    const bad = t.gen.span('b', { attributes: wrong({ callback: () => 1 }) })
    await t.assert.rejects(() => t.backend.saveSpans('r', [t.gen.span('a'), bad]), 'SERIALIZATION', {
      path: '$[1].attributes.callback',
    })
    t.assert.equal(await t.backend.getSpans('r'), [])
  }),

  rule(
    'SPN-18',
    'Hostile span ids, parents, names and statuses come back as they are, each its own.',
    TRACES,
    async (t) => {
      const hostile = [...t.gen.ids]
      const spans = hostile.map((id, index) =>
        t.gen.span(id, { startTime: index, parentSpanId: hostile[index - 1] ?? null, name: id, status: id }),
      )
      await t.backend.saveSpans('r', spans)
      t.assert.equal(await t.backend.getSpans('r'), spans.map(stored))
      for (const [index, id] of hostile.entries()) {
        if (index % 10 === 0) t.assert.equal(ids(await t.backend.getSpans('r', { name: id, status: id })), [id], id)
      }
    },
  ),

  rule('SPN-19', 'Attributes of spans and of their events hold every storable value.', TRACES, async (t) => {
    const all = () => Object.fromEntries(Object.entries(t.gen.values).map(([name, make]) => [name, make()]))
    await t.backend.saveSpans('r', [
      t.gen.span('a', { attributes: wrong(all()), events: [{ name: 'e', time: 1, attributes: wrong(all()) }] }),
    ])
    const [span] = await t.backend.getSpans('r')
    t.assert.equal(span?.attributes, all(), 'of the span')
    t.assert.equal(span?.events[0]?.attributes, all(), 'of the event')
  }),
]
