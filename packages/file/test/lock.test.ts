import { readdirSync, writeFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { Layout } from '../src/layout.js'
import { Lock } from '../src/lock.js'
import { livenessOf, newIdentity } from '../src/process-identity.js'
import { openBackend, reopened, savedValue, stateOf, temporaryFolder } from './support/folder.js'
import { dead, emptyStore, enter, holdLock, raceOfBreakers } from './support/locks.js'
import { type Child, startChild } from './support/spawn.js'

const lockFor = (folder: string, timeoutMs = 2_000) => new Lock(new Layout(folder), enter(folder), timeoutMs)

describe('who is dead', () => {
  const self = newIdentity()

  it('is only told of what is certain', () => {
    expect(livenessOf(self)).toBe('alive')
    expect(livenessOf({ ...self, started: '' })).toBe('alive')
    expect(livenessOf({ ...self, started: 'long ago' })).toBe('dead')
    expect(livenessOf({ ...self, pid: 2 ** 30 })).toBe('dead')
    expect(livenessOf({ ...self, host: 'elsewhere', pid: 2 ** 30 })).toBe('unknown')
  })
})

describe('the lock', () => {
  it('is held by one at a time, and leaves nothing', async () => {
    const { folder, layout } = emptyStore()
    const locks = Array.from({ length: 5 }, () => lockFor(folder))
    let inside = 0
    const most: number[] = []
    const work = async () => {
      most.push(++inside)
      await wait(1)
      inside -= 1
    }
    await Promise.all(locks.flatMap((lock) => [lock.hold(work), lock.hold(work), lock.hold(work)]))
    expect(most).toEqual(Array(15).fill(1))
    expect(readdirSync(layout.locks)).toEqual([])
    expect(locks.some(({ waits }) => waits > 0)).toBe(true)
  })

  it('is given back when the work fails', async () => {
    const { folder } = emptyStore()
    const lock = lockFor(folder)
    await expect(lock.hold(() => Promise.reject(new Error('work')))).rejects.toThrow('work')
    expect(await lock.hold(async () => 'again')).toBe('again')
  })

  it.each([1, 2, 5])('is taken from a chain of %i dead holders, which it removes', async (length) => {
    const { folder, layout } = emptyStore()
    for (let number = 1; number <= length; number++) holdLock(layout, dead(folder), number)
    expect(await lockFor(folder).hold(async () => readdirSync(layout.locks).length)).toBe(length + 1)
    expect(readdirSync(layout.locks)).toEqual([])
  })

  it('is left with one that lives behind the dead', async () => {
    const { folder, layout } = emptyStore()
    holdLock(layout, dead(folder), 1)
    holdLock(layout, enter(folder), 2)
    await expect(lockFor(folder, 30).hold(async () => 1)).rejects.toMatchObject({ code: 'BUSY', retryable: true })
    expect(readdirSync(layout.locks)).toEqual(['lock.1', 'lock.2'])
  })

  it.each([
    ['of another host, saying what to do', (folder: string) => enter(folder, { host: 'elsewhere', pid: 2 ** 30 })],
    [
      'that cannot be read',
      (folder: string) => {
        const identity = enter(folder)
        writeFileSync(new Layout(folder).user(identity.token), '')
        return identity
      },
    ],
  ])('is never taken from a holder %s', async (_, holder) => {
    const { folder, layout } = emptyStore()
    holdLock(layout, holder(folder), 1)
    const error = await lockFor(folder, 30)
      .hold(async () => 1)
      .catch((error: unknown) => error)
    expect(error).toMatchObject({ code: 'BUSY' })
    expect(readdirSync(layout.locks)).toEqual(['lock.1'])
  })

  it('does not hold the event loop while it waits', async () => {
    const { folder, layout } = emptyStore()
    holdLock(layout, enter(folder), 1)
    let turns = 0
    const counting = setInterval(() => turns++, 1)
    await expect(lockFor(folder, 100).hold(async () => 1)).rejects.toMatchObject({ code: 'BUSY' })
    clearInterval(counting)
    expect(turns).toBeGreaterThan(10)
  })

  it('is not kept from others by one that writes all the time', async () => {
    const { folder } = emptyStore()
    const greedy = lockFor(folder)
    const patient = lockFor(folder)
    let stopped = false
    const work = (async () => {
      while (!stopped) await greedy.hold(() => wait(1))
    })()
    for (let round = 0; round < 5; round++) await patient.hold(async () => undefined)
    stopped = true
    await work
  })
})

it('one that died while it waited is waited for no longer', async () => {
  const { folder, layout } = emptyStore()
  writeFileSync(layout.waiting(dead(folder).token), '')
  await lockFor(folder).hold(async () => undefined)
  expect(readdirSync(layout.locks)).toEqual([])
})

describe('processes', () => {
  it('lose nothing when they write to the same and to different runs', async () => {
    const folder = temporaryFolder()
    await reopened(folder, (backend) =>
      Promise.all(['shared', 'one', 'two', 'three'].map((runId) => backend.saveState(runId, stateOf(0)))),
    )
    const children = ['one', 'two', 'three'].map((name) => startChild(folder, 'append', name, '40'))
    expect(await Promise.all(children.map((child) => child.ended()))).toEqual([0, 0, 0])
    await reopened(folder, async (backend) => {
      const shared = (await backend.loadState('shared'))?.stepHistory ?? []
      expect(shared).toHaveLength(120)
      for (const name of ['one', 'two', 'three']) {
        const expected = Array.from({ length: 40 }, (_, n) => n)
        expect(shared.filter(({ by }) => by === name).map(({ n }) => n)).toEqual(expected)
        expect((await backend.loadState(name))?.stepHistory.map(({ n }) => n)).toEqual(expected)
      }
    })
  }, 60_000)

  it('take the lock of one that was killed', async () => {
    const { folder } = emptyStore()
    const child = startChild(folder, 'holdForEver')
    await child.until((line) => line === 'held')
    await expect(lockFor(folder, 50).hold(async () => 1)).rejects.toMatchObject({ code: 'BUSY' })
    await child.kill()
    expect(await lockFor(folder).hold(async () => 1)).toBe(1)
  })

  it('wait for one that is frozen, give up as BUSY, and go on when it has thawed', async () => {
    const folder = temporaryFolder()
    await reopened(folder, (backend) => backend.saveState('a', stateOf('old')))
    const child = startChild(folder, 'write', 'child')
    await child.until((line) => line.endsWith(' 2'))
    const backend = openBackend(folder, { busyTimeoutMs: 200 })
    await freezeHolding(child, new Layout(folder))
    const error = await backend.saveState('a', stateOf('new')).catch((error: unknown) => error)
    expect(error).toMatchObject({
      code: 'BUSY',
      retryable: true,
      message: expect.stringContaining(String(child.process.pid)),
    })
    // Reading needs no lock.
    expect(await savedValue(backend, 'a')).toBe('old')
    child.process.kill('SIGCONT')
    const count = child.lines.length
    await backend.saveState('a', stateOf('new')).catch(() => backend.saveState('a', stateOf('new')))
    await child.until(() => child.lines.length > count + 5)
    await child.kill()
    expect(await savedValue(backend, 'a')).toBe('new')
  }, 60_000)

  it(
    'that all find the same dead chain let one of them have it at a time',
    () => raceOfBreakers(emptyStore(), 5, 15),
    60_000,
  )
})

/** Freezes it until it is seen holding the lock. */
async function freezeHolding(child: Child, layout: Layout): Promise<void> {
  for (;;) {
    child.process.kill('SIGSTOP')
    await wait(20)
    if (readdirSync(layout.locks).includes('lock.1')) return
    child.process.kill('SIGCONT')
    await wait(7)
  }
}
