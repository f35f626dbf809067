import { describe, expect, it } from 'vitest'
import { createStateBackend } from '../../src/index.js'
import { MapStore } from '../support/map-store.js'

function throwing(): never {
  const refuse = () => {
    throw new Error('hands off')
  }
  return new Proxy({}, { get: refuse, has: refuse, ownKeys: refuse, getPrototypeOf: refuse }) as never
}

describe('an input that cannot be read, or is none', () => {
  const backend = createStateBackend(new MapStore())
  const state = throwing()
  const calls: Record<string, () => Promise<unknown>> = {
    'as an id': () => backend.loadState(throwing()),
    'as the whole input': () => backend.saveRunStart(throwing()),
    'as a step': () => backend.saveStepResult(throwing()),
    'as a lease': () => backend.releaseLease(throwing()),
    'as options that may carry a snapshot': () => backend.saveRunEnd('a', {}, throwing()),
    'an array as options that may carry a snapshot': () => backend.saveRunEnd('a', {}, [] as never),
    'as a patch inside options': () => backend.saveRunEnd('a', {}, { state }),
    'as the root of a trace': () => backend.saveTrace('a', throwing()),
    'as a list': () => backend.saveSpans('a', throwing()),
  }
  for (const [name, call] of Object.entries(calls))
    it(`${name} is VALIDATION, as a rejection`, async () => {
      await expect(call()).rejects.toMatchObject({ code: 'VALIDATION' })
    })

  it('names the place of a child', async () => {
    const root = { spanId: 'a', name: 'a', startTime: 0, children: [throwing()] }
    await expect(backend.saveTrace('a', root)).rejects.toMatchObject({ code: 'VALIDATION', path: '$.children[0]' })
  })
})
