import { COMMITS } from '../fixtures/commits.js'
import { MINUTE, runOf, wrong } from '../fixtures/runs.js'
import { type Rule, rule, ruleFor } from '../rule.js'

const GROUPS = { requires: ['states', 'runs', 'steps', 'claims'] } as const

/** What `state` may be, beside a step or an end, and what it does. */
export const commitStateRules: readonly Rule[] = [
  ruleFor(
    'ATM-06',
    'state takes what updateState takes: it may repeat the run id and nothing of another run, not both kinds of history.',
    GROUPS,
    COMMITS,
    async (t, commit) => {
      await t.backend.saveState('r', t.gen.state())
      await commit(t.backend, 'r', { runId: 'r', version: 99, totalSteps: 2, errorMessage: null })
      t.assert.equal((await t.backend.loadState('r'))?.totalSteps, 2)
      const before = await t.dump()
      await t.assert.rejects(() => commit(t.backend, 'r', { runId: 'other' }), 'VALIDATION')
      await t.assert.rejects(() => commit(t.backend, 'r', { stepHistory: [], appendStepHistory: [] }), 'VALIDATION')
      for (const state of [null, 'state', []])
        await t.assert.rejects(() => commit(t.backend, 'r', wrong(state)), 'VALIDATION', { path: '$.state' })
      t.assert.equal(await t.dump(), before, 'the store afterwards')
    },
  ),

  ruleFor(
    'ATM-07',
    'An empty state is a snapshot write: the version and updatedAt move.',
    GROUPS,
    COMMITS,
    async (t, commit) => {
      const { version } = await t.backend.saveState('r', t.gen.state())
      t.clock.advance(MINUTE)
      const written = await commit(t.backend, 'r', {})
      t.assert.ok(written.version > version, 'the version grew')
      t.assert.equal((await t.backend.loadState('r'))?.updatedAt, t.clock.now())
    },
  ),

  ruleFor(
    'ATM-08',
    'An updatedAt in state that equals the stored one counts as left out: it becomes now.',
    GROUPS,
    COMMITS,
    async (t, commit) => {
      await t.backend.saveState('r', t.gen.state())
      const { updatedAt } = t.assert.present(await t.backend.loadState('r'), 'the snapshot')
      t.clock.advance(MINUTE)
      await commit(t.backend, 'r', { updatedAt, currentStepIndex: 1 })
      t.assert.equal((await t.backend.loadState('r'))?.updatedAt, t.clock.now())
      const given = new Date(updatedAt.getTime() + 7)
      await commit(t.backend, 'r', { updatedAt: given })
      t.assert.equal((await t.backend.loadState('r'))?.updatedAt, given, 'another one is kept')
    },
  ),

  rule('ATM-09', 'A loaded snapshot can be the state of saveRunEnd: its updatedAt becomes now.', GROUPS, async (t) => {
    await t.backend.saveState('r', t.gen.state())
    await t.backend.saveRunStart({ runId: 'r' })
    const loaded = t.assert.present(await t.backend.loadState('r'), 'the snapshot')
    t.clock.advance(MINUTE)
    await t.backend.saveRunEnd(
      'r',
      { status: 'failed' },
      { state: { ...loaded, status: 'failed', currentStepIndex: 5 } },
    )
    const state = t.assert.present(await t.backend.loadState('r'), 'the snapshot')
    t.assert.equal([state.status, state.currentStepIndex, state.updatedAt], ['failed', 5, t.clock.now()])
  }),

  rule(
    'ATM-10',
    "A status in saveRunEnd's state must equal the end's own, which is completed when left out, or how the run has ended already.",
    GROUPS,
    async (t) => {
      await t.backend.saveState('r', t.gen.state())
      const before = await t.dump()
      const refused = [
        [{ status: 'failed' }, 'completed'],
        [{ status: 'completed' }, 'running'],
        [{}, 'failed'],
      ] as const
      for (const [end, status] of refused)
        await t.assert.rejects(() => t.backend.saveRunEnd('r', end, { state: { status } }), 'VALIDATION', {
          path: '$.state.status',
        })
      t.assert.equal(await t.dump(), before, 'the store afterwards')
      await t.backend.saveRunEnd('r', {}, { state: { status: 'completed' } })
      await t.backend.saveRunEnd('r', { status: 'failed' }, { state: { status: 'failed' } })
      t.assert.equal((await runOf(t, 'r')).status, 'failed')
      // It has ended already: that is how it ends.
      const failed = await t.dump()
      for (const status of ['completed', 'cancelled', 'running'] as const)
        await t.assert.rejects(() => t.backend.saveRunEnd('r', {}, { state: { status } }), 'VALIDATION', {
          path: '$.state.status',
        })
      t.assert.equal(await t.dump(), failed, 'the store after a second end')
      await t.backend.saveRunEnd('r', {}, { state: { status: 'failed', currentStepIndex: 9 } })
      t.assert.equal((await runOf(t, 'r')).status, 'failed')
      t.assert.equal((await t.backend.loadState('r'))?.currentStepIndex, 9)
    },
  ),
]
