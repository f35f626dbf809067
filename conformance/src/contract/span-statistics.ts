import { wrong } from '../fixtures/runs.js'
import { fromNow, HOUR } from '../fixtures/workflows.js'
import { type Rule, rule, ruleFor } from '../rule.js'

const TRACES = { requires: ['traces'] } as const
const TRACES_AND_RUNS = { requires: ['traces', 'runs'] } as const
const NOTHING = { totalSpans: 0, byName: {}, byStatus: {}, durationByName: {} }

const BAD_FILTERS: Readonly<Record<string, readonly [path: string, filter: unknown]>> = {
  'an unknown filter': ['$.name', { name: 'load' }],
  'an empty pipeline name': ['$.pipelineName', { pipelineName: '' }],
  'a range that ends before it begins': ['$.timeRange', { timeRange: [2, 1] }],
  'a range with one end': ['$.timeRange', { timeRange: [1] }],
  'a range as an object': ['$.timeRange', { timeRange: { from: 1, to: 2 } }],
  'an infinite end': ['$.timeRange[1]', { timeRange: [0, Number.POSITIVE_INFINITY] }],
  'a text for an end': ['$.timeRange[0]', { timeRange: ['2026-03-01', 0] }],
  'an invalid date for an end': ['$.timeRange[0]', { timeRange: [new Date(Number.NaN), 0] }],
}

