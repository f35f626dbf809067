import { WORKFLOW_STATUSES } from '@flujo-state/core'
import {
  around,
  DAY,
  fromNow,
  HOUR,
  idsOf,
  idsWhere,
  SECOND,
  save,
  saveInOrder,
  sortedIds,
} from '../fixtures/workflows.js'
import { type Rule, rule, ruleFor } from '../rule.js'

const STATES = { requires: ['states'] } as const
const failed = { status: 'failed' } as const

export const failedRules: readonly Rule[] = [
  rule('FLD-01', 'getFailedWorkflows gives exactly the workflows whose status is failed now.', STATES, async (t) => {
    for (const status of WORKFLOW_STATUSES) await save(t, status, { status })
    await save(t, 'mended', failed)
    await t.backend.updateState('mended', { status: 'running' })
    await save(t, 'broken', { status: 'running' })
    await t.backend.updateState('broken', failed)
    t.assert.equal(sortedIds(await t.backend.getFailedWorkflows()), ['broken', 'failed'])
  }),

  rule('FLD-02', 'The window is on updatedAt: the edge is in, one millisecond before is out.', STATES, async (t) => {
    t.clock.set(new Date('2026-03-20T15:30:00.500Z'))
    const cases = around(fromNow(t, -5 * HOUR))
    await saveInOrder(
      t,
      cases.map(({ runId, time }) => [runId, { ...failed, updatedAt: time }]),
    )
    t.assert.equal(sortedIds(await t.backend.getFailedWorkflows({ hoursBack: 5 })), idsWhere(cases, true))
    t.clock.advance(1)
    const later = sortedIds(await t.backend.getFailedWorkflows({ hoursBack: 5 }))
    t.assert.equal(
      later,
      idsWhere(cases, true).filter((runId) => runId !== 'at-the-edge'),
      'one millisecond later',
    )
  }),

  rule('FLD-03', 'Newest updatedAt first, ties by runId descending.', STATES, async (t) => {
    const times = { b: -2, '😀': -2, '\uFFFD': -2, a: -2, newest: -1, oldest: -3 }
    for (const [runId, hours] of Object.entries(times))
      await save(t, runId, { ...failed, updatedAt: fromNow(t, hours * HOUR), createdAt: fromNow(t, -hours * DAY) })
    t.assert.equal(idsOf(await t.backend.getFailedWorkflows()), ['newest', '😀', '\uFFFD', 'b', 'a', 'oldest'])
  }),

  rule('FLD-04', 'Entries are summaries, with errorMessage exactly as stored, null included.', STATES, async (t) => {
    const message = `line 1\nline 2\u0000 \uD800 'quoted' ${'x'.repeat(5_000)}`
    await save(t, 'a: text', { ...failed, errorMessage: message, updatedAt: fromNow(t, -1) })
    await save(t, 'b: null', { ...failed, errorMessage: null, updatedAt: fromNow(t, -2) })
    await save(t, 'c: empty', { ...failed, errorMessage: '', updatedAt: fromNow(t, -3) })
    const entries = await t.backend.getFailedWorkflows()
    t.assert.equal(
      entries.map(({ errorMessage }) => errorMessage),
      [message, null, ''],
      'errorMessage',
    )
    const summaries = await t.backend.listWorkflows()
    const byUpdate = summaries.sort((a, b) => b.updatedAt.getTime() - a.updatedAt.getTime())
    t.assert.equal(entries, byUpdate, 'the same summaries as listWorkflows')
  }),

  rule(
    'FLD-05',
    'The default is 24 hours; fractions count; 0 gives what was updated now or later.',
    STATES,
    async (t) => {
      await saveInOrder(
        t,
        [-DAY - 1, -DAY, -SECOND - 1, -SECOND, 0, DAY].map((offset, n) => [
          `${n}`,
          { ...failed, updatedAt: fromNow(t, offset) },
        ]),
      )
      const ids = async (hoursBack?: number) => idsOf(await t.backend.getFailedWorkflows({ hoursBack }))
      t.assert.equal(idsOf(await t.backend.getFailedWorkflows()), ['5', '4', '3', '2', '1'], 'without options')
      t.assert.equal(await ids(undefined), ['5', '4', '3', '2', '1'], 'undefined')
      t.assert.equal(await ids(1 / 3_600), ['5', '4', '3'], 'one second')
      t.assert.equal(await ids(0), ['5', '4'], '0')
    },
  ),

  ruleFor(
    'FLD-06',
    'A filter that cannot be meant is refused, with its path.',
    STATES,
    {
      'negative hours': { filter: { hoursBack: -1 }, path: '$.hoursBack' },
      'NaN hours': { filter: { hoursBack: Number.NaN }, path: '$.hoursBack' },
      'infinite hours': { filter: { hoursBack: Number.POSITIVE_INFINITY }, path: '$.hoursBack' },
      'hours as text': { filter: { hoursBack: '24' }, path: '$.hoursBack' },
      'null hours': { filter: { hoursBack: null }, path: '$.hoursBack' },
      'an unknown filter': { filter: { status: 'failed' }, path: '$.status' },
    },
    async (t, { filter, path }) => {
      await save(t, 'run', failed)
      await t.assert.rejects(() => t.backend.getFailedWorkflows(filter as object), 'VALIDATION', { path })
    },
  ),

  rule(
    'FLD-07',
    'createdAt does not matter: an old run that failed just now is in, a new one dated back is out.',
    STATES,
    async (t) => {
      await save(t, 'old run', { ...failed, createdAt: fromNow(t, -90 * DAY), updatedAt: fromNow(t, -HOUR) })
      await save(t, 'old failure', { ...failed, createdAt: fromNow(t, 0), updatedAt: fromNow(t, -2 * DAY) })
      t.assert.equal(idsOf(await t.backend.getFailedWorkflows()), ['old run'])
    },
  ),

  rule('FLD-08', 'Failed background tasks are among the failed workflows.', STATES, async (t) => {
    await save(t, 'task', { ...failed, isBackgroundTask: true })
    await save(t, 'workflow', failed)
    t.assert.equal(sortedIds(await t.backend.getFailedWorkflows()), ['task', 'workflow'])
  }),

  rule('FLD-09', 'A window longer than all time gives every failed workflow.', STATES, async (t) => {
    await save(t, 'year 1', { ...failed, updatedAt: new Date('0001-01-01T00:00:00.000Z') })
    await save(t, 'year 9999', { ...failed, updatedAt: new Date('9999-12-31T23:59:59.999Z') })
    for (const hoursBack of [1e9, 1e300, Number.MAX_VALUE])
      t.assert.equal(
        idsOf(await t.backend.getFailedWorkflows({ hoursBack })),
        ['year 9999', 'year 1'],
        `hoursBack ${hoursBack}`,
      )
  }),

  rule(
    'FLD-10',
    'A workflow that failed through its run record is in at once, and out when the run goes on.',
    { requires: ['states', 'runs'] },
    async (t) => {
      await save(t, 'run', { status: 'running', updatedAt: fromNow(t, -9 * DAY) })
      await t.backend.saveRunEnd('run', failed)
      t.assert.equal(idsOf(await t.backend.getFailedWorkflows()), ['run'], 'failed')
      await t.backend.saveRunStart({ runId: 'run', status: 'running' })
      t.assert.equal(await t.backend.getFailedWorkflows(), [], 'running again')
    },
  ),
]
