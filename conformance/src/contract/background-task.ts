import { WORKFLOW_STATUSES, type WorkflowStateInput } from '@flujo-state/core'
import type { RuleContext } from '../context.js'
import { around, DAY, fromNow, HOUR, idsOf, idsWhere, save, saveInOrder, sortedIds } from '../fixtures/workflows.js'
import { type Rule, rule, ruleFor } from '../rule.js'

const TASKS = { requires: ['states', 'backgroundTasks'] } as const

function task(t: RuleContext, runId: string, fields: Partial<WorkflowStateInput> = {}) {
  return save(t, runId, { isBackgroundTask: true, ...fields })
}

const BAD_FILTERS: Readonly<Record<string, { filter: unknown; path: string }>> = {
  'an unknown field': { filter: { pipelineName: 'x' }, path: '$.pipelineName' },
  'a null parent': { filter: { parentRunId: null }, path: '$.parentRunId' },
  'an empty parent': { filter: { parentRunId: '' }, path: '$.parentRunId' },
}

export const backgroundTaskRules: readonly Rule[] = [
  rule('BGT-01', 'listBackgroundTasks gives exactly the states flagged isBackgroundTask.', TASKS, async (t) => {
    await task(t, 'task')
    await save(t, 'unflagged', {
      isBackgroundTask: false,
      taskId: 'x',
      parentRunId: 'y',
      metadata: { isBackgroundTask: true },
    })
    await save(t, 'left out', { metadata: { is_background_task: true } })
    await save(t, 'flagged later')
    await t.backend.updateState('flagged later', { isBackgroundTask: true })
    await task(t, 'unflagged later')
    await t.backend.updateState('unflagged later', { isBackgroundTask: false })
    t.assert.equal(sortedIds(await t.backend.listBackgroundTasks()), ['flagged later', 'task'])
  }),

  rule('BGT-02', 'The parentRunId filter is exact; tasks without a parent match no parent.', TASKS, async (t) => {
    await task(t, 'child', { parentRunId: 'parent' })
    await task(t, 'orphan', { parentRunId: null })
    for (const parentRunId of ['parent-2', 'Parent', 'parent ', 'paren', 'null'])
      await task(t, `of ${parentRunId}`, { parentRunId })
    await save(t, 'no task', { parentRunId: 'parent' })
    for (const list of ['listBackgroundTasks', 'getFailedBackgroundTasks'] as const) {
      if (list === 'getFailedBackgroundTasks')
        for (const { runId } of await t.backend.listBackgroundTasks())
          await t.backend.updateState(runId, { status: 'failed' })
      const ids = async (parentRunId: string) => idsOf(await t.backend[list]({ parentRunId }))
      t.assert.equal(await ids('parent'), ['child'], `${list} parent`)
      t.assert.equal(await ids('null'), ['of null'], `${list} null`)
      t.assert.equal(await ids('nobody'), [], `${list} nobody`)
    }
  }),

  rule('BGT-03', 'The status filter is exact, takes several, and combines with parentRunId.', TASKS, async (t) => {
    for (const status of WORKFLOW_STATUSES)
      for (const parentRunId of ['p', 'q']) await task(t, `${status} ${parentRunId}`, { status, parentRunId })
    const ids = async (filter: Parameters<typeof t.backend.listBackgroundTasks>[0]) =>
      sortedIds(await t.backend.listBackgroundTasks(filter))
    t.assert.equal(await ids({ status: 'failed' }), ['failed p', 'failed q'], 'one status')
    t.assert.equal(await ids({ status: 'failed', parentRunId: 'p' }), ['failed p'], 'with a parent')
    t.assert.equal(
      await ids({ status: ['running', 'paused'], parentRunId: 'q' }),
      ['paused q', 'running q'],
      'two statuses',
    )
    t.assert.equal(await ids({ status: [] }), [], 'no status')
  }),

  rule('BGT-04', 'Tasks come newest updatedAt first, ties by runId descending.', TASKS, async (t) => {
    const times = { b: -2, '😀': -2, '\uFFFD': -2, a: -2, newest: -1, oldest: -3 }
    for (const [runId, hours] of Object.entries(times)) {
      const fields = {
        updatedAt: fromNow(t, hours * HOUR),
        createdAt: fromNow(t, -hours * DAY),
        status: 'failed',
      } as const
      await task(t, runId, fields)
    }
    const expected = ['newest', '😀', '\uFFFD', 'b', 'a', 'oldest']
    t.assert.equal(idsOf(await t.backend.listBackgroundTasks()), expected, 'listBackgroundTasks')
    t.assert.equal(idsOf(await t.backend.getFailedBackgroundTasks()), expected, 'getFailedBackgroundTasks')
    await t.backend.updateState('oldest', { currentStepIndex: 1 })
    t.assert.equal(idsOf(await t.backend.listBackgroundTasks())[0], 'oldest', 'after an update of the oldest')
  }),

  rule(
    'BGT-05',
    'Entries are summaries with parentRunId, taskId, backgroundError and metadata as stored.',
    TASKS,
    async (t) => {
      const fields = {
        status: 'failed',
        createdAt: fromNow(t, -HOUR),
        updatedAt: fromNow(t, -1),
        metadata: { queue: { name: 'mail' } },
        parentRunId: 'parent',
        taskId: 'task-1',
        backgroundError: 'no\u0000 network \uDC00',
      } as const
      await task(t, 'task', fields)
      const [entry] = await t.backend.listBackgroundTasks()
      const { status, createdAt, updatedAt, metadata, parentRunId, taskId, backgroundError } = t.assert.present(
        entry,
        'the entry',
      )
      t.assert.equal({ status, createdAt, updatedAt, metadata, parentRunId, taskId, backgroundError }, fields)
      const [summary] = await t.backend.listWorkflows()
      t.assert.equal(entry, summary, 'the same summary as in listWorkflows')
      t.assert.equal(await t.backend.getFailedBackgroundTasks(), [entry], 'the same as in getFailedBackgroundTasks')
    },
  ),

  rule(
    'BGT-06',
    'A page is full when there are enough tasks, however many other workflows are newer.',
    TASKS,
    async (t) => {
      for (let n = 0; n < 5; n++) await task(t, `task ${n}`, { status: 'failed', updatedAt: fromNow(t, -DAY + n) })
      for (let n = 0; n < 30; n++) await save(t, `workflow ${n}`, { status: 'failed', updatedAt: fromNow(t, n) })
      t.assert.equal(
        idsOf(await t.backend.listBackgroundTasks({ limit: 3 })),
        ['task 4', 'task 3', 'task 2'],
        'listBackgroundTasks',
      )
      const failed = await t.backend.getFailedBackgroundTasks({ limit: 2, offset: 1 })
      t.assert.equal(idsOf(failed), ['task 3', 'task 2'], 'getFailedBackgroundTasks')
    },
  ),

  rule(
    'BGT-07',
    'getFailedBackgroundTasks gives failed tasks updated in the window, its edge included.',
    TASKS,
    async (t) => {
      t.clock.set(new Date('2026-03-20T15:30:00.500Z'))
      const cases = around(fromNow(t, -6 * HOUR))
      await saveInOrder(
        t,
        cases.map(({ runId, time }) => [runId, { status: 'failed', isBackgroundTask: true, updatedAt: time }]),
      )
      await save(t, 'no task', { status: 'failed' })
      for (const status of WORKFLOW_STATUSES) if (status !== 'failed') await task(t, status, { status })
      t.assert.equal(sortedIds(await t.backend.getFailedBackgroundTasks({ hoursBack: 6 })), idsWhere(cases, true))
      t.clock.advance(1)
      const later = sortedIds(await t.backend.getFailedBackgroundTasks({ hoursBack: 6 }))
      t.assert.equal(
        later,
        idsWhere(cases, true).filter((runId) => runId !== 'at-the-edge'),
        'one millisecond later',
      )
    },
  ),

  rule(
    'BGT-08',
    'The window of failed tasks is on updatedAt, 24 hours by default: an old task that failed just now is in.',
    TASKS,
    async (t) => {
      const failed = { status: 'failed' } as const
      await task(t, 'old task', { ...failed, createdAt: fromNow(t, -9 * DAY), updatedAt: fromNow(t, -DAY) })
      await task(t, 'old failure', { ...failed, createdAt: fromNow(t, 0), updatedAt: fromNow(t, -DAY - 1) })
      t.assert.equal(idsOf(await t.backend.getFailedBackgroundTasks()), ['old task'])
      t.assert.equal(await t.backend.getFailedBackgroundTasks({ hoursBack: 0 }), [], '0 hours')
      const ever = await t.backend.getFailedBackgroundTasks({ hoursBack: Number.MAX_VALUE })
      t.assert.equal(sortedIds(ever), ['old failure', 'old task'], 'a window longer than all time')
    },
  ),

  ruleFor(
    'BGT-16',
    'A filter of background tasks that cannot be meant is refused, with its path.',
    TASKS,
    BAD_FILTERS,
    async (t, bad) => {
      await task(t, 'task', { status: 'failed' })
      const filter = bad.filter as object
      await t.assert.rejects(() => t.backend.listBackgroundTasks(filter), 'VALIDATION', { path: bad.path })
      await t.assert.rejects(() => t.backend.getFailedBackgroundTasks(filter), 'VALIDATION', { path: bad.path })
    },
  ),

  ruleFor(
    'BGT-17',
    'A status or a window of background tasks that cannot be meant is refused, with its path.',
    TASKS,
    { negative: -1, NaN: Number.NaN, infinite: Number.POSITIVE_INFINITY, text: '24', null: null },
    async (t, hoursBack) => {
      await task(t, 'task', { status: 'failed' })
      const filter = { hoursBack } as object
      await t.assert.rejects(() => t.backend.getFailedBackgroundTasks(filter), 'VALIDATION', { path: '$.hoursBack' })
      const status = { status: hoursBack } as object
      await t.assert.rejects(() => t.backend.listBackgroundTasks(status), 'VALIDATION', { path: '$.status' })
    },
  ),
]
