/** What a write leaves as it is, or must not take for nothing. */
import type { StateBackend, WorkflowStateInput, Written } from '@flujo-state/core'
import { MINUTE, runOf } from '../fixtures/runs.js'
import { DAY, fromNow, save } from '../fixtures/workflows.js'
import { type Rule, rule, ruleFor } from '../rule.js'

type Write = (backend: StateBackend, state: WorkflowStateInput) => Promise<Written>

const BOTH = { requires: ['states', 'runs'] } as const

export const keptRules: readonly Rule[] = [
  rule('VER-19', '`ifVersion: 0` asks for no snapshot; a run record, a lease and steps are none.', BOTH, async (t) => {
    await t.backend.saveRunStart(t.gen.run('r'))
    if (t.backend.capabilities.steps) await t.backend.saveStepResult(t.gen.step('r', 0))
    const state = t.gen.state()
    const { version } = await t.assert.resolves(t.backend.saveState('r', state, { ifVersion: 0 }), 'the first snapshot')
    t.assert.ok(version > 0, `a version, got ${version}`)
    await t.assert.rejects(() => t.backend.saveState('r', state, { ifVersion: 0 }), 'CONFLICT')
    await t.backend.deleteState('r')
    await t.assert.resolves(t.backend.saveState('r', state, { ifVersion: 0 }), 'a snapshot after deleteState')
  }),

  ruleFor(
    'VER-20',
    'A write that changes no field is a write: it dates the snapshot and gives it a higher version.',
    { requires: ['states'] },
    {
      'saveState of the same': (b, state) => b.saveState('r', state),
      'updateState of nothing': (b) => b.updateState('r', {}),
      'updateState of the same': (b) => b.updateState('r', { status: 'running', currentStepIndex: 0 }),
      'an append of nothing': (b) => b.updateState('r', { appendStepHistory: [] }),
    } satisfies Record<string, Write>,
    async (t, write: Write) => {
      const state = t.gen.state()
      const first = await t.backend.saveState('r', state)
      t.clock.advance(MINUTE)
      const second = await write(t.backend, state)
      t.assert.ok(second.version > first.version, `the version grew: ${first.version}, ${second.version}`)
      const { version, updatedAt } = t.assert.present(await t.backend.loadState('r'), 'the snapshot')
      t.assert.equal([version, updatedAt], [second.version, t.clock.now()])
    },
  ),

  rule('STA-33', 'Items of the history that are equal are all kept.', { requires: ['states'] }, async (t) => {
    const item = { step: 'poll' }
    await save(t, 'r', { stepHistory: [item, item] })
    await t.backend.updateState('r', { appendStepHistory: [item, item] })
    await t.backend.updateState('r', { appendStepHistory: [item] })
    t.assert.equal(
      (await t.backend.loadState('r'))?.stepHistory,
      Array.from({ length: 5 }, () => item),
    )
  }),

  rule(
    'RUN-43',
    "Metadata given to saveRunStart and saveRunEnd is the run's own: behind that of a snapshot, it is kept.",
    BOTH,
    async (t) => {
      await t.backend.saveRunStart(t.gen.run('r', { metadata: { own: 1 } }))
      await save(t, 'r', { metadata: { of: 'snapshot' } })
      for (const [n, write] of [
        () => t.backend.saveRunStart({ runId: 'r', metadata: { own: 0 } }),
        () => t.backend.saveRunEnd('r', { metadata: { own: 1 } }),
      ].entries()) {
        await write()
        t.assert.equal((await runOf(t, 'r')).metadata, { of: 'snapshot' }, 'with the snapshot')
        await t.backend.deleteState('r')
        t.assert.equal((await runOf(t, 'r')).metadata, { own: n }, 'without it')
        await save(t, 'r', { metadata: { of: 'snapshot' } })
      }
    },
  ),

  rule('RUN-44', 'An empty final context is an empty object, not none.', { requires: ['runs'] }, async (t) => {
    await t.backend.saveRunEnd('r', { finalContext: {} })
    t.assert.equal((await runOf(t, 'r')).finalContext, {})
    await t.backend.saveRunEnd('r', { finalContext: null })
    t.assert.equal((await runOf(t, 'r')).finalContext, null)
  }),

  rule(
    'RUN-45',
    'A parent is a name: deleting the run of that name, by hand or by age, neither changes nor takes its tasks.',
    { requires: ['states', 'runs', 'backgroundTasks', 'cleanup'] },
    async (t) => {
      const old = { status: 'completed', updatedAt: fromNow(t, -60 * DAY) } as const
      for (const parentRunId of ['parent', 'old parent']) {
        await save(t, parentRunId, old)
        await save(t, `task of ${parentRunId}`, { isBackgroundTask: true, parentRunId })
      }
      const tasks = await t.backend.listBackgroundTasks()
      await t.backend.deleteRun('parent')
      t.assert.equal(await t.backend.cleanupOldWorkflows(), 1, 'runs that cleanup took')
      t.assert.equal(await t.backend.listBackgroundTasks(), tasks)
    },
  ),

  rule(
    'PLH-11',
    'What a placeholder was given stays when a start or a snapshot fills it.',
    { requires: ['states', 'runs', 'steps'] },
    async (t) => {
      const endedAt = fromNow(t, -MINUTE)
      const figures = { executionTimeMs: 12.5, memoryUsageMb: 3, totalSteps: 4, errorMessage: 'out of paper' }
      const end = { status: 'failed', endedAt, ...figures, finalContext: { n: 1 }, metadata: { own: true } } as const
      const fills = {
        start: () => t.backend.saveRunStart({ runId: 'start', pipelineName: 'Orders' }),
        snapshot: () => save(t, 'snapshot', { status: 'failed' }),
      }
      for (const [runId, fill] of Object.entries(fills)) {
        await t.backend.saveStepResult(t.gen.step(runId, 0, { costUsd: 0.5 }))
        await t.backend.saveRunEnd(runId, end)
        t.clock.advance(MINUTE)
        await fill()
        const run = await runOf(t, runId)
        const expected = { ...run, ...end, totalCostUsd: 0.5, pipelineName: 'Orders', placeholder: false }
        t.assert.equal(run, expected, `filled by a ${runId}`)
      }
    },
  ),

  rule(
    'STP-18',
    'A step saved again under another index stands among those of that index in the order of first saving.',
    { requires: ['steps'] },
    async (t) => {
      for (const executionId of ['a', 'b', 'c'])
        await t.backend.saveStepResult(t.gen.step('r', executionId === 'a' ? 0 : 1, { executionId }))
      await t.backend.saveStepResult(t.gen.step('r', 1, { executionId: 'a' }))
      await t.backend.saveStepResult(t.gen.step('r', 1, { executionId: 'd' }))
      t.assert.equal(
        (await t.backend.listRunSteps('r')).map(({ executionId }) => executionId),
        ['a', 'b', 'c', 'd'],
      )
    },
  ),
]
