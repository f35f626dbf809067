import { describe, expect, it } from 'vitest'
import { createStateBackend, StateBackendError } from '../../src/index.js'
import { MapStore } from '../support/map-store.js'
import { stateWith } from '../support/state.js'

describe('the queue of writes', () => {
  it('hands the writes of one turn to the store together, in order', async () => {
    const store = new MapStore()
    const backend = createStateBackend(store)
    const versions = await Promise.all(Array.from({ length: 64 }, () => backend.saveState('r', stateWith())))
    expect(store.batches).toEqual([64])
    expect(versions.map(({ version }) => version)).toEqual(Array.from({ length: 64 }, (_, index) => index + 1))
  })

  it('groups what arrives in one turn from different callbacks, and what arrives during a commit', async () => {
    const store = new MapStore()
    const backend = createStateBackend(store)
    await backend.open()
    const saves: Promise<unknown>[] = []
    await new Promise<void>((resolve) => {
      for (let i = 0; i < 8; i++) process.nextTick(() => saves.push(backend.saveState(`r${i}`, stateWith())))
      setImmediate(resolve)
    })
    await Promise.all(saves)
    expect(store.batches).toEqual([8])
  })

  it('shares a commit between so many writes at most', async () => {
    const store = new MapStore()
    const backend = createStateBackend(store)
    await Promise.all(Array.from({ length: 600 }, (_, index) => backend.saveState(`r${index}`, stateWith())))
    expect(store.batches).toEqual([256, 256, 88])
  })

  it('fails one write alone', async () => {
    const backend = createStateBackend(new MapStore())
    const results = await Promise.allSettled([
      backend.saveState('a', stateWith()),
      backend.saveState('a', stateWith(), { ifVersion: 7 }),
      backend.updateState('missing', { totalSteps: 1 }),
      backend.saveState('a', stateWith(), { ifVersion: 1 }),
    ])
    expect(results.map((result) => (result.status === 'rejected' ? result.reason.code : result.value))).toEqual([
      { version: 1 },
      'CONFLICT',
      'NOT_FOUND',
      { version: 2 },
    ])
  })

  it('fails every write of a commit that could not be made, and goes on', async () => {
    const store = new MapStore()
    const backend = createStateBackend(store)
    await backend.open()
    store.failure = new StateBackendError('BUSY', 'locked')
    const results = await Promise.allSettled([backend.saveState('a', stateWith()), backend.deleteRun('b')])
    expect(results.map((result) => result.status === 'rejected' && result.reason.message)).toEqual([
      'saveState: locked',
      'deleteRun: locked',
    ])
    expect(await backend.saveState('a', stateWith())).toEqual({ version: 1 })
  })

  it('keeps the order of submission when the codec is asynchronous, and fails only what it refuses', async () => {
    let calls = 0
    const codec = {
      json: true,
      // The first values take longest.
      encode: async (value: unknown) => {
        await new Promise((resolve) => setTimeout(resolve, Math.max(0, 20 - calls++ * 2)))
        if (JSON.stringify(value).includes('refused')) throw new StateBackendError('SERIALIZATION', 'refused')
        return JSON.stringify(value)
      },
      decode: async (text: string) => JSON.parse(text) as unknown,
    }
    const backend = createStateBackend(new MapStore(), { codec })
    const saves = ['one', 'refused', 'two', 'three'].map((name) =>
      backend.saveState('r', stateWith({ pipelineContext: { name } })).then(
        ({ version }) => version,
        (error) => error.code,
      ),
    )
    expect(await Promise.all(saves)).toEqual([1, 'SERIALIZATION', 2, 3])
    expect((await backend.loadState('r'))?.pipelineContext).toEqual({ name: 'three' })
  })
})
