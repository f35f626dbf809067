import type { StateBackend } from '@flujo-state/core'
import { METHODS, type Method } from '../fixtures/methods.js'
import { fillWorld, WORLD_IDS } from '../fixtures/world.js'
import { type Rule, rule, ruleFor } from '../rule.js'

const LIFE: Readonly<Record<string, Pick<Method, 'call'>>> = {
  ...Object.fromEntries(METHODS.map((method) => [method.name, method])),
  open: { call: (backend: StateBackend) => backend.open() },
}

export const shutdownRules: readonly Rule[] = [
  rule(
    'SHD-01',
    'shutdown resolves on a fresh, a used and an already closed backend, and for calls at the same time.',
    {},
    async (t) => {
      const fresh = await t.other()
      t.assert.equal(await fresh.shutdown(), undefined, 'fresh')
      const opened = await t.other()
      await opened.open()
      await opened.open()
      t.assert.equal(await opened.shutdown(), undefined, 'opened, twice')
      await t.backend.saveState('a', t.gen.state())
      t.assert.equal(
        await t.assert.resolves(Promise.all([t.backend.shutdown(), t.backend.shutdown()]), 'two calls at once'),
        [undefined, undefined],
        'used, two calls at once',
      )
      t.assert.equal(await t.assert.resolves(t.backend.shutdown(), 'closed'), undefined, 'closed')
    },
  ),

  ruleFor(
    'SHD-02',
    'After shutdown every method is CLOSED; that comes before any other complaint.',
    {},
    LIFE,
    async (t, method) => {
      await t.backend.saveState('a', t.gen.state())
      await t.backend.shutdown()
      await t.assert.rejects(() => method.call(t.backend, 'a'), 'CLOSED')
      await t.assert.rejects(() => method.call(t.backend, ''), 'CLOSED', { what: 'with a bad argument' })
      await t.assert.rejects(() => method.call(t.backend, 'a'), 'CLOSED', { what: 'again' })
    },
  ),

  rule('SHD-03', 'Writes accepted before shutdown are finished by it.', { needs: ['reopen'] }, async (t) => {
    const ids = Array.from({ length: 50 }, (_, index) => `run-${index}`)
    const writes = ids.map((runId) => t.backend.saveState(runId, t.gen.fullState()))
    const reopening = t.reopen()
    const outcomes = await Promise.allSettled(writes)
    t.assert.equal(
      outcomes.filter(({ status }) => status === 'rejected'),
      [],
      'refused writes',
    )
    const reopened = await reopening
    t.assert.equal((await reopened.listStates()).length, ids.length, 'snapshots after reopening')
  }),

  rule(
    'SHD-05',
    'Shutting one instance down leaves another one over the same storage at work.',
    { needs: ['second'] },
    async (t) => {
      const second = await t.second()
      await t.backend.saveState('a', t.gen.state())
      await second.saveState('b', t.gen.state())
      await t.backend.shutdown()
      await t.assert.resolves(second.saveState('c', t.gen.state()), 'a write of the other instance')
      t.assert.equal((await second.listStates()).map(({ runId }) => runId).sort(), ['a', 'b', 'c'])
      await t.assert.rejects(t.backend.loadState('a'), 'CLOSED')
    },
  ),

  rule('SHD-07', 'Disposal is shutdown: `await using` closes the backend.', {}, async (t) => {
    const other = await t.other()
    await other.saveState('a', t.gen.state())
    t.assert.equal(await other[Symbol.asyncDispose](), undefined)
    await t.assert.rejects(other.loadState('a'), 'CLOSED')
    t.assert.equal(await other.shutdown(), undefined, 'shutdown after disposal')
  }),

  rule('SHD-08', 'Reads that were under way at shutdown give what they should, or CLOSED.', {}, async (t) => {
    await fillWorld(t)
    const before = await t.dump(t.backend, WORLD_IDS)
    const reads = WORLD_IDS.map((runId) => t.backend.loadState(runId))
    await t.backend.shutdown()
    for (const [index, outcome] of (await Promise.allSettled(reads)).entries()) {
      const runId = WORLD_IDS[index] as string
      if (outcome.status === 'rejected') await t.assert.rejects(Promise.reject(outcome.reason), 'CLOSED')
      else t.assert.equal(outcome.value, before.runs[runId]?.state ?? null, runId)
    }
  }),
]
