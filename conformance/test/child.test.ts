import { afterEach, describe, expect, it } from 'vitest'
import { bundledSpawn } from '../../bundle.shared.js'
import { ProcessGone } from '../src/child/process.js'
import { type Spawned, spawnInstance } from '../src/child/spawned.js'
import { virtualClock } from '../src/clock.js'
import { createGenerators } from '../src/fixtures/generators.js'
import type { Harness, HarnessEnv, SpawnHook } from '../src/harness.js'
import { referenceHarness } from '../src/reference.js'
import { rule } from '../src/rule.js'
import { casesOf, runCase } from '../src/run.js'

const hook: SpawnHook = bundledSpawn(new URL('./support/in-child.ts', import.meta.url), 'open')
const gen = createGenerators()
const clock = virtualClock()

const spawned: Spawned[] = []
let keys = 0
async function spawn(options: Partial<SpawnHook> = {}): Promise<Spawned> {
  const instance = await spawnInstance({ ...hook, ...options }, { clock, storageKey: `k${++keys}` })
  spawned.push(instance)
  return instance
}
afterEach(async () => {
  for (const instance of spawned.splice(0)) await instance.release()
})

describe('a backend in a child process', () => {
  it('gives what a backend here would give, at the time of this clock', async () => {
    const { backend } = await spawn()
    expect(backend.capabilities).toMatchObject({ states: true })
    expect(backend.contractVersion).toBe('1.0')
    clock.set(Date.parse('2027-05-05T05:05:05.005Z'))
    expect(await backend.saveState('a', gen.state({ metadata: { when: new Date(5), n: Number.NaN } }))).toEqual({
      version: 1,
    })
    expect(await backend.loadState('a')).toMatchObject({
      updatedAt: clock.now(),
      metadata: { when: new Date(5), n: Number.NaN },
    })
    clock.advance(1_000)
    await backend.setSystemState('k', {})
    expect((await backend.getSystemState('k'))?.updatedAt).toEqual(clock.now())
  })

  it('rejects with the errors of there, lease and all', async () => {
    const { backend } = await spawn({ exportName: 'openFailing', args: ({ storageKey }) => storageKey })
    await expect(backend.loadState('a')).rejects.toMatchObject({
      name: 'StateBackendError',
      code: 'RUN_CLAIMED',
      message: expect.stringContaining(`held: k${keys}`),
      runId: 'a',
      path: '$.x',
      lease: { owner: 'o', fence: 1 },
    })
    await expect(backend.getTrace('a')).rejects.toThrow(/in the child process: Error: not ours/)
  })

  it('says which export is missing', async () => {
    await expect(spawn({ exportName: 'nothing' })).rejects.toThrow(/has no function nothing/)
  })

  it('runs a script and tells of each call when it was acknowledged', async () => {
    const { script, backend } = await spawn()
    const done: number[] = []
    const calls = [1, 2, 3].map((n) => ({ method: 'setSystemState', args: [`k${n}`, { n }] }))
    expect(await script(calls, (index) => done.push(index))).toEqual([undefined, undefined, undefined])
    expect(done).toEqual([0, 1, 2])
    expect((await backend.getSystemState('k3'))?.value).toEqual({ n: 3 })
  })

  it('is gone after a kill, with what it was doing', async () => {
    const instance = await spawn({ exportName: 'openFailing' })
    const call = instance.backend.getLease('a')
    const gone = expect(call).rejects.toThrow(ProcessGone)
    await instance.kill()
    await gone
    await expect(instance.backend.loadState('a')).rejects.toThrow(ProcessGone)
  })

  it('stands still between stop and resume', async () => {
    const instance = await spawn()
    instance.stop()
    let answered = false
    const call = instance.backend.listStates().then(() => {
      answered = true
    })
    const other = await spawn()
    await other.backend.listStates()
    expect(answered).toBe(false)
    instance.resume()
    await call
  })

  it('uses a process again that was given back whole', async () => {
    const first = await spawn()
    await first.backend.saveState('a', gen.state())
    await first.release()
    const again = await spawn()
    expect(again.pid).toBe(first.pid)
    expect(await again.backend.loadState('a')).toBeNull()
  })

  it('ends by itself when it may, unless something holds it', async () => {
    const instance = await spawn()
    expect(await instance.leave({ limitMs: 5_000 })).toMatchObject({ code: 0 })
    const restless = await spawn({ exportName: 'openRestless' })
    expect(await restless.leave({ limitMs: 200 })).toBeNull()
  })
})

describe('a rule that uses processes', () => {
  const reading = rule(
    'GEN-99',
    'It reads in another process.',
    { needs: ['spawn'], multiInstance: 'process' },
    async (t) => {
      t.assert.equal(await (await t.spawn()).backend.listStates(), [])
    },
  )
  const run = (harness: Harness) => runCase(casesOf([reading])[0] as never, harness)

  it('fails if one of them writes to its outputs', async () => {
    const quiet = { ...referenceHarness(), spawn: hook }
    expect(await run(quiet)).toMatchObject({ outcome: 'pass' })
    expect(await run({ ...quiet, spawn: { ...hook, exportName: 'openNoisy' } })).toMatchObject({
      outcome: 'fail',
      cause: 'process',
      message: 'GEN-08: a child process wrote: look at me',
    })
    // The process is used again, and what it said before is not held against the next rule.
    expect(await run(quiet)).toMatchObject({ outcome: 'pass' })
  })

  it('is not asked of a backend that declares too little', async () => {
    const create = async (env: HarnessEnv) => {
      const backend = await referenceHarness().create(env)
      const capabilities = { ...backend.capabilities, multiInstance: 'none' as const }
      return new Proxy(backend, {
        get: (target, key) => (key === 'capabilities' ? capabilities : Reflect.get(target, key, target)),
      })
    }
    expect(await run({ name: 'alone', create, spawn: hook })).toMatchObject({
      outcome: 'not-run',
      reason: 'declares multiInstance none',
      excused: true,
    })
  })
})
