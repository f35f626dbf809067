import { WORKFLOW_STATUSES, type WorkflowFilter } from '@flujo-state/core'
import { around, DAY, fromNow, HOUR, idsOf, idsWhere, save, saveInOrder, sortedIds } from '../fixtures/workflows.js'
import { type Rule, rule, ruleFor } from '../rule.js'

const STATES = { requires: ['states'] } as const
const NAMES = ['pipelineId', 'pipelineName', 'pipelineVersion'] as const
const names = { pipelineId: 'pipelineId', pipelineName: 'pipelineName', pipelineVersion: 'pipelineVersion' } as const

/** What a sloppy comparison takes for `orders`. */
const LOOK_ALIKES = [
  'orders-eu',
  'order',
  'Orders',
  'ORDERS',
  'orders ',
  ' orders',
  'order_',
  'order%',
  'order*',
  'órders',
]

const BAD_FILTERS: Readonly<Record<string, { filter: unknown; path: string }>> = {
  'an unknown field': { filter: { colour: 'red' }, path: '$.colour' },
  'a field of another list': { filter: { parentRunId: 'p' }, path: '$.parentRunId' },
  'a null filter': { filter: { pipelineName: null }, path: '$.pipelineName' },
  'a null status': { filter: { status: null }, path: '$.status' },
  'an unknown status': { filter: { status: 'done' }, path: '$.status' },
  'a status in capitals': { filter: { status: 'FAILED' }, path: '$.status' },
  'a number for a name': { filter: { pipelineId: 5 }, path: '$.pipelineId' },
  'a text for a time': { filter: { createdAfter: '2026-01-01T00:00:00Z' }, path: '$.createdAfter' },
  'a number for a time': { filter: { createdBefore: 5 }, path: '$.createdBefore' },
  'an invalid time': { filter: { createdAfter: new Date(Number.NaN) }, path: '$.createdAfter' },
  'no object': { filter: 'failed', path: '$' },
  null: { filter: null, path: '$' },
}

