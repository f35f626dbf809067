import { TERMINAL_STATUSES, WORKFLOW_STATUSES, type WorkflowStatus } from '@flujo-state/core'
import type { RuleContext } from '../context.js'
import { MINUTE, runOf } from '../fixtures/runs.js'
import { fromNow, HOUR } from '../fixtures/workflows.js'
import { type Rule, rule, ruleFor } from '../rule.js'

const GROUPS = { requires: ['states', 'runs', 'steps', 'backgroundTasks'] } as const

/** Every write that can give a run any status. */
const MOVES: Readonly<Record<string, (t: RuleContext, status: WorkflowStatus) => Promise<unknown>>> = {
  saveState: (t, status) => t.backend.saveState('r', t.gen.state({ status })),
  updateState: (t, status) => t.backend.updateState('r', { status }),
  saveRunStart: (t, status) => t.backend.saveRunStart({ runId: 'r', status }),
  saveRunEnd: (t, status) => t.backend.saveRunEnd('r', { status }),
  'saveRunEnd with state': (t, status) => t.backend.saveRunEnd('r', { status }, { state: { status } }),
  'saveRunEnd with a state without status': (t, status) =>
    t.backend.saveRunEnd('r', { status }, { state: { currentStepIndex: 1 } }),
  'saveStepResult with state': (t, status) => t.backend.saveStepResult(t.gen.step('r', 0), { state: { status } }),
}

/** A run with both records, in this status for a minute. */
async function startAs(t: RuleContext, status: WorkflowStatus): Promise<void> {
  await t.backend.saveRunStart({ runId: 'r', status })
  await t.backend.saveState('r', t.gen.state({ status }))
  t.clock.advance(MINUTE)
}

/** Asserts that everything that shows the run's status shows this one. */
async function expectStatus(t: RuleContext, status: WorkflowStatus, what: string): Promise<void> {
  const { backend } = t
  const only = (items: readonly { readonly status: WorkflowStatus }[]) => items.map((item) => item.status)
  const shown = {
    loadState: (await backend.loadState('r'))?.status,
    getRunDetails: (await backend.getRunDetails('r'))?.status,
    listStates: only(await backend.listStates({ status })),
    listWorkflows: only(await backend.listWorkflows({ status })),
    listRuns: only(await backend.listRuns({ status })),
  }
  const expected = {
    loadState: status,
    getRunDetails: status,
    listStates: [status],
    listWorkflows: [status],
    listRuns: [status],
  }
  t.assert.equal(shown, expected, what)
}

const isTerminal = (status: WorkflowStatus) => TERMINAL_STATUSES.some((terminal) => terminal === status)

