import type { WorkflowState, WorkflowStatePatch } from '@flujo-state/core'
import type { RuleContext } from '../context.js'
import { type Rule, rule, ruleFor } from '../rule.js'

const requires = { requires: ['states'] } as const
const HOUR = 3_600_000

async function load(t: RuleContext, runId: string): Promise<WorkflowState> {
  return t.assert.present(await t.backend.loadState(runId), `the snapshot of ${runId}`)
}

/** One change of each field of a snapshot. */
const PATCHES: Readonly<Record<string, WorkflowStatePatch>> = {
  pipelineId: { pipelineId: 'other' },
  pipelineName: { pipelineName: 'Other' },
  pipelineVersion: { pipelineVersion: '99' },
  currentStepIndex: { currentStepIndex: 0 },
  pipelineContext: { pipelineContext: { only: 'this' } },
  lastStepOutput: { lastStepOutput: null },
  'lastStepOutput, falsy': { lastStepOutput: 0 },
  stepHistory: { stepHistory: [] },
  status: { status: 'completed' },
  createdAt: { createdAt: new Date('2020-01-01T00:00:00.001Z') },
  updatedAt: { updatedAt: new Date('2020-01-02T00:00:00.001Z') },
  totalSteps: { totalSteps: 0 },
  errorMessage: { errorMessage: '' },
  'errorMessage, cleared': { errorMessage: null },
  executionTimeMs: { executionTimeMs: 0 },
  'executionTimeMs, cleared': { executionTimeMs: null },
  memoryUsageMb: { memoryUsageMb: 2.5 },
  metadata: { metadata: { only: 'this' } },
  isBackgroundTask: { isBackgroundTask: false },
  parentRunId: { parentRunId: null },
  taskId: { taskId: 'another' },
  backgroundError: { backgroundError: null },
  'several fields': { status: 'failed', errorMessage: 'why', currentStepIndex: 4, lastStepOutput: { partial: true } },
}

