import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, describe, expect, it, vi } from 'vitest'
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

describe('the event loop', () => {
  /** Counts turns until the promise has settled. */
  async function turnsUntil(done: Promise<unknown>): Promise<number> {
    let turns = 0
    let settled = false
    const end = () => {
      settled = true
    }
    done.then(end, end)
    for (; !settled; turns++) await turn()
    return turns
  }

  it('gets a turn between two commits', async () => {
    const backend = createStateBackend(new MapStore())
    const saves = Array.from({ length: 600 }, (_, index) => backend.saveState(`r${index}`, stateWith()))
    expect(await turnsUntil(Promise.all(saves))).toBeGreaterThanOrEqual(3)
  })

  it('is not held by many large writes in one commit, of which each has one at least', async () => {
    const store = new MapStore()
    const backend = createStateBackend(store)
    const large = (size: number) => stateWith({ pipelineContext: { text: 'x'.repeat(size) } })
    await Promise.all([2e6, 1e5, 4e5, 4e5, 4e5, 10].map((size, index) => backend.saveState(`r${index}`, large(size))))
    expect(store.batches).toEqual([1, 3, 2])
  })

  it('counts histories, steps, patches and spans as well', async () => {
    const store = new MapStore()
    const backend = createStateBackend(store)
    const text = 'x'.repeat(600_000)
    await backend.saveState('r', stateWith())
    await Promise.all([
      backend.saveState('r', stateWith({ stepHistory: [{ text }] })),
      backend.updateState('r', { appendStepHistory: [{ text }] }),
      backend.updateState('r', { stepHistory: [{ text }] }),
      backend.saveStepResult({ runId: 'r', stepName: 's', stepIndex: 0, output: text }),
      backend.saveRunEnd('r', { finalContext: { text } }),
      backend.saveSpans('r', [{ spanId: 's', name: 's', startTime: 0, attributes: { text } }]),
      backend.deleteRun('r'),
    ])
    expect(store.batches).toEqual([1, 1, 1, 1, 1, 1, 2])
  })
})

describe('a caller who waits for each write', () => {
  afterEach(() => void vi.restoreAllMocks())

  const turnsOf = async (backend: ReturnType<typeof createStateBackend>, writes: number) => {
    let turns = 0
    const count = () => {
      turns++
      counter = setImmediate(count)
    }
    let counter = setImmediate(count)
    for (let index = 0; index < writes; index++) await backend.saveState('r', stateWith())
    clearImmediate(counter)
    return turns
  }

  it('needs no turn of the event loop for each', async () => {
    vi.spyOn(performance, 'now').mockReturnValue(0)
    expect(await turnsOf(createStateBackend(new MapStore()), 100)).toBeLessThan(5)
  })

  it('gives others their turn in time', async () => {
    let now = 0
    vi.spyOn(performance, 'now').mockImplementation(() => now++)
    expect(await turnsOf(createStateBackend(new MapStore()), 100)).toBeGreaterThan(20)
  })

  it('does not keep several from sharing a commit afterwards', async () => {
    vi.spyOn(performance, 'now').mockReturnValue(0)
    const store = new MapStore()
    const backend = createStateBackend(store)
    for (let index = 0; index < 3; index++) await backend.saveState('r', stateWith())
    await Promise.all(Array.from({ length: 64 }, () => backend.saveState('r', stateWith())))
    expect(store.batches).toEqual([1, 1, 1, 64])
    const lane = async () => {
      for (let index = 0; index < 3; index++) {
        await turn()
        await backend.saveState('r', stateWith())
      }
    }
    await backend.saveState('r', stateWith())
    store.batches.length = 0
    await Promise.all(Array.from({ length: 8 }, lane))
    expect(store.batches).toEqual([8, 8, 8])
  })
})