export const oneStatusRules: readonly Rule[] = [
  ruleFor(
    'ONE-01',
    'A write that moves the status moves it in the snapshot and in the run record.',
    GROUPS,
    MOVES,
    async (t, move) => {
      await startAs(t, 'running')
      for (const status of ['paused', 'failed', 'running', 'completed', 'cancelled', 'paused'] as const) {
        await move(t, status)
        await expectStatus(t, status, status)
      }
    },
  ),

  ruleFor('ONE-02', 'Becoming terminal sets endedAt to now.', GROUPS, MOVES, async (t, move) => {
    for (const status of TERMINAL_STATUSES) {
      await startAs(t, 'running')
      t.assert.equal((await runOf(t, 'r')).endedAt, null, 'while running')
      await move(t, status)
      t.assert.equal((await runOf(t, 'r')).endedAt, t.clock.now(), status)
    }
  }),

  ruleFor('ONE-03', 'Leaving a terminal status clears endedAt.', GROUPS, MOVES, async (t, move) => {
    for (const status of ['running', 'paused'] as const) {
      await startAs(t, 'failed')
      t.assert.ok((await runOf(t, 'r')).endedAt !== null, 'endedAt is set while failed')
      await move(t, status)
      t.assert.equal((await runOf(t, 'r')).endedAt, null, status)
    }
  }),

  ruleFor('ONE-04', 'From one terminal status to another endedAt stays.', GROUPS, MOVES, async (t, move) => {
    await startAs(t, 'completed')
    const { endedAt } = await runOf(t, 'r')
    for (const status of ['failed', 'failed', 'cancelled'] as const) {
      await move(t, status)
      t.assert.equal((await runOf(t, 'r')).endedAt, endedAt, status)
    }
  }),

  rule('ONE-05', 'endedAt given to saveRunEnd counts, and stays while the run is terminal.', GROUPS, async (t) => {
    await startAs(t, 'running')
    const endedAt = fromNow(t, -HOUR)
    await t.backend.saveRunEnd('r', { status: 'failed', endedAt })
    t.assert.equal((await runOf(t, 'r')).endedAt, endedAt, 'as given')
    await t.backend.updateState('r', { status: 'cancelled' })
    await t.backend.saveRunEnd('r', { errorMessage: 'more' })
    t.assert.equal((await runOf(t, 'r')).endedAt, endedAt, 'after other writes')
    const other = fromNow(t, HOUR)
    await t.backend.saveRunEnd('r', { endedAt: other }, { state: { currentStepIndex: 1 } })
    t.assert.equal((await runOf(t, 'r')).endedAt, other, 'given again, with state')
    await t.backend.updateState('r', { status: 'running' })
    t.assert.equal((await runOf(t, 'r')).endedAt, null, 'after leaving the terminal status')
  }),

  ruleFor(
    'ONE-06',
    'A status moved through one record dates the other: its updatedAt is now.',
    GROUPS,
    MOVES,
    async (t, move) => {
      await startAs(t, 'running')
      await move(t, 'failed')
      const [state, run] = [t.assert.present(await t.backend.loadState('r'), 'the snapshot'), await runOf(t, 'r')]
      t.assert.equal([state.updatedAt, run.updatedAt], [t.clock.now(), t.clock.now()])
      t.assert.equal(
        (await t.backend.getFailedWorkflows({ hoursBack: 0 })).map(({ runId }) => runId),
        ['r'],
        'failed just now',
      )
    },
  ),

  rule('ONE-07', 'Marking a task as stale fails it in both records.', GROUPS, async (t) => {
    await t.backend.saveRunStart({ runId: 'r' })
    await t.backend.saveState('r', t.gen.state({ isBackgroundTask: true }))
    t.clock.advance(25 * HOUR)
    t.assert.equal(await t.backend.cleanupStaleBackgroundTasks(), 1, 'how many were marked')
    await expectStatus(t, 'failed', 'after marking')
    t.assert.equal((await runOf(t, 'r')).endedAt, t.clock.now(), 'endedAt')
  }),

  ruleFor(
    'ONE-08',
    'saveRunStart without a status leaves a paused or terminal run as it is, in both records.',
    GROUPS,
    Object.fromEntries(WORKFLOW_STATUSES.map((status) => [status, status])),
    async (t, status) => {
      await startAs(t, status)
      const { endedAt } = await runOf(t, 'r')
      const { version } = t.assert.present(await t.backend.loadState('r'), 'the snapshot')
      await t.backend.saveRunStart({ runId: 'r', pipelineName: 'renamed' })
      await expectStatus(t, status, 'afterwards')
      t.assert.equal((await runOf(t, 'r')).endedAt, endedAt, 'endedAt')
      t.assert.equal((await t.backend.loadState('r'))?.version, version, 'the version of the snapshot')
    },
  ),

  ruleFor(
    'ONE-09',
    "The first saveRunStart without a status takes over the snapshot's, if that is paused or terminal.",
    GROUPS,
    Object.fromEntries(WORKFLOW_STATUSES.map((status) => [status, status])),
    async (t, status) => {
      await t.backend.saveState('r', t.gen.state({ status }))
      await t.backend.saveRunStart({ runId: 'r' })
      await expectStatus(t, status, 'afterwards')
      t.assert.equal((await runOf(t, 'r')).endedAt !== null, isTerminal(status), 'whether it has ended')
    },
  ),

  ruleFor(
    'ONE-10',
    'saveRunEnd without a status completes the run, unless it has ended already.',
    GROUPS,
    Object.fromEntries(WORKFLOW_STATUSES.map((status) => [status, status])),
    async (t, status) => {
      await startAs(t, status)
      await t.backend.saveRunEnd('r', { executionTimeMs: 1 })
      await expectStatus(t, isTerminal(status) ? status : 'completed', 'afterwards')
    },
  ),

  rule('ONE-11', 'A status that stays as it is leaves the other record as it is.', GROUPS, async (t) => {
    await startAs(t, 'running')
    const run = await runOf(t, 'r')
    await t.backend.updateState('r', { status: 'running', currentStepIndex: 5 })
    t.assert.equal(await runOf(t, 'r'), run, 'the run after a write of the snapshot')
    const state = await t.backend.loadState('r')
    await t.backend.saveRunStart({ runId: 'r', status: 'running', totalSteps: 9 })
    t.assert.equal(await t.backend.loadState('r'), state, 'the snapshot after a write of the run')
  }),

  rule('ONE-12', 'deleteState leaves the run record with its status.', GROUPS, async (t) => {
    await startAs(t, 'failed')
    const run = await runOf(t, 'r')
    await t.backend.deleteState('r')
    t.assert.equal(await runOf(t, 'r'), run)
    await t.backend.saveState('r', t.gen.state({ status: 'running' }))
    await expectStatus(t, 'running', 'after a new snapshot')
  }),

  rule(
    'ONE-13',
    "A snapshot saved without metadata gets the run record's; one saved with metadata keeps its own.",
    GROUPS,
    async (t) => {
      const metadata = async () => (await t.backend.loadState('r'))?.metadata
      await t.backend.saveRunStart({ runId: 'r', metadata: { tenant: 'acme' } })
      await t.backend.saveState('r', t.gen.state())
      t.assert.equal(await metadata(), { tenant: 'acme' }, 'left out')
      await t.backend.saveState('r', t.gen.state({ metadata: { own: 1 } }))
      t.assert.equal(await metadata(), { own: 1 }, 'given')
      await t.backend.updateState('r', { currentStepIndex: 1 })
      t.assert.equal(await metadata(), { own: 1 }, 'after an update without metadata')
      await t.backend.saveState('r', t.gen.state())
      t.assert.equal(await metadata(), { tenant: 'acme' }, 'replaced by one without')
      await t.backend.saveState('r', t.gen.state({ metadata: {} }))
      t.assert.equal(await metadata(), {}, 'empty is not left out')
    },
  ),

  rule(
    'ONE-14',
    'Parallel writes through both records end with one status.',
    { ...GROUPS, needs: ['second'], timeoutMs: 20_000 },
    async (t) => {
      const second = await t.second()
      await startAs(t, 'running')
      for (let round = 0; round < 5; round++) {
        const through = [t.backend, second].flatMap((backend) => [
          backend.updateState('r', { status: 'paused' }),
          backend.saveRunEnd('r', { status: 'failed' }),
          backend.saveRunStart({ runId: 'r', status: 'running' }),
          backend.saveState('r', t.gen.state({ status: 'cancelled' })),
        ])
        await Promise.all(through)
        const { status, endedAt } = await runOf(t, 'r')
        await expectStatus(t, status, `round ${round}`)
        t.assert.equal(endedAt !== null, isTerminal(status), 'endedAt is set if and only if the run has ended')
      }
    },
  ),
]
