import { many, save } from '../fixtures/workflows.js'
import { fillWorld } from '../fixtures/world.js'
import { type Rule, rule } from '../rule.js'

export const compactRules: readonly Rule[] = [
  rule(
    'CMP-01',
    'compact changes nothing that can be read, and may be called at any time, also on an empty store.',
    { requires: ['compact', 'states', 'runs'] },
    async (t) => {
      t.assert.equal(await t.backend.compact(), undefined, 'on an empty store')
      await fillWorld(t)
      const payload = { pipelineContext: { text: 'x'.repeat(20_000) } }
      await many(50, (n) => save(t, `big ${n}`, payload))
      await many(50, (n) => t.backend.deleteRun(`big ${n}`))
      const before = await t.dump()
      await t.backend.compact()
      t.assert.equal(await t.dump(), before, 'after compact')
      await save(t, 'after')
      await t.backend.compact()
      t.assert.ok((await t.backend.loadState('after')) !== null, 'a write after compact is there')
    },
  ),

  rule(
    'CMP-02',
    'compact while another instance has the store open is done or refused as BUSY; either way both keep working.',
    { requires: ['compact', 'states'], needs: ['second'] },
    async (t) => {
      const other = await t.second()
      await save(t, 'run')
      await other.updateState('run', { status: 'paused' })
      const compacted = t.backend.compact().then(
        () => null,
        (error: { code?: unknown }) => error.code,
      )
      t.assert.ok([null, 'BUSY'].includes((await compacted) as null), `compact: ${String(await compacted)}`)
      await t.assert.resolves(other.updateState('run', { currentStepIndex: 5 }), 'a write of the other instance')
      t.assert.equal((await t.backend.loadState('run'))?.currentStepIndex, 5, 'a write of the other instance')
      await other.shutdown()
      t.assert.equal(await t.backend.compact(), undefined, 'when the other instance has gone')
      t.assert.equal((await t.backend.loadState('run'))?.status, 'paused', 'the run')
    },
  ),
]
