import { TERMINAL_STATUSES } from '@flujo-state/core'
import type { RuleContext } from '../context.js'
import { blankRun, claim, MINUTE, runOf } from '../fixtures/runs.js'
import { fromNow, HOUR } from '../fixtures/workflows.js'
import { type Rule, rule, ruleFor } from '../rule.js'

const GROUPS = { requires: ['states', 'runs', 'steps', 'traces', 'evaluations', 'claims', 'systemState'] } as const

/** Writes of a run that nobody started. */
const EARLY: Readonly<Record<string, (t: RuleContext) => Promise<unknown>>> = {
  saveStepResult: (t) => t.backend.saveStepResult(t.gen.step('r', 0)),
  saveSpans: (t) => t.backend.saveSpans('r', [t.gen.span('s')]),
  saveTrace: (t) => t.backend.saveTrace('r', t.gen.span('s')),
  persistEvaluation: (t) => t.backend.persistEvaluation('r', { score: 1 }),
}

/** Writes that leave no trace of a run. */
const SILENT: Readonly<Record<string, (t: RuleContext) => Promise<unknown>>> = {
  'saveSpans of nothing': (t) => t.backend.saveSpans('r', []),
  saveState: (t) => t.backend.saveState('r', t.gen.state()),
  deleteState: (t) => t.backend.deleteState('r'),
  deleteRun: (t) => t.backend.deleteRun('r'),
  claimRun: (t) => claim(t.backend, 'r'),
  setSystemState: (t) => t.backend.setSystemState('r', {}),
  'reads of everything': (t) => t.dump(),
}