export const spanStatisticsRules: readonly Rule[] = [
  rule('SPN-13', 'Without ended spans the statistics are zero and empty.', TRACES, async (t) => {
    t.assert.equal(await t.backend.getSpanStatistics(), NOTHING, 'an empty store')
    await t.backend.saveSpans('r', [t.gen.span('open', { endTime: null })])
    t.assert.equal(await t.backend.getSpanStatistics(), NOTHING, 'only an open span')
    t.assert.equal(await t.backend.getSpanStatistics({ pipelineName: 'none' }), NOTHING, 'a pipeline that is not there')
  }),

  rule('SPN-09', 'The statistics count ended spans of all runs, by name and by status.', TRACES, async (t) => {
    const span = (spanId: string, name: string, status: string, endTime: number | null = 1_010) =>
      t.gen.span(spanId, { name, status, endTime })
    await t.backend.saveSpans('a', [span('1', 'load', 'ok'), span('2', 'load', 'error'), span('3', 'load', 'ok', null)])
    await t.backend.saveSpans('b', [span('1', 'load', 'ok'), span('2', 'save', 'ok')])
    const { totalSpans, byName, byStatus } = await t.backend.getSpanStatistics()
    t.assert.equal(
      { totalSpans, byName, byStatus },
      { totalSpans: 4, byName: { load: 3, save: 1 }, byStatus: { ok: 3, error: 1 } },
    )
  }),

  rule(
    'SPN-10',
    'durationByName has count, total, average, min and max of each name, in milliseconds.',
    TRACES,
    async (t) => {
      const durations = { load: [0, 4, 2.25], save: [0.5], 'long ago': [1e9, 1e-3] }
      const spans = Object.entries(durations).flatMap(([name, all]) =>
        all.map((ms, index) =>
          t.gen.span(`${name} ${index}`, { name, startTime: 0, endTime: ms, status: index === 0 ? 'ok' : 'error' }),
        ),
      )
      // The spans of one name are of several runs, not as many in each.
      await t.backend.saveSpans('r', spans.slice(0, 2))
      await t.backend.saveSpans('s', spans.slice(2))
      const { durationByName } = await t.backend.getSpanStatistics()
      t.assert.equal(Object.keys(durationByName).sort(), Object.keys(durations).sort())
      for (const [name, all] of Object.entries(durations)) {
        const { count, total, average, min, max } = t.assert.present(durationByName[name], name)
        t.assert.equal({ count, min, max }, { count: all.length, min: Math.min(...all), max: Math.max(...all) }, name)
        t.assert.near(
          total,
          all.reduce((a, b) => a + b, 0),
          `total of ${name}`,
        )
        t.assert.near(average, all.reduce((a, b) => a + b, 0) / all.length, `average of ${name}`)
      }
    },
  ),

  rule(
    'SPN-20',
    'A span counts as it is now: ended, replaced, moved to another name, removed.',
    TRACES_AND_RUNS,
    async (t) => {
      const counts = async () => (await t.backend.getSpanStatistics()).byName
      await t.backend.saveSpans('r', [t.gen.span('a', { endTime: null })])
      await t.backend.saveSpans('r', [t.gen.span('a'), t.gen.span('b')])
      t.assert.equal(await counts(), { work: 2 }, 'ended')
      await t.backend.saveSpans('r', [t.gen.span('a', { name: 'renamed' })])
      t.assert.equal(await counts(), { work: 1, renamed: 1 }, 'renamed')
      await t.backend.saveTrace('r', t.gen.span('only'))
      t.assert.equal(await counts(), { work: 1 }, 'replaced by a trace')
      await t.backend.deleteRun('r')
      t.assert.equal(await t.backend.getSpanStatistics(), NOTHING, 'after deleteRun')
    },
  ),

  rule(
    'SPN-11',
    "The pipelineName filter takes the run's name of now, also one that came after the spans.",
    TRACES_AND_RUNS,
    async (t) => {
      const total = async (pipelineName: string) => (await t.backend.getSpanStatistics({ pipelineName })).totalSpans
      await t.backend.saveSpans('late', [t.gen.span('a')])
      await t.backend.saveRunStart({ runId: 'other', pipelineName: 'billing' })
      await t.backend.saveSpans('other', [t.gen.span('a'), t.gen.span('b')])
      t.assert.equal(
        [await total('unknown'), await total('orders'), await total('billing')],
        [1, 0, 2],
        'before the start',
      )
      await t.backend.saveRunStart({ runId: 'late', pipelineName: 'orders' })
      t.assert.equal(
        [await total('unknown'), await total('orders'), await total('billing')],
        [0, 1, 2],
        'after the start',
      )
      await t.backend.saveRunStart({ runId: 'other', pipelineName: 'Orders' })
      t.assert.equal(
        [await total('orders'), await total('Orders'), await total('order'), await total('%')],
        [1, 2, 0, 0],
        'renamed',
      )
    },
  ),

  rule('SPN-12', 'timeRange includes both its ends, on startTime.', TRACES, async (t) => {
    const [from, to] = [1_000.5, 2_000]
    const starts = [999, 1_000.25, from, 1_000.75, 1_999.5, to, 2_000.25, 2_001]
    await t.backend.saveSpans(
      'r',
      starts.map((startTime) => t.gen.span(`at ${startTime}`, { name: `at ${startTime}`, startTime, endTime: 5_000 })),
    )
    const { byName } = await t.backend.getSpanStatistics({ timeRange: [from, to] })
    t.assert.equal(
      Object.keys(byName).sort(),
      starts
        .filter((time) => time >= from && time <= to)
        .map((time) => `at ${time}`)
        .sort(),
    )
    t.assert.equal(
      (await t.backend.getSpanStatistics({ timeRange: [from, from] })).totalSpans,
      1,
      'a range of one instant',
    )
  }),

  rule('SPN-21', 'timeRange takes dates as well as numbers.', TRACES, async (t) => {
    const from = fromNow(t, -HOUR)
    const starts = [-1, 0, 1].map((ms) => from.getTime() + ms)
    await t.backend.saveSpans(
      'r',
      starts.map((startTime) => t.gen.span(`${startTime}`, { startTime, endTime: startTime })),
    )
    const to = new Date(from.getTime() + 1)
    for (const timeRange of [
      [from, to],
      [from.getTime(), to],
      [from, to.getTime()],
    ] as const)
      t.assert.equal((await t.backend.getSpanStatistics({ timeRange: [...timeRange] })).totalSpans, 2)
  }),

  rule('SPN-22', 'The filters of the statistics combine.', TRACES_AND_RUNS, async (t) => {
    for (const runId of ['orders', 'billing']) {
      await t.backend.saveRunStart({ runId, pipelineName: runId })
      await t.backend.saveSpans(
        runId,
        [1, 2, 3].map((time) => t.gen.span(`at ${time}`, { startTime: time, endTime: 9 })),
      )
    }
    const statistics = await t.backend.getSpanStatistics({ pipelineName: 'orders', timeRange: [2, 9] })
    t.assert.equal(statistics.totalSpans, 2)
  }),

  ruleFor(
    'SPN-23',
    'getSpanStatistics refuses unknown and mistyped filters with VALIDATION and the path.',
    TRACES,
    BAD_FILTERS,
    async (t, [path, filter]) => {
      await t.backend.saveSpans('r', [t.gen.span('a')])
      await t.assert.rejects(() => t.backend.getSpanStatistics(wrong(filter)), 'VALIDATION', { path })
    },
  ),

  rule(
    'SPN-14',
    'Names and statuses like `__proto__` and `constructor` are counted like others.',
    TRACES,
    async (t) => {
      const words = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'length']
      for (const [index, word] of words.entries())
        await t.backend.saveSpans(
          'r',
          [0, 1].map((n) => t.gen.span(`${index} ${n}`, { name: word, status: word, startTime: 0, endTime: n })),
        )
      const { totalSpans, byName, byStatus, durationByName } = await t.backend.getSpanStatistics()
      t.assert.equal(totalSpans, 2 * words.length)
      const counted = words.map((word) => [word, 2]).sort()
      t.assert.equal([Object.entries(byName).sort(), Object.entries(byStatus).sort()], [counted, counted])
      const duration = { count: 2, total: 1, average: 0.5, min: 0, max: 1 }
      t.assert.equal(Object.entries(durationByName).sort(), words.map((word) => [word, duration]).sort())
    },
  ),
]
