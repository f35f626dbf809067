import { WORKFLOW_STATUSES, type WorkflowStatus } from '@flujo-state/core'
import { blankRun, wrong } from '../fixtures/runs.js'
import { around, fromNow, HOUR, idsOf, idsWhere, SECOND, sortedIds } from '../fixtures/workflows.js'
import { type Rule, rule, ruleFor } from '../rule.js'

const RUNS = { requires: ['runs'] } as const

/** Names that careless filters take for one another. */
const NAMES = [
  'orders',
  'Orders',
  'orders ',
  'order',
  'orders-eu',
  'ord%',
  'o_ders',
  '*',
  'unknown',
  "o'rders",
  'é',
  'e\u0301',
]

const STATUS_FILTERS: Readonly<Record<string, WorkflowStatus | WorkflowStatus[]>> = {
  ...Object.fromEntries(WORKFLOW_STATUSES.map((status) => [status, status])),
  'two of them': ['failed', 'running'],
  'all of them': [...WORKFLOW_STATUSES],
  'one twice': ['paused', 'paused'],
  'none of them': [],
}

const BAD_FILTERS: Readonly<Record<string, readonly [path: string, filter: unknown]>> = {
  'an unknown filter': ['$.pipeline', { pipeline: 'orders' }],
  'a filter that other lists have': ['$.pipelineId', { pipelineId: 'orders' }],
  'an unknown status': ['$.status', { status: 'done' }],
  'null for the status': ['$.status', { status: null }],
  'an empty pipeline name': ['$.pipelineName', { pipelineName: '' }],
  'an array for metadataFilter': ['$.metadataFilter', { metadataFilter: [] }],
  'null for metadataFilter': ['$.metadataFilter', { metadataFilter: null }],
  'a text for a time': ['$.createdAfter', { createdAfter: '2026-03-01' }],
  'an invalid date': ['$.createdBefore', { createdBefore: new Date(Number.NaN) }],
  'a text for the filter': ['$', 'orders'],
}