export const workflowUpdateRules: readonly Rule[] = [
  ruleFor(
    'STA-23',
    'updateState changes the fields that are given and no others.',
    requires,
    PATCHES,
    async (t, patch) => {
      await t.backend.saveState('a', t.gen.fullState())
      const before = await load(t, 'a')
      t.clock.advance(1)
      const { version } = await t.backend.updateState('a', patch)
      t.assert.ok(version > before.version, `the version grows: ${before.version}, ${version}`)
      t.assert.equal(await load(t, 'a'), { ...before, updatedAt: t.clock.now(), ...patch, version })
    },
  ),

  rule(
    'STA-24',
    'appendStepHistory adds to the end, in order, again and again; nothing else of the history changes.',
    requires,
    async (t) => {
      const stepHistory = [{ n: 0 }, { n: 0 }]
      await t.backend.saveState('a', t.gen.state({ stepHistory }))
      await t.backend.updateState('a', { appendStepHistory: [{ n: 1 }, { n: 2 }] })
      await t.backend.updateState('a', { appendStepHistory: [] })
      for (let n = 3; n < 40; n++) await t.backend.updateState('a', { appendStepHistory: [{ n }] })
      const appended = Array.from({ length: 39 }, (_, index) => ({ n: index + 1 }))
      t.assert.equal((await load(t, 'a')).stepHistory, [...stepHistory, ...appended])
      await t.backend.updateState('a', { stepHistory: [{ n: 'new' }] })
      await t.backend.updateState('a', { appendStepHistory: [{ n: 'next' }] })
      t.assert.equal((await load(t, 'a')).stepHistory, [{ n: 'new' }, { n: 'next' }], 'after a replacement')
    },
  ),

  rule('STA-32', 'A history of 1,200 items is kept whole, saved at once as well as added to.', requires, async (t) => {
    const items = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => ({ n: from + index }))
    await t.backend.saveState('saved', t.gen.state({ stepHistory: items(0, 1_200) }))
    await t.backend.saveState('added', t.gen.state({ stepHistory: items(0, 1) }))
    for (const [from, to] of [
      [1, 120],
      [120, 600],
      [600, 1_199],
      [1_199, 1_200],
    ] as const)
      await t.backend.updateState('added', { appendStepHistory: items(from, to) })
    for (const runId of ['saved', 'added']) t.assert.equal((await load(t, runId)).stepHistory, items(0, 1_200), runId)
  }),

  rule('STA-25', 'updateState of an id without a snapshot is NOT_FOUND and creates nothing.', requires, async (t) => {
    const before = await t.dump(t.backend, ['a'])
    await t.assert.rejects(t.backend.updateState('a', { status: 'failed' }), 'NOT_FOUND')
    await t.backend.saveState('a', t.gen.state())
    await t.backend.deleteState('a')
    await t.assert.rejects(t.backend.updateState('a', { appendStepHistory: [{}] }), 'NOT_FOUND')
    t.assert.equal(await t.dump(), before)
  }),

  rule('STA-26', 'stepHistory together with appendStepHistory is refused.', requires, async (t) => {
    await t.backend.saveState('a', t.gen.fullState())
    const before = await t.dump()
    await t.assert.rejects(t.backend.updateState('a', { stepHistory: [], appendStepHistory: [{}] }), 'VALIDATION')
    await t.assert.rejects(
      () => t.backend.saveState('a', t.gen.state({ appendStepHistory: [{}] } as object)),
      'VALIDATION',
      { path: '$.appendStepHistory' },
    )
    t.assert.equal(await t.dump(), before)
  }),

  rule('STA-27', 'updatedAt left out becomes now, in a save as in an update.', requires, async (t) => {
    const createdAt = new Date('2026-01-01T00:00:00.000Z')
    await t.backend.saveState('a', t.gen.state({ createdAt, updatedAt: createdAt }))
    for (const write of [() => t.backend.saveState('a', t.gen.state()), () => t.backend.updateState('a', {})]) {
      t.clock.advance(HOUR)
      await write()
      const { createdAt: created, updatedAt } = await load(t, 'a')
      t.assert.equal([created, updatedAt], [createdAt, t.clock.now()])
    }
  }),

  rule(
    'STA-28',
    'A loaded snapshot can be changed and saved back as it is: its version is ignored, its updatedAt counts as left out.',
    requires,
    async (t) => {
      await t.backend.saveState('a', t.gen.fullState())
      const loaded = await load(t, 'a')
      t.clock.advance(HOUR)
      await t.backend.saveState('a', { ...loaded, version: 'anything', currentStepIndex: 4 })
      const saved = await load(t, 'a')
      t.assert.equal(saved, { ...loaded, currentStepIndex: 4, updatedAt: t.clock.now(), version: saved.version })
      t.clock.advance(HOUR)
      await t.backend.updateState('a', saved)
      const updated = await load(t, 'a')
      t.assert.equal(
        updated,
        { ...saved, updatedAt: t.clock.now(), version: updated.version },
        'updateState with a whole snapshot',
      )
    },
  ),

  rule(
    'STA-29',
    "Metadata left out is that of the run record; given, it is the run's from then on.",
    { requires: ['states', 'runs'] },
    async (t) => {
      await t.backend.saveRunStart(t.gen.run('a', { metadata: { of: 'run' } }))
      await t.backend.saveState('a', t.gen.state())
      t.assert.equal((await load(t, 'a')).metadata, { of: 'run' }, 'left out')
      await t.backend.saveState('a', t.gen.state({ metadata: { of: 'snapshot' } }))
      t.assert.equal((await load(t, 'a')).metadata, { of: 'snapshot' }, 'given')
      t.assert.equal((await t.backend.getRunDetails('a'))?.metadata, { of: 'snapshot' }, 'of the run')
      t.assert.equal(
        (await t.backend.listRuns()).map(({ metadata }) => metadata),
        [{ of: 'snapshot' }],
        'in the list of runs',
      )
      await t.backend.deleteState('a')
      t.assert.equal((await t.backend.getRunDetails('a'))?.metadata, { of: 'run' }, 'without the snapshot')
    },
  ),

  rule(
    'STA-30',
    'Saving a snapshot makes no run record; it fills a placeholder and takes the mark off.',
    { requires: ['states', 'runs', 'steps'] },
    async (t) => {
      await t.backend.saveState('a', t.gen.fullState())
      t.assert.equal(await t.backend.getRunDetails('a'), null, 'a run nobody started')
      await t.backend.saveStepResult(t.gen.step('b', 0))
      t.assert.equal((await t.backend.getRunDetails('b'))?.placeholder, true, 'placeholder of a step')
      await t.backend.saveState('b', t.gen.fullState({ status: 'failed' }))
      const run = t.assert.present(await t.backend.getRunDetails('b'), 'the run')
      const { pipelineId, pipelineName, pipelineVersion, status, placeholder } = run
      t.assert.equal(
        { pipelineId, pipelineName, pipelineVersion, status, placeholder },
        {
          pipelineId: 'billing',
          pipelineName: 'Billing',
          pipelineVersion: '2.1',
          status: 'failed',
          placeholder: false,
        },
      )
    },
  ),

  rule(
    'STA-31',
    'A patch whose payload cannot be stored is refused by its path, and nothing of it is written.',
    requires,
    async (t) => {
      await t.backend.saveState('a', t.gen.fullState())
      const before = await t.dump()
      const bad = () => 1
      const wrong: [string, WorkflowStatePatch][] = [
        ['$.pipelineContext.f', { status: 'failed', pipelineContext: { f: bad as never } }],
        ['$.lastStepOutput', { lastStepOutput: bad as never }],
        ['$.appendStepHistory[1].f', { currentStepIndex: 9, appendStepHistory: [{}, { f: bad as never }] }],
        ['$.metadata.deep[0]', { metadata: { deep: [bad as never] } }],
      ]
      for (const [path, patch] of wrong)
        await t.assert.rejects(() => t.backend.updateState('a', patch), 'SERIALIZATION', { path })
      t.assert.equal(await t.dump(), before)
    },
  ),
]
