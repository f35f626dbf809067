import type { StateListItem, WorkflowFilter } from '@flujo-state/core'
import type { RuleContext } from '../context.js'
import { fromNow, HOUR, idsOf, SECOND, save, saveInOrder, sortedIds } from '../fixtures/workflows.js'
import { type Rule, rule, ruleFor } from '../rule.js'

const STATES = { requires: ['states'] } as const
const STATES_AND_RUNS = { requires: ['states', 'runs'] } as const

type List = (t: RuleContext, filter?: Pick<WorkflowFilter, 'status'>) => Promise<StateListItem[]>
const lists: Readonly<Record<string, List>> = {
  listStates: (t, filter) => t.backend.listStates(filter),
  listWorkflows: (t, filter) => t.backend.listWorkflows(filter),
}

/** Descending by code point. Text order, locales, UTF-16 units and case folding each disagree somewhere. */
const DESCENDING_IDS = [
  '😀',
  '𐀀',
  '\uFFFD',
  '\uF900',
  '\uE000',
  '한',
  'é',
  '~',
  'z',
  'e\u0301',
  'ab',
  'a/b',
  'a b',
  'a',
  '_',
  'Z',
  'B',
  '9',
  '10',
  '1',
  '.',
  '%',
] as const

const DESCENDING_TIMES = [
  '9999-12-31T23:59:59.999Z',
  '2100-02-28T00:00:00.000Z',
  '2038-01-19T03:14:08.000Z',
  '2038-01-19T03:14:07.999Z',
  '2026-03-01T10:00:00.001Z',
  '2026-03-01T10:00:00.000Z',
  '2026-03-01T09:59:59.999Z',
  '2001-09-09T01:46:40.000Z',
  '2001-09-09T01:46:39.999Z',
  '1970-01-01T00:00:00.001Z',
  '1970-01-01T00:00:00.000Z',
  '1969-12-31T23:59:59.999Z',
  '1900-02-28T12:00:00.000Z',
  '0001-01-01T00:00:00.000Z',
] as const

