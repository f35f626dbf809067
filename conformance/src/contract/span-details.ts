import type { Span, SpanNode } from '@flujo-state/core'
import type { RuleContext } from '../context.js'
import { type Rule, rule } from '../rule.js'

const TRACES = { requires: ['traces'] } as const

async function traceOf(t: RuleContext): Promise<SpanNode> {
  return t.assert.present(await t.backend.getTrace('r'), 'the trace')
}

const withoutChildren = ({ children: _, ...span }: SpanNode): Span => span

export const spanDetailRules: readonly Rule[] = [
  rule('SPN-25', 'A span saved again without an end is open again.', TRACES, async (t) => {
    await t.backend.saveSpans('r', [t.gen.span('s')])
    await t.backend.saveSpans('r', [{ spanId: 's', name: 'work', startTime: 1_000 }])
    t.assert.equal((await t.backend.getSpans('r'))[0]?.endTime, null, 'left out')
    await t.backend.saveSpans('r', [t.gen.span('s')])
    await t.backend.saveSpans('r', [t.gen.span('s', { endTime: null })])
    t.assert.equal((await traceOf(t)).endTime, null, 'null')
    t.assert.equal((await t.backend.getSpanStatistics()).totalSpans, 0, 'ended spans')
  }),

  rule('SPN-26', 'The events of a span stay in the order given, whatever their times.', TRACES, async (t) => {
    const events = [3, 1, 2, 1, -5].map((time, index) => ({ name: `event ${index}`, time, attributes: {} }))
    await t.backend.saveSpans('r', [t.gen.span('s', { events })])
    t.assert.equal((await t.backend.getSpans('r'))[0]?.events, events, 'getSpans')
    t.assert.equal((await traceOf(t)).events, events, 'getTrace')
  }),

  rule('SPN-27', 'Times of spans come back to the last bit.', TRACES, async (t) => {
    const times = [1 / 3, 1_772_323_200_000.123_5, 1e-7, -0.1, Number.MAX_SAFE_INTEGER]
    const spans = times.map((startTime, n) =>
      t.gen.span(`s${n}`, { startTime, endTime: startTime, events: [{ name: 'e', time: startTime }] }),
    )
    await t.backend.saveSpans('r', spans)
    const bySpan = (await t.backend.getSpans('r')).sort((a, b) => (a.spanId < b.spanId ? -1 : 1))
    t.assert.equal(
      bySpan.map(({ startTime, endTime, events }) => [startTime, endTime, events[0]?.time]),
      times.map((time) => [time, time, time]),
    )
  }),

  rule('SPN-28', 'Zero is a bound like others: of a range of time, and of what lies in it.', TRACES, async (t) => {
    const spans = [-1, 0, 1].map((startTime) => t.gen.span(`at ${startTime}`, { startTime, endTime: 5 }))
    await t.backend.saveSpans('r', spans)
    const count = async (timeRange: [number, number]) => (await t.backend.getSpanStatistics({ timeRange })).totalSpans
    t.assert.equal(await count([0, 10]), 2, 'from 0')
    t.assert.equal(await count([-10, 0]), 2, 'to 0')
    t.assert.equal(await count([0, 0]), 1, 'from 0 to 0')
  }),

  rule(
    'SPN-29',
    "The statistics of a pipeline are of the runs whose record has its name, not of the snapshots'.",
    { requires: ['traces', 'runs', 'states'] },
    async (t) => {
      await t.backend.saveRunStart(t.gen.run('r', { pipelineName: 'of the record' }))
      await t.backend.saveState('r', t.gen.state({ pipelineName: 'of the snapshot' }))
      await t.backend.saveSpans('r', [t.gen.span('s')])
      const { pipelineName } = t.assert.present(await t.backend.getRunDetails('r'), 'the run')
      t.assert.equal((await t.backend.getSpanStatistics({ pipelineName })).totalSpans, 1, 'of the run')
      const other = pipelineName === 'of the record' ? 'of the snapshot' : 'of the record'
      t.assert.equal((await t.backend.getSpanStatistics({ pipelineName: other })).totalSpans, 0, 'of no run')
    },
  ),

  rule('TRC-25', 'A root keeps the parent it was saved with, also one that is unknown.', TRACES, async (t) => {
    await t.backend.saveSpans('r', [t.gen.span('a', { parentSpanId: 'nowhere' })])
    t.assert.equal(withoutChildren(await traceOf(t)), (await t.backend.getSpans('r'))[0], 'one root')
    await t.backend.saveSpans('r', [t.gen.span('b', { parentSpanId: 'gone' })])
    const { children } = await traceOf(t)
    t.assert.equal(children.map(withoutChildren), await t.backend.getSpans('r'), 'two roots')
    t.assert.equal(
      children.map(({ parentSpanId }) => parentSpanId),
      ['nowhere', 'gone'],
      'their parents',
    )
  }),

  rule(
    'TRC-26',
    'The synthetic root ends with the child that ends last, wherever that one stands.',
    TRACES,
    async (t) => {
      const ends = [50, 90, 40]
      await t.backend.saveSpans(
        'r',
        ends.map((endTime, startTime) => t.gen.span(`s${startTime}`, { startTime, endTime })),
      )
      const { spanId, startTime, endTime } = await traceOf(t)
      t.assert.equal([spanId, startTime, endTime], ['', 0, 90])
    },
  ),
]
