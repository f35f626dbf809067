import { describe, expect, it } from 'vitest'
import {
  createCodec,
  createStateBackend,
  defineCapabilities,
  type ObserverEvent,
  StateBackendError,
} from '../../src/index.js'
import { MapStore } from '../support/map-store.js'
import { stateWith } from '../support/state.js'

describe('opening and closing', () => {
  it('does nothing in the constructor and opens once, however many first calls race', async () => {
    const store = new MapStore()
    const backend = createStateBackend(store)
    expect(store.opened).toBe(0)
    await Promise.all([backend.loadState('a'), backend.saveState('a', stateWith()), backend.open(), backend.listRuns()])
    expect(store.opened).toBe(1)
  })

  it('tries again after a failed opening', async () => {
    const store = new MapStore()
    const backend = createStateBackend(store)
    store.failure = new StateBackendError('BUSY', 'locked')
    const results = await Promise.allSettled([backend.open(), backend.loadState('a')])
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(await backend.saveState('a', stateWith())).toEqual({ version: 1 })
    expect(store.opened).toBe(2)
  })

  it('finishes accepted writes at shutdown and refuses later calls', async () => {
    const store = new MapStore()
    const backend = createStateBackend(store)
    const save = backend.saveState('a', stateWith())
    const closing = backend.shutdown()
    await expect(backend.loadState('a')).rejects.toMatchObject({ code: 'CLOSED' })
    await Promise.all([closing, backend.shutdown()])
    expect(await save).toEqual({ version: 1 })
    expect(store.closed).toBe(1)
    await expect(backend.open()).rejects.toMatchObject({ code: 'CLOSED' })
    await expect(backend.saveState('', {} as never)).rejects.toMatchObject({ code: 'CLOSED' })
  })

  it('never opens a store only to close it', async () => {
    const store = new MapStore()
    {
      await using _backend = createStateBackend(store)
    }
    expect([store.opened, store.closed]).toEqual([0, 0])
  })
})

describe('capabilities', () => {
  it('refuses methods of a group that the store declares missing', async () => {
    class Small extends MapStore {
      override readonly capabilities = defineCapabilities({
        persistence: 'none',
        multiInstance: 'none',
        missing: ['traces'],
      })
    }
    const backend = createStateBackend(new Small())
    await expect(backend.getTrace('a')).rejects.toMatchObject({
      code: 'NOT_SUPPORTED',
      message: expect.stringContaining('traces'),
    })
    expect(Object.isFrozen(backend.capabilities)).toBe(true)
  })
})

describe('options', () => {
  it('takes every now from the injected clock', async () => {
    let now = Date.UTC(2026, 2, 1)
    const backend = createStateBackend(new MapStore(), { clock: () => new Date(now) })
    await backend.saveState('a', stateWith())
    now += 1000
    await backend.updateState('a', { totalSteps: 1 })
    const state = await backend.loadState('a')
    expect(state).toMatchObject({ createdAt: new Date(now - 1000), updatedAt: new Date(now) })
  })

  it('refuses wrong options at once', () => {
    const wrong = { clock: 5, observer: 'x', maxPayloadBytes: 0 }
    for (const [name, value] of Object.entries(wrong))
      expect(() => createStateBackend(new MapStore(), { [name]: value } as never)).toThrow(`$.${name}`)
  })

  it('measures payloads in UTF-8 bytes, to the byte, and writes nothing above the limit', async () => {
    const backend = createStateBackend(new MapStore(), { maxPayloadBytes: 100 })
    const fits = 'é'.repeat((100 - '{"a":""}'.length) / 2)
    await backend.saveState('a', stateWith({ pipelineContext: { a: fits } }))
    const save = backend.saveState('a', stateWith({ pipelineContext: { a: `${fits}x` } }))
    await expect(save).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE', path: '$.pipelineContext' })
    expect((await backend.loadState('a'))?.pipelineContext).toEqual({ a: fits })
    const append = backend.updateState('a', { appendStepHistory: [{}, { a: `${fits}x` }] })
    await expect(append).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE', path: '$.appendStepHistory[1]' })
  })

  it('tells the codec the run and the field', async () => {
    const seen = new Set<string>()
    const plain = createCodec()
    const codec: typeof plain = Object.create(plain, {
      encode: {
        value: (value: unknown, context: { runId: string | null; field: string }) => {
          seen.add(`${context.runId}:${context.field}`)
          return plain.encode(value, context)
        },
      },
    })
    const backend = createStateBackend(new MapStore(), { codec })
    await backend.saveState('a', stateWith({ stepHistory: [{}], metadata: {} }))
    await backend.saveStepResult({ runId: 'a', stepName: 's', stepIndex: 0 })
    await backend.setSystemState('k', {})
    for (const each of [
      'a:pipelineContext',
      'a:lastStepOutput',
      'a:stepHistory',
      'a:metadata',
      'a:input',
      'a:output',
      'a:rawResponse',
      'null:value',
    ])
      expect(seen).toContain(each)
  })
})

describe('the observer', () => {
  it('is told of every operation and of every deletion, and harms nothing', async () => {
    const events: ObserverEvent[] = []
    const observer = (event: ObserverEvent) => {
      events.push(event)
      throw new Error('an observer that fails')
    }
    const backend = createStateBackend(new MapStore(), { observer })
    await backend.saveState('a', stateWith({ pipelineContext: { a: 'é' }, status: 'failed', updatedAt: new Date(0) }))
    await backend.updateState('b', {}).catch(() => 'refused')
    await backend.listWorkflows()
    await backend.deleteState('x')
    await backend.cleanupOldWorkflows()
    const told = events.map(({ name, runId, rows, code }) => [name, runId, rows, code])
    expect(told).toEqual([
      ['saveState', 'a', 1, null],
      ['updateState', 'b', 0, 'NOT_FOUND'],
      ['listWorkflows', null, 1, null],
      ['state.deleted', 'x', 1, null],
      ['deleteState', 'x', 1, null],
      ['run.deleted', 'a', 1, null],
      ['cleanupOldWorkflows', null, 1, null],
    ])
    expect(events[0]?.bytes).toBe(Buffer.byteLength('{"a":"é"}') + Buffer.byteLength('null'))
    expect(events.every(({ durationMs, waits }) => durationMs >= 0 && waits === 0)).toBe(true)
  })
})
