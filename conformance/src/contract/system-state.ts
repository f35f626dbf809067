import type { StorableObject } from '@flujo-state/core'
import { DAY, HOUR, save } from '../fixtures/workflows.js'
import { type Rule, rule, ruleFor } from '../rule.js'

const SYSTEM_STATE = { requires: ['systemState'] } as const

const NO_OBJECTS: Readonly<Record<string, unknown>> = {
  null: null,
  undefined: undefined,
  'a text': 'watermark',
  'a number': 5,
  'a boolean': true,
  'an array': [1],
  'a Date': new Date(0),
  'a Map': new Map(),
}

export const systemStateRules: readonly Rule[] = [
  rule('SYS-01', 'A value that was set is read back with its key and the time it was set.', SYSTEM_STATE, async (t) => {
    const value = { watermark: 42, nested: { list: [1, null, 'x'] } }
    await t.backend.setSystemState('connector', value)
    const updatedAt = t.clock.now()
    t.clock.advance(DAY)
    t.assert.equal(await t.backend.getSystemState('connector'), { key: 'connector', value, updatedAt })
  }),

  rule(
    'SYS-02',
    'A key never set gives null, also beside similar keys; an empty object is a value.',
    SYSTEM_STATE,
    async (t) => {
      t.assert.equal(await t.backend.getSystemState('connector'), null, 'in an empty store')
      for (const key of ['connector-2', 'Connector', 'connector ', 'conn', '%', '__proto__'])
        await t.backend.setSystemState(key, {})
      t.assert.equal(await t.backend.getSystemState('connector'), null, 'beside similar keys')
      t.assert.equal(await t.backend.getSystemState('constructor'), null, 'a key that every object has')
      t.assert.equal((await t.backend.getSystemState('__proto__'))?.value, {}, 'an empty object')
    },
  ),

  rule(
    'SYS-03',
    'Setting a key again replaces the whole value and its time, also when the value is equal.',
    SYSTEM_STATE,
    async (t) => {
      await t.backend.setSystemState('key', { a: 1, nested: { b: 2 } })
      t.clock.advance(HOUR)
      await t.backend.setSystemState('key', { nested: { c: 3 } })
      const value = { nested: { c: 3 } }
      t.assert.equal(await t.backend.getSystemState('key'), { key: 'key', value, updatedAt: t.clock.now() }, 'replaced')
      t.clock.advance(HOUR)
      await t.backend.setSystemState('key', value)
      t.assert.equal(
        await t.backend.getSystemState('key'),
        { key: 'key', value, updatedAt: t.clock.now() },
        'set to an equal value',
      )
    },
  ),

  rule(
    'SYS-04',
    'Keys and run ids are separate spaces: a key equal to a run id touches nothing of the run.',
    { requires: ['systemState', 'states', 'runs'] },
    async (t) => {
      await t.backend.setSystemState('same', { a: 1 })
      t.assert.equal([await t.backend.loadState('same'), await t.backend.getRunDetails('same')], [null, null], 'no run')
      t.assert.equal([await t.backend.listStates(), await t.backend.listRuns()], [[], []], 'no lists')
      await save(t, 'same')
      await t.backend.saveRunStart({ runId: 'same' })
      const { systemStates: _before, ...before } = await t.dump()
      t.clock.advance(HOUR)
      await t.backend.setSystemState('same', { b: 2 })
      const { systemStates, ...after } = await t.dump()
      t.assert.equal(after, before, 'everything else')
      t.assert.equal(systemStates.same?.value, { b: 2 }, 'the value')
    },
  ),

  rule(
    'SYS-05',
    'Deleting runs and states, cleanup and the marking of stale tasks leave system state alone.',
    { requires: ['systemState', 'states', 'runs', 'cleanup', 'backgroundTasks'] },
    async (t) => {
      for (const key of ['same', 'watermark']) await t.backend.setSystemState(key, { key })
      const before = (await t.dump()).systemStates
      await save(t, 'same')
      await t.backend.deleteState('same')
      await t.backend.saveRunStart({ runId: 'same' })
      await t.backend.deleteRun('same')
      await save(t, 'watermark', { status: 'completed' })
      await save(t, 'task', { status: 'running', isBackgroundTask: true })
      t.clock.advance(90 * DAY)
      const counts = [await t.backend.cleanupOldWorkflows(), await t.backend.cleanupStaleBackgroundTasks()]
      t.assert.equal(counts, [1, 1], 'cleaned and marked')
      t.assert.equal((await t.dump()).systemStates, before)
    },
  ),

  ruleFor(
    'SYS-06',
    'A value that is no plain object is refused, and the old one stays.',
    SYSTEM_STATE,
    NO_OBJECTS,
    async (t, value) => {
      await t.backend.setSystemState('key', { old: true })
      await t.assert.rejects(() => t.backend.setSystemState('key', value as StorableObject), 'VALIDATION', {
        path: '$.value',
      })
      t.assert.equal((await t.backend.getSystemState('key'))?.value, { old: true })
    },
  ),
]