export const runListRules: readonly Rule[] = [
  rule('RUN-08', 'listRuns gives each run once, newest createdAt first, ties by runId descending.', RUNS, async (t) => {
    t.assert.equal(await t.backend.listRuns(), [], 'an empty store')
    const times = { a: 0, b: -1, '\uffff': 0, '😀': 0, c: 1, B: 0 }
    for (const [runId, seconds] of Object.entries(times))
      await t.backend.saveRunStart({ runId, createdAt: fromNow(t, seconds * SECOND) })
    const expected = ['c', '😀', '\uffff', 'a', 'B', 'b']
    t.assert.equal(idsOf(await t.backend.listRuns()), expected)
    t.clock.advance(HOUR)
    for (const runId of ['b', 'a']) await t.backend.saveRunEnd(runId, {})
    await t.backend.saveRunStart({ runId: 'B', totalSteps: 1 })
    t.assert.equal(idsOf(await t.backend.listRuns()), expected, 'after updates')
  }),

  rule('RUN-24', 'listRuns shows every field of a run but finalContext.', RUNS, async (t) => {
    await t.backend.saveRunStart({ runId: 'r', pipelineName: 'Orders', metadata: { a: [1] }, totalSteps: 2 })
    await t.backend.saveRunEnd('r', {
      status: 'failed',
      errorMessage: 'no \u0000',
      finalContext: { big: 1 },
      totalCostUsd: 3,
    })
    const { finalContext, ...listed } = t.assert.present(await t.backend.getRunDetails('r'), 'the run')
    t.assert.equal(finalContext, { big: 1 }, 'finalContext of getRunDetails')
    t.assert.equal(await t.backend.listRuns(), [listed])
  }),

  ruleFor(
    'RUN-09',
    'The status filter gives exactly the runs of these statuses.',
    RUNS,
    STATUS_FILTERS,
    async (t, status) => {
      for (const each of WORKFLOW_STATUSES)
        for (const n of [1, 2]) await t.backend.saveRunStart({ runId: `${each} ${n}`, status: each })
      const wanted = WORKFLOW_STATUSES.filter((each) => [status].flat().includes(each))
      const found = await t.backend.listRuns({ status })
      t.assert.equal(sortedIds(found), wanted.flatMap((each) => [`${each} 1`, `${each} 2`]).sort())
      t.assert.ok(
        found.every((run) => wanted.includes(run.status)),
        'the statuses shown are those asked for',
      )
    },
  ),

  rule(
    'RUN-25',
    'The pipelineName filter is exact: no beginning, no pattern, no folding of case or accents.',
    RUNS,
    async (t) => {
      for (const name of NAMES)
        await t.backend.saveRunStart({ runId: `run of ${name}`, pipelineName: name, pipelineId: 'orders' })
      for (const name of NAMES)
        t.assert.equal(idsOf(await t.backend.listRuns({ pipelineName: name })), [`run of ${name}`], name)
      t.assert.equal(await t.backend.listRuns({ pipelineName: 'orders%' }), [], 'a name that no run has')
    },
  ),

  rule('RUN-26', 'createdAfter includes its edge, createdBefore does not.', RUNS, async (t) => {
    const edge = fromNow(t, -HOUR)
    const cases = around(edge)
    for (const { runId, time } of cases) await t.backend.saveRunStart({ runId, createdAt: time })
    t.assert.equal(sortedIds(await t.backend.listRuns({ createdAfter: edge })), idsWhere(cases, true), 'createdAfter')
    t.assert.equal(
      sortedIds(await t.backend.listRuns({ createdBefore: edge })),
      idsWhere(cases, false),
      'createdBefore',
    )
    const second = { createdAfter: edge, createdBefore: new Date(edge.getTime() + 1) }
    t.assert.equal(idsOf(await t.backend.listRuns(second)), ['at-the-edge'], 'a window of one millisecond')
    t.assert.equal(await t.backend.listRuns({ createdAfter: edge, createdBefore: edge }), [], 'an empty window')
  }),

  rule('RUN-27', 'Filters of listRuns combine: a run must pass all of them.', RUNS, async (t) => {
    const fields = {
      status: 'paused',
      pipelineName: 'orders',
      metadata: { tenant: 'acme' },
      createdAt: t.clock.now(),
    } as const
    await t.backend.saveRunStart({ runId: 'all', ...fields })
    await t.backend.saveRunStart({ runId: 'status', ...fields, status: 'failed' })
    await t.backend.saveRunStart({ runId: 'name', ...fields, pipelineName: 'billing' })
    await t.backend.saveRunStart({ runId: 'metadata', ...fields, metadata: { tenant: 'other' } })
    await t.backend.saveRunStart({ runId: 'time', ...fields, createdAt: fromNow(t, -SECOND) })
    const filter = {
      status: 'paused',
      pipelineName: 'orders',
      metadataFilter: { tenant: 'acme' },
      createdAfter: t.clock.now(),
    }
    t.assert.equal(idsOf(await t.backend.listRuns(wrong(filter))), ['all'])
  }),

  rule(
    'RUN-13',
    'A snapshot alone is not listed as a run; a run without a snapshot is listed with its own metadata.',
    { requires: ['runs', 'states'] },
    async (t) => {
      await t.backend.saveState('snapshot only', t.gen.state())
      await t.backend.saveRunStart({ runId: 'run only' })
      t.assert.equal(await t.backend.getRunDetails('snapshot only'), null)
      const { finalContext: _notInLists, ...listed } = blankRun('run only', t.clock.now())
      t.assert.equal(await t.backend.listRuns(), [listed])
    },
  ),

  rule(
    'RUN-28',
    "A run shows its snapshot's metadata if there is a snapshot, else its own.",
    { requires: ['runs', 'states'] },
    async (t) => {
      const shown = async () => {
        const [listed, run] = [await t.backend.listRuns(), await t.backend.getRunDetails('r')]
        return [listed[0]?.metadata, run?.metadata]
      }
      await t.backend.saveRunStart({ runId: 'r', metadata: { of: 'run' } })
      t.assert.equal(await shown(), [{ of: 'run' }, { of: 'run' }], 'without a snapshot')
      await t.backend.saveState('r', t.gen.state({ metadata: { of: 'snapshot' } }))
      t.assert.equal(await shown(), [{ of: 'snapshot' }, { of: 'snapshot' }], 'with a snapshot')
      await t.backend.saveRunStart({ runId: 'r', metadata: { of: 'run' } })
      t.assert.equal(await shown(), [{ of: 'snapshot' }, { of: 'snapshot' }], 'after it was started again')
      t.assert.equal((await t.backend.loadState('r'))?.metadata, { of: 'snapshot' }, "the snapshot's own")
      await t.backend.updateState('r', { metadata: {} })
      t.assert.equal(await shown(), [{}, {}], 'with empty metadata of the snapshot')
      await t.backend.deleteState('r')
      t.assert.equal(await shown(), [{ of: 'run' }, { of: 'run' }], 'after the snapshot was deleted')
    },
  ),

  ruleFor(
    'RUN-29',
    'listRuns refuses unknown and mistyped filters with VALIDATION and the path.',
    RUNS,
    BAD_FILTERS,
    async (t, [path, filter]) => {
      await t.backend.saveRunStart({ runId: 'r' })
      await t.assert.rejects(() => t.backend.listRuns(wrong(filter)), 'VALIDATION', { path })
    },
  ),
]
