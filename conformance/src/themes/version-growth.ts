import type { StateBackend } from '@flujo-state/core'
import type { RuleContext } from '../context.js'
import { claim, fillRun, versionOf } from '../fixtures/runs.js'
import { DAY, HOUR } from '../fixtures/workflows.js'
import { type Rule, ruleFor } from '../rule.js'

/** Changes of the status that do not go through the snapshot's own methods. */
const STATUS_MOVES: Readonly<Record<string, (t: RuleContext) => Promise<unknown>>> = {
  saveRunStart: (t) => t.backend.saveRunStart({ runId: 'r', status: 'paused' }),
  saveRunEnd: (t) => t.backend.saveRunEnd('r', { status: 'failed' }),
  'saveRunEnd without a status': (t) => t.backend.saveRunEnd('r', {}),
  cleanupStaleBackgroundTasks: async (t) => {
    t.clock.advance(25 * HOUR)
    t.assert.equal(await t.backend.cleanupStaleBackgroundTasks(), 1, 'how many were marked')
  },
}

/** Writes of the run that leave snapshot and status as they are. */
const OTHER_WRITES: Readonly<Record<string, (t: RuleContext) => Promise<unknown>>> = {
  saveStepResult: (t) => t.backend.saveStepResult(t.gen.step('r', 5)),
  saveSpans: (t) => t.backend.saveSpans('r', [t.gen.span('x')]),
  saveTrace: (t) => t.backend.saveTrace('r', t.gen.span('x')),
  persistEvaluation: (t) => t.backend.persistEvaluation('r', { score: 1 }),
  claimRun: (t) => claim(t.backend, 'r'),
  'saveRunStart with the status it has': (t) =>
    t.backend.saveRunStart({ runId: 'r', status: 'running', totalSteps: 3 }),
  'saveRunStart without a status': (t) => t.backend.saveRunStart({ runId: 'r', pipelineName: 'renamed' }),
  'a refused write': (t) =>
    t.assert.rejects(() => t.backend.updateState('r', {}, { ifVersion: 1_000_000 }), 'CONFLICT'),
}

/** Ways in which a snapshot goes; each needs it to be there. */
const DELETIONS: Readonly<Record<string, (t: RuleContext, backend: StateBackend) => Promise<unknown>>> = {
  deleteState: (_t, backend) => backend.deleteState('r'),
  deleteRun: (_t, backend) => backend.deleteRun('r'),
  cleanupOldWorkflows: async (t, backend) => {
    await backend.updateState('r', { status: 'completed' })
    t.clock.advance(31 * DAY)
    t.assert.equal(await backend.cleanupOldWorkflows(), 1, 'how many were deleted')
  },
}
const DELETION_GROUPS = { requires: ['states', 'runs', 'cleanup'] } as const

export const versionGrowthRules: readonly Rule[] = [
  ruleFor(
    'VER-08',
    'A status that is moved from outside the snapshot makes the version grow.',
    { requires: ['states', 'runs', 'backgroundTasks'] },
    STATUS_MOVES,
    async (t, move) => {
      await t.backend.saveRunStart({ runId: 'r' })
      const { version } = await t.backend.saveState('r', t.gen.state({ isBackgroundTask: true }))
      await move(t)
      t.assert.ok((await versionOf(t, 'r')) > version, 'the version grew')
      await t.assert.rejects(
        () => t.backend.updateState('r', { currentStepIndex: 1 }, { ifVersion: version }),
        'CONFLICT',
      )
    },
  ),

  ruleFor(
    'VER-09',
    'The version does not move with steps, spans, evaluations, claims, or run data alone.',
    { requires: ['states', 'runs', 'steps', 'traces', 'evaluations', 'claims'] },
    OTHER_WRITES,
    async (t, write) => {
      await fillRun(t.backend, 'r')
      const version = await versionOf(t, 'r')
      t.clock.advance(HOUR)
      await write(t)
      t.assert.equal(await versionOf(t, 'r'), version)
      await t.backend.updateState('r', { currentStepIndex: 1 }, { ifVersion: version })
    },
  ),

  ruleFor(
    'VER-10',
    'Versions grow past a deletion, so that an old one never fits again.',
    DELETION_GROUPS,
    DELETIONS,
    async (t, remove) => {
      const seen: number[] = []
      for (let round = 0; round < 3; round++) {
        for (const ifVersion of seen)
          await t.assert.rejects(() => t.backend.saveState('r', t.gen.state(), { ifVersion }), 'CONFLICT')
        const { version } = await t.backend.saveState('r', t.gen.state(), { ifVersion: 0 })
        seen.push(version, (await t.backend.updateState('r', {})).version)
        await remove(t, t.backend)
      }
      t.assert.equal(
        seen,
        [...new Set(seen)].sort((a, b) => a - b),
        'the versions only grow',
      )
    },
  ),

  ruleFor(
    'VER-18',
    'Versions grow past a deletion also when a snapshot with a lower version is deleted after it.',
    DELETION_GROUPS,
    DELETIONS,
    async (t, remove) => {
      for (const runId of ['high', 'r']) await t.backend.saveState(runId, t.gen.state())
      for (let n = 0; n < 5; n++) await t.backend.updateState('high', { currentStepIndex: n })
      const version = await versionOf(t, 'high')
      await t.backend.deleteState('high')
      await remove(t, t.backend)
      const next = await t.backend.saveState('high', t.gen.state())
      t.assert.ok(next.version > version, `${next.version} after ${version}`)
    },
  ),

  ruleFor(
    'VER-16',
    'Versions go on growing after a deletion and a reopening.',
    { ...DELETION_GROUPS, needs: ['reopen'] },
    DELETIONS,
    async (t, remove) => {
      await t.backend.saveState('r', t.gen.state())
      const { version } = await t.backend.updateState('r', { currentStepIndex: 1 })
      await remove(t, t.backend)
      const reopened = await t.reopen()
      const next = await reopened.saveState('r', t.gen.state())
      t.assert.ok(next.version > version, `${next.version} after ${version}`)
      await t.assert.rejects(() => reopened.updateState('r', {}, { ifVersion: version }), 'CONFLICT')
    },
  ),
]