export const workflowFilterRules: readonly Rule[] = [
  rule('LST-05', 'A status filter gives exactly the workflows that have this status now.', STATES, async (t) => {
    for (const status of WORKFLOW_STATUSES)
      await saveInOrder(
        t,
        [1, 2].map((n) => [`${status} ${n}`, { status }]),
      )
    await t.backend.updateState('running 1', { status: 'paused' })
    await save(t, 'completed 1', { status: 'running' })
    const expected = {
      running: ['completed 1', 'running 2'],
      paused: ['paused 1', 'paused 2', 'running 1'],
      completed: ['completed 2'],
      failed: ['failed 1', 'failed 2'],
      cancelled: ['cancelled 1', 'cancelled 2'],
    }
    for (const status of WORKFLOW_STATUSES) {
      t.assert.equal(sortedIds(await t.backend.listWorkflows({ status })), expected[status], `listWorkflows ${status}`)
      t.assert.equal(sortedIds(await t.backend.listStates({ status })), expected[status], `listStates ${status}`)
    }
  }),

  ruleFor(
    'LST-06',
    'A filter by pipeline is exact: no prefix, no pattern, no folding of case or accents, no other field.',
    STATES,
    names,
    async (t, name) => {
      const others = NAMES.filter((other) => other !== name)
      const elsewhere = Object.fromEntries(others.map((other) => [other, 'orders']))
      await save(t, 'elsewhere', { ...elsewhere, [name]: 'something else' })
      await save(t, 'match', { [name]: 'orders' })
      for (const text of LOOK_ALIKES) await save(t, `like ${text}`, { [name]: text })
      t.assert.equal(idsOf(await t.backend.listWorkflows({ [name]: 'orders' })), ['match'], 'orders')
      for (const text of LOOK_ALIKES)
        t.assert.equal(idsOf(await t.backend.listWorkflows({ [name]: text })), [`like ${text}`], text)
      t.assert.equal(await t.backend.listWorkflows({ [name]: 'nobody has it' }), [], 'no match')
    },
  ),

  rule('LST-07', 'Filters combine: a workflow must match them all.', STATES, async (t) => {
    const match = {
      pipelineId: 'p',
      pipelineName: 'n',
      pipelineVersion: '1',
      status: 'failed',
      createdAt: fromNow(t, 0),
    } as const
    await saveInOrder(t, [
      ['match', match],
      ['other id', { ...match, pipelineId: 'x' }],
      ['other name', { ...match, pipelineName: 'x' }],
      ['other version', { ...match, pipelineVersion: '2' }],
      ['other status', { ...match, status: 'running' }],
      ['other time', { ...match, createdAt: fromNow(t, -DAY) }],
    ])
    const { createdAt, ...texts } = match
    const filter = { ...texts, createdAfter: createdAt, createdBefore: fromNow(t, 1) }
    t.assert.equal(idsOf(await t.backend.listWorkflows(filter)), ['match'])
  }),

  ruleFor('LST-08', 'A filter that cannot be meant is refused, with its path.', STATES, BAD_FILTERS, async (t, bad) => {
    await save(t, 'run')
    await t.assert.rejects(() => t.backend.listWorkflows(bad.filter as WorkflowFilter), 'VALIDATION', {
      path: bad.path,
    })
  }),

  ruleFor('LST-09', 'An empty filter text is refused: it is no name.', STATES, names, async (t, name) => {
    await save(t, 'run')
    await t.assert.rejects(() => t.backend.listWorkflows({ [name]: '' }), 'VALIDATION', { path: `$.${name}` })
  }),

  rule(
    'LST-13',
    'Several statuses match any of them, in one order; an empty array of statuses matches none.',
    STATES,
    async (t) => {
      const statuses = [...WORKFLOW_STATUSES, ...WORKFLOW_STATUSES]
      await saveInOrder(
        t,
        statuses.map((status, n) => [`${n} ${status}`, { status, createdAt: fromNow(t, n) }]),
      )
      const both = ['8 failed', '5 running', '3 failed', '0 running']
      for (const list of [t.backend.listWorkflows, t.backend.listStates]) {
        const ids = async (status: WorkflowFilter['status']) => idsOf(await list.call(t.backend, { status }))
        t.assert.equal(await ids(['running', 'failed']), both, 'two')
        t.assert.equal(
          await ids(['failed', 'running', 'failed']),
          both,
          'the order and repetition of statuses do not matter',
        )
        t.assert.equal((await ids([...WORKFLOW_STATUSES])).length, 10, 'all five')
        t.assert.equal(await ids([]), [], 'none')
        t.assert.equal((await ids(undefined)).length, 10, 'undefined does not filter')
      }
    },
  ),

  rule('LST-14', 'createdAfter includes its own millisecond, createdBefore does not.', STATES, async (t) => {
    const edge = new Date('2026-02-10T15:30:00.500Z')
    const cases = around(edge)
    await saveInOrder(
      t,
      cases.map(({ runId, time }) => [runId, { createdAt: time }]),
    )
    const after = await t.backend.listWorkflows({ createdAfter: edge })
    t.assert.equal(sortedIds(after), idsWhere(cases, true), 'createdAfter')
    const before = await t.backend.listWorkflows({ createdBefore: edge })
    t.assert.equal(sortedIds(before), idsWhere(cases, false), 'createdBefore')
    const one = { createdAfter: edge, createdBefore: new Date(edge.getTime() + 1) }
    t.assert.equal(idsOf(await t.backend.listWorkflows(one)), ['at-the-edge'], 'a window of one millisecond')
  }),

  rule(
    'LST-21',
    'Windows compare instants, also before 1970 and from the year 1 to the year 9999.',
    STATES,
    async (t) => {
      const times = [
        '0001-01-01T00:00:00.000Z',
        '1899-12-31T23:59:59.999Z',
        '1969-12-31T23:59:59.999Z',
        '1970-01-01T00:00:00.000Z',
        '1970-01-01T00:00:00.010Z',
        '2001-09-09T01:46:40.000Z',
        '2038-01-19T03:14:08.000Z',
        '9999-12-31T23:59:59.999Z',
      ].map((time) => new Date(time))
      for (const time of times) await save(t, time.toISOString(), { createdAt: time })
      const newestFirst = times.map((time) => time.toISOString()).reverse()
      for (const [index, time] of times.entries()) {
        const after = await t.backend.listWorkflows({ createdAfter: time })
        t.assert.equal(idsOf(after), newestFirst.slice(0, times.length - index), `after ${time.toISOString()}`)
        const before = await t.backend.listWorkflows({ createdBefore: time })
        t.assert.equal(idsOf(before), newestFirst.slice(times.length - index), `before ${time.toISOString()}`)
      }
    },
  ),

  rule('LST-15', 'A window that ends where it begins, or before, is empty.', STATES, async (t) => {
    const now = fromNow(t, 0)
    await save(t, 'run', { createdAt: now })
    t.assert.equal(await t.backend.listWorkflows({ createdAfter: now, createdBefore: now }), [], 'empty')
    const reversed = { createdAfter: fromNow(t, HOUR), createdBefore: fromNow(t, -HOUR) }
    t.assert.equal(await t.backend.listWorkflows(reversed), [], 'reversed')
  }),

  rule(
    'LST-17',
    'The windows of createdAfter and createdBefore look at createdAt, not at updatedAt.',
    STATES,
    async (t) => {
      await save(t, 'old, just written', { createdAt: fromNow(t, -DAY), updatedAt: fromNow(t, 0) })
      await save(t, 'new, dated back', { createdAt: fromNow(t, 0), updatedAt: fromNow(t, -DAY) })
      t.assert.equal(idsOf(await t.backend.listWorkflows({ createdAfter: fromNow(t, -HOUR) })), ['new, dated back'])
      t.assert.equal(idsOf(await t.backend.listWorkflows({ createdBefore: fromNow(t, -HOUR) })), ['old, just written'])
    },
  ),

  ruleFor(
    'LST-20',
    'listStates filters by status only; any other filter is refused, with its path.',
    STATES,
    {
      'a filter of listWorkflows': { filter: { pipelineName: 'x' }, path: '$.pipelineName' },
      'an unknown status': { filter: { status: 'done' }, path: '$.status' },
      'a null filter': { filter: null, path: '$' },
    },
    async (t, { filter, path }) => {
      await save(t, 'run')
      await t.assert.rejects(() => t.backend.listStates(filter as object), 'VALIDATION', { path })
    },
  ),
]