export const workflowListRules: readonly Rule[] = [
  ruleFor('LST-01', 'Every saved state is listed exactly once.', STATES, lists, async (t, list) => {
    t.assert.equal(await list(t), [], 'an empty store')
    for (const runId of ['c', 'a', 'b']) await save(t, runId)
    await save(t, 'a', { status: 'paused' })
    await t.backend.updateState('b', { status: 'failed' })
    t.assert.equal(sortedIds(await list(t)), ['a', 'b', 'c'])
  }),

  ruleFor(
    'LST-02',
    'Workflows come newest createdAt first, whatever their updatedAt.',
    STATES,
    lists,
    async (t, list) => {
      const hours = [-2, 0, -3, 1, -1]
      for (const hour of hours)
        await save(t, `hour ${hour}`, { createdAt: fromNow(t, hour * HOUR), updatedAt: fromNow(t, -hour * HOUR) })
      t.assert.equal(idsOf(await list(t)), ['hour 1', 'hour 0', 'hour -1', 'hour -2', 'hour -3'])
    },
  ),

  ruleFor(
    'LST-03',
    'Workflows with equal createdAt come by runId descending in code-point order, in whatever order they were written.',
    STATES,
    lists,
    async (t, list) => {
      const createdAt = fromNow(t, -HOUR)
      const [even, odd] = [0, 1].map((rest) => DESCENDING_IDS.filter((_, index) => index % 2 === rest))
      await saveInOrder(
        t,
        [...(odd ?? []), ...(even ?? [])].map((runId) => [runId, { createdAt }]),
      )
      t.assert.equal(idsOf(await list(t)), DESCENDING_IDS, 'after inserting')
      for (const runId of ['B', '😀', '10']) await t.backend.updateState(runId, { currentStepIndex: 7 })
      t.assert.equal(idsOf(await list(t)), DESCENDING_IDS, 'after updates')
    },
  ),

  ruleFor(
    'LST-04',
    'The order compares instants: before 1970, across digits of the millisecond count, after 2038, up to the year 9999.',
    STATES,
    lists,
    async (t, list) => {
      // Were two times taken for equal, their ids would put them the wrong way round.
      const rows = DESCENDING_TIMES.map((time, n) => ({ id: `${String(n).padStart(2, '0')} ${time}`, time }))
      const shuffled = rows.map((_, n) => rows[(n * 5) % rows.length] ?? rows[0])
      for (const row of shuffled) if (row) await save(t, row.id, { createdAt: new Date(row.time) })
      t.assert.equal(
        idsOf(await list(t)),
        rows.map(({ id }) => id),
      )
    },
  ),

  rule('LST-10', 'listWorkflows gives exactly the fields of a summary, with the stored values.', STATES, async (t) => {
    const fields = {
      pipelineId: 'p-1',
      pipelineName: 'invoices',
      pipelineVersion: '2.1.0',
      currentStepIndex: 3,
      status: 'failed',
      createdAt: fromNow(t, -HOUR),
      updatedAt: fromNow(t, -SECOND),
      totalSteps: 5,
      errorMessage: 'no paper\nleft',
      executionTimeMs: 12.5,
      memoryUsageMb: 0,
      metadata: { customer: { id: 7 }, tags: ['a', 'b'] },
      isBackgroundTask: true,
      parentRunId: 'parent',
      taskId: 'task-9',
      backgroundError: 'printer on fire',
    } as const
    const payloads = { pipelineContext: { secret: 1 }, lastStepOutput: [1], stepHistory: [{ step: 'one' }] }
    const { version } = await t.backend.saveState('full', { ...fields, ...payloads })
    t.assert.equal(await t.backend.listWorkflows(), [{ runId: 'full', ...fields, version }])
  }),

  rule('LST-18', 'listWorkflows shows the defaults of fields that were left out.', STATES, async (t) => {
    const required = {
      pipelineId: 'p',
      pipelineName: 'n',
      pipelineVersion: '1',
      currentStepIndex: 0,
      status: 'running',
    } as const
    const { version } = await t.backend.saveState('bare', { ...required, pipelineContext: {} })
    const now = t.clock.now()
    const defaults = {
      totalSteps: 0,
      errorMessage: null,
      executionTimeMs: null,
      memoryUsageMb: null,
      metadata: {},
      isBackgroundTask: false,
      parentRunId: null,
      taskId: null,
      backgroundError: null,
    }
    const expected = { runId: 'bare', ...required, createdAt: now, updatedAt: now, ...defaults, version }
    t.assert.equal(await t.backend.listWorkflows(), [expected])
  }),

  rule('LST-19', 'listStates gives exactly runId, status, createdAt and updatedAt.', STATES, async (t) => {
    const times = { createdAt: fromNow(t, -HOUR), updatedAt: fromNow(t, -SECOND) }
    await save(t, 'run', { status: 'paused', ...times })
    t.assert.equal(await t.backend.listStates(), [{ runId: 'run', status: 'paused', ...times }])
  }),

  ruleFor(
    'LST-11',
    'Saving a workflow again moves it between status filters; it keeps its place by createdAt.',
    STATES,
    lists,
    async (t, list) => {
      for (const [index, runId] of ['old', 'middle', 'new'].entries()) {
        await save(t, runId, { status: 'running', createdAt: fromNow(t, index * SECOND) })
      }
      t.clock.advance(HOUR)
      await save(t, 'old', { status: 'failed', createdAt: undefined, updatedAt: t.clock.now() })
      t.assert.equal(idsOf(await list(t)), ['new', 'middle', 'old'], 'all')
      t.assert.equal(idsOf(await list(t, { status: 'running' })), ['new', 'middle'], 'running')
      t.assert.equal(idsOf(await list(t, { status: 'failed' })), ['old'], 'failed')
      await save(t, 'old', { status: 'failed', createdAt: fromNow(t, 0) })
      t.assert.equal(idsOf(await list(t)), ['old', 'new', 'middle'], 'with a new createdAt')
    },
  ),

  ruleFor(
    'LST-12',
    'A state is listed whether or not it has a run record; a run record without a state is not listed.',
    STATES_AND_RUNS,
    lists,
    async (t, list) => {
      await save(t, 'state only')
      await save(t, 'both')
      await t.backend.saveRunStart({ runId: 'both' })
      await t.backend.saveRunStart({ runId: 'run only' })
      await t.backend.saveRunEnd('nobody started it', {})
      t.assert.equal(sortedIds(await list(t)), ['both', 'state only'])
    },
  ),

  ruleFor(
    'LST-16',
    'A status moved by saveRunStart or saveRunEnd is the one that lists show and filter by.',
    STATES_AND_RUNS,
    lists,
    async (t, list) => {
      for (const runId of ['ended', 'paused', 'untouched']) await save(t, runId, { status: 'running' })
      await t.backend.saveRunEnd('ended', { status: 'cancelled' })
      await t.backend.saveRunStart({ runId: 'paused', status: 'paused' })
      t.assert.equal(idsOf(await list(t, { status: 'cancelled' })), ['ended'], 'cancelled')
      t.assert.equal(idsOf(await list(t, { status: 'running' })), ['untouched'], 'running')
      const shown = Object.fromEntries((await list(t)).map(({ runId, status }) => [runId, status]))
      t.assert.equal(shown, { ended: 'cancelled', paused: 'paused', untouched: 'running' })
    },
  ),
]
