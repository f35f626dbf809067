import type { SpanNodeInput } from '@flujo-state/core'
import { wrong } from '../fixtures/runs.js'
import { shapeOf } from '../fixtures/traces.js'
import { type Rule, rule, ruleFor } from '../rule.js'

const TRACES = { requires: ['traces'] } as const

const BAD_TRACES: Readonly<Record<string, readonly [path: string, root: unknown]>> = {
  null: ['$', null],
  undefined: ['$', undefined],
  'a text': ['$', 'trace'],
  'an array of spans': ['$', []],
  'an empty object': ['$.spanId', {}],
  'no name': ['$.name', { spanId: 'a', startTime: 0 }],
  'no start time': ['$.startTime', { spanId: 'a', name: 'n' }],
  'NaN for the start time': ['$.startTime', { spanId: 'a', name: 'n', startTime: Number.NaN }],
  'a date for the start time': ['$.startTime', { spanId: 'a', name: 'n', startTime: new Date(0) }],
  'an infinite end time': ['$.endTime', { spanId: 'a', name: 'n', startTime: 0, endTime: Number.POSITIVE_INFINITY }],
  'an empty span id': ['$.spanId', { spanId: '', name: 'n', startTime: 0 }],
  'an empty status': ['$.status', { spanId: 'a', name: 'n', startTime: 0, status: '' }],
  'an unknown field': ['$.kind', { spanId: 'a', name: 'n', startTime: 0, kind: 'server' }],
  'an array for the attributes': ['$.attributes', { spanId: 'a', name: 'n', startTime: 0, attributes: [] }],
  'an object for the children': ['$.children', { spanId: 'a', name: 'n', startTime: 0, children: {} }],
  'null for a child': ['$.children[0]', { spanId: 'a', name: 'n', startTime: 0, children: [null] }],
  'a child without a name': [
    '$.children[1].name',
    {
      spanId: 'a',
      name: 'n',
      startTime: 0,
      children: [
        { spanId: 'b', name: 'n', startTime: 0 },
        { spanId: 'c', startTime: 0 },
      ],
    },
  ],
  'a grandchild with a bad time': [
    '$.children[0].children[0].startTime',
    {
      spanId: 'a',
      name: 'n',
      startTime: 0,
      children: [{ spanId: 'b', name: 'n', startTime: 0, children: [{ spanId: 'c', name: 'n', startTime: '0' }] }],
    },
  ],
  'a span id twice among children': [
    '$.children[1].spanId',
    {
      spanId: 'a',
      name: 'n',
      startTime: 0,
      children: [
        { spanId: 'b', name: 'n', startTime: 0 },
        { spanId: 'b', name: 'n', startTime: 0 },
      ],
    },
  ],
  "a child with its parent's span id": [
    '$.children[0].spanId',
    { spanId: 'a', name: 'n', startTime: 0, children: [{ spanId: 'a', name: 'n', startTime: 0 }] },
  ],
  'an event without a time': ['$.events[0].time', { spanId: 'a', name: 'n', startTime: 0, events: [{ name: 'e' }] }],
  'a synthetic root below the top': [
    '$.children[0].spanId',
    {
      spanId: 'a',
      name: 'n',
      startTime: 0,
      children: [{ spanId: '', name: 'trace', status: 'synthetic', startTime: 0, children: [] }],
    },
  ],
}

export const traceInputRules: readonly Rule[] = [
  ruleFor(
    'TRC-09',
    'A malformed tree is refused whole with VALIDATION and the path; the old trace stays.',
    TRACES,
    BAD_TRACES,
    async (t, [path, root]) => {
      await t.backend.saveTrace('r', { ...t.gen.span('old'), children: [t.gen.span('child')] })
      const before = await t.dump()
      for (const runId of ['r', 'unknown'])
        await t.assert.rejects(() => t.backend.saveTrace(runId, wrong(root)), 'VALIDATION', { path })
      t.assert.equal(await t.dump(), before, 'the store afterwards')
    },
  ),

  rule('TRC-12', 'A tree that contains itself is refused and does not hang.', TRACES, async (t) => {
    const root: SpanNodeInput & { children: SpanNodeInput[] } = { ...t.gen.span('root'), children: [] }
    root.children.push({ ...t.gen.span('child'), children: [root] })
    await t.assert.rejects(() => t.backend.saveTrace('r', root), 'VALIDATION', {
      path: '$.children[0].children[0].spanId',
    })
    t.assert.equal(await t.backend.getTrace('r'), null)
  }),

  rule(
    'TRC-14',
    'Attributes that cannot be stored refuse the whole tree with SERIALIZATION and their path.',
    TRACES,
    async (t) => {
      await t.backend.saveTrace('r', t.gen.span('old'))
      const bad = (fields: object) =>
        wrong({ ...t.gen.span('root'), children: [t.gen.span('a'), { ...t.gen.span('b'), ...fields }] })
      const callback = () => 1
      await t.assert.rejects(
        () => t.backend.saveTrace('r', bad({ attributes: { deep: { callback } } })),
        'SERIALIZATION',
        { path: '$.children[1].attributes.deep.callback' },
      )
      await t.assert.rejects(
        () => t.backend.saveTrace('r', bad({ events: [{ name: 'e', time: 1, attributes: { callback } }] })),
        'SERIALIZATION',
        { path: '$.children[1].events[0].attributes.callback' },
      )
      t.assert.equal(shapeOf(await t.backend.getTrace('r')), 'old')
    },
  ),
]