export const placeholderRules: readonly Rule[] = [
  ruleFor(
    'PLH-01',
    'A write of a run that nobody started makes a run record marked as a placeholder, with the defaults.',
    GROUPS,
    EARLY,
    async (t, write) => {
      await write(t)
      const placeholder = blankRun('r', t.clock.now(), { placeholder: true })
      t.assert.equal(await t.backend.getRunDetails('r'), placeholder, 'getRunDetails')
      const { finalContext: _notInLists, ...listed } = placeholder
      t.assert.equal(await t.backend.listRuns(), [listed], 'listRuns')
      t.assert.equal(await t.backend.loadState('r'), null, 'no snapshot is made')
    },
  ),

  rule('RUN-06', 'saveRunEnd of a run that nobody started makes a placeholder that has ended.', GROUPS, async (t) => {
    await t.assert.resolves(t.backend.saveRunEnd('r', { errorMessage: 'why', totalCostUsd: 2 }), 'of an unknown run')
    const ended = {
      status: 'completed',
      endedAt: t.clock.now(),
      errorMessage: 'why',
      totalCostUsd: 2,
      placeholder: true,
    } as const
    t.assert.equal(await t.backend.getRunDetails('r'), blankRun('r', t.clock.now(), ended))
    await t.backend.saveRunEnd('failed', { status: 'failed' })
    const { status, placeholder } = await runOf(t, 'failed')
    t.assert.equal([status, placeholder], ['failed', true], 'with a status')
  }),

  ruleFor(
    'PLH-02',
    'saveRunStart fills a placeholder, takes the mark off and keeps what made it.',
    GROUPS,
    EARLY,
    async (t, write) => {
      await write(t)
      const before = await t.dump()
      t.clock.advance(MINUTE)
      const createdAt = fromNow(t, -HOUR)
      const start = { pipelineId: 'p', pipelineName: 'n', pipelineVersion: '3', metadata: { a: 1 }, createdAt }
      await t.backend.saveRunStart({ runId: 'r', ...start })
      t.assert.equal(await t.backend.getRunDetails('r'), blankRun('r', t.clock.now(), start))
      const after = await t.dump()
      for (const kept of ['steps', 'spans'] as const) t.assert.equal(after.runs.r?.[kept], before.runs.r?.[kept], kept)
      t.assert.equal(after.evaluations, before.evaluations, 'the evaluations')
    },
  ),

  ruleFor(
    'PLH-03',
    'saveState fills a placeholder with the names, the status and the times of the snapshot, and takes the mark off.',
    GROUPS,
    EARLY,
    async (t, write) => {
      await write(t)
      t.clock.advance(MINUTE)
      const times = { createdAt: fromNow(t, -HOUR), updatedAt: fromNow(t, -MINUTE) }
      const fields = { pipelineId: 'p', pipelineName: 'n', pipelineVersion: '3', status: 'failed' } as const
      await t.backend.saveState('r', t.gen.state({ ...fields, ...times, metadata: { a: 1 } }))
      const filled = { ...fields, ...times, metadata: { a: 1 }, endedAt: t.clock.now() }
      t.assert.equal(await t.backend.getRunDetails('r'), blankRun('r', t.clock.now(), filled))
    },
  ),

  rule(
    'PLH-04',
    'A run that was started with nothing but its id is no placeholder; later writes do not make it one.',
    GROUPS,
    async (t) => {
      await t.backend.saveRunStart({ runId: 'r' })
      for (const write of Object.values(EARLY)) await write(t)
      await t.backend.saveRunEnd('r', {})
      t.assert.equal((await runOf(t, 'r')).placeholder, false)
    },
  ),

  ruleFor(
    'PLH-05',
    'A write of a run that has a snapshot makes a run record with its names and status, no placeholder.',
    GROUPS,
    EARLY,
    async (t, write) => {
      const fields = { pipelineId: 'p', pipelineName: 'n', pipelineVersion: '3', status: 'paused' } as const
      await t.backend.saveState('r', t.gen.state({ ...fields, createdAt: fromNow(t, -HOUR) }))
      await write(t)
      const { pipelineId, pipelineName, pipelineVersion, status, placeholder } = await runOf(t, 'r')
      t.assert.equal(
        { pipelineId, pipelineName, pipelineVersion, status, placeholder },
        { ...fields, placeholder: false },
      )
    },
  ),

  ruleFor('PLH-06', 'Some writes and all reads make no run record.', GROUPS, SILENT, async (t, write) => {
    await write(t)
    t.assert.equal(await t.backend.getRunDetails('r'), null)
    t.assert.equal(await t.backend.listRuns(), [])
  }),

  rule(
    'PLH-07',
    'A placeholder that has ended stays so when it is started without a status, and runs again with one.',
    GROUPS,
    async (t) => {
      for (const status of TERMINAL_STATUSES) {
        const finalContext = { result: status }
        await t.backend.saveRunEnd(status, { status, endedAt: fromNow(t, -HOUR), finalContext })
        await t.backend.saveRunStart({ runId: status, pipelineName: 'late' })
        const { placeholder, endedAt, ...late } = await runOf(t, status)
        t.assert.equal(late.finalContext, finalContext, 'the final context')
        t.assert.equal(
          [late.status, late.pipelineName, placeholder, endedAt],
          [status, 'late', false, fromNow(t, -HOUR)],
        )
        await t.backend.saveRunStart({ runId: status, status: 'running' })
        const again = await runOf(t, status)
        t.assert.equal([again.status, again.endedAt], ['running', null], 'started again')
      }
    },
  ),

  rule('PLH-08', 'Placeholders are found by the filters like other runs.', GROUPS, async (t) => {
    for (const write of Object.values(EARLY)) await write(t)
    await t.backend.saveRunStart({ runId: 'started', pipelineName: 'orders' })
    const found = async (filter: object) => (await t.backend.listRuns(filter)).map(({ runId }) => runId)
    t.assert.equal(await found({ pipelineName: 'unknown' }), ['r'])
    t.assert.equal(await found({ pipelineName: 'orders' }), ['started'])
    t.assert.equal(await found({ status: 'running', metadataFilter: {} }), ['started', 'r'])
  }),

  ruleFor('PLH-09', 'saveRunEnd ends a placeholder, which stays one.', GROUPS, EARLY, async (t, write) => {
    const begin = t.clock.now()
    await write(t)
    t.clock.advance(MINUTE)
    const end = { status: 'failed', errorMessage: 'why', metadata: { a: 1 } } as const
    await t.backend.saveRunEnd('r', end)
    const now = t.clock.now()
    const times = { createdAt: begin, updatedAt: now, endedAt: now }
    t.assert.equal(await t.backend.getRunDetails('r'), blankRun('r', begin, { ...end, ...times, placeholder: true }))
  }),

  ruleFor('PLH-10', 'A placeholder is as old as its last write.', GROUPS, EARLY, async (t, write) => {
    const createdAt = t.clock.now()
    await t.backend.persistEvaluation('r', { score: 1 })
    t.clock.advance(MINUTE)
    await write(t)
    const times = { createdAt, updatedAt: t.clock.now() }
    t.assert.equal(await t.backend.getRunDetails('r'), blankRun('r', createdAt, { ...times, placeholder: true }))
  }),
]
