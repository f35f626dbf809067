import { execFileSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { Connection } from '../src/connection.js'
import { loadDriver } from '../src/driver.js'
import { Lock } from '../src/lock.js'
import { backendOf, handleOf } from './support/backends.js'
import { start } from './support/process.js'
import { aState } from './support/state.js'
import { temporaryFile } from './support/temporary.js'

const pragma = (handle: Database.Database, name: string) => handle.pragma(name, { simple: true })

describe('a lock that another process holds', () => {
  it('is waited for while this process goes on', async () => {
    const path = temporaryFile()
    const backend = backendOf(path)
    await backend.saveState('r', aState())
    const holder = start('hold.ts', path, '300')
    await holder.next()
    let ticks = 0
    let longest = 0
    let last = performance.now()
    const timer = setInterval(() => {
      ticks += 1
      longest = Math.max(longest, performance.now() - last)
      last = performance.now()
    }, 5)
    const read = await backend.loadState('r')
    await backend.updateState('r', { currentStepIndex: 1 })
    clearInterval(timer)
    expect(read).toMatchObject({ currentStepIndex: 0 })
    expect(await backend.loadState('r')).toMatchObject({ currentStepIndex: 1 })
    expect(ticks).toBeGreaterThan(10)
    expect(longest).toBeLessThan(250)
  })

  it('is BUSY when it takes too long, and no byte of the file changes', async () => {
    const path = temporaryFile()
    const backend = backendOf(path, { busyTimeoutMs: 100 })
    await backend.saveState('r', aState())
    const holder = start('hold.ts', path, '60000')
    await holder.next()
    const before = [path, `${path}-wal`].map(hashOf)
    const writes = [1, 2, 3].map((currentStepIndex) => backend.updateState('r', { currentStepIndex }))
    for (const write of writes)
      await expect(write).rejects.toMatchObject({
        code: 'BUSY',
        retryable: true,
        message: expect.stringMatching(/^updateState: .* 100 ms/),
      })
    expect([path, `${path}-wal`].map(hashOf)).toEqual(before)
    holder.child.kill('SIGKILL')
    await holder.ended
    await backend.updateState('r', { currentStepIndex: 9 })
    expect(await backend.loadState('r')).toMatchObject({ currentStepIndex: 9, version: 2 })
  })
})

/** By another process: closing the file in this one would drop the locks that it holds. */
function hashOf(path: string): string {
  const program = `console.log(crypto.createHash('sha256').update(fs.readFileSync(process.argv[1])).digest('hex'))`
  return execFileSync(process.execPath, ['-e', program, path], { encoding: 'utf8' })
}

describe('a file of ours', () => {
  it('is in WAL mode, synchronous as the durability says, and waits for no lock itself', async () => {
    for (const [durability, synchronous] of [
      ['full', 2],
      ['normal', 1],
    ] as const) {
      const path = temporaryFile()
      const lock = new Lock('x', 1000)
      const options = { durability, create: true, examine: () => {} }
      const connection = await Connection.open(await loadDriver(), { kind: 'file', path, name: 'x' }, lock, options)
      const { handle } = connection
      expect([pragma(handle, 'journal_mode'), pragma(handle, 'synchronous'), pragma(handle, 'busy_timeout')]).toEqual([
        'wal',
        synchronous,
        0,
      ])
      connection.close()
      expect(handle.open).toBe(false)
    }
  })

  it('whose file system cannot hold a WAL is refused', async () => {
    // A database in memory cannot either.
    const driver = { ...(await loadDriver()), open: () => handleOf(':memory:') }
    const target = { kind: 'file', path: temporaryFile(), name: 'the database' } as const
    const options = { durability: 'full', create: true, examine: () => {} } as const
    await expect(Connection.open(driver, target, new Lock('the database', 100), options)).rejects.toMatchObject({
      code: 'IO',
      message: expect.stringContaining('put the database on a local disk'),
    })
  })

  it('leaves nothing beside it when its last user has gone', async () => {
    const path = temporaryFile()
    const first = backendOf(path)
    const second = backendOf(path)
    await first.saveState('a', aState())
    await second.saveState('b', aState())
    await first.shutdown()
    expect(existsSync(`${path}-wal`)).toBe(true)
    await second.shutdown()
    expect([existsSync(`${path}-wal`), existsSync(`${path}-shm`)]).toEqual([false, false])
  })
})

describe('compact', () => {
  it('gives space back to the file system', async () => {
    const path = temporaryFile()
    const backend = backendOf(path)
    for (let i = 0; i < 20; i++) await backend.saveState(`r${i}`, aState({ lastStepOutput: 'x'.repeat(100_000) }))
    for (let i = 1; i < 20; i++) await backend.deleteRun(`r${i}`)
    await backend.compact()
    expect(statSync(path).size).toBeLessThan(400_000)
    expect(existsSync(`${path}-wal`) ? statSync(`${path}-wal`).size : 0).toBeLessThan(100_000)
    expect(pragma(handleOf(path), 'journal_mode')).toBe('wal')
    expect(await backend.loadState('r0')).toMatchObject({ lastStepOutput: 'x'.repeat(100_000) })
  })

  it('is BUSY while somebody else has it open, even idle', async () => {
    const path = temporaryFile()
    const [backend, other] = [backendOf(path), backendOf(path)]
    await backend.saveState('r', aState())
    await other.open()
    await expect(backend.compact()).rejects.toMatchObject({
      code: 'BUSY',
      message: expect.stringContaining('others have it open'),
    })
    await other.shutdown()
    await backend.compact()
    const writer = start('write.ts', path, 'other')
    await writer.next()
    await expect(backend.compact()).rejects.toMatchObject({ code: 'BUSY' })
    await backend.updateState('r', { currentStepIndex: 1 })
  })

  it('waits for a transaction of the owner of a lent handle, and keeps the handle in its journal mode', async () => {
    const handle = handleOf(temporaryFile())
    handle.pragma('journal_mode = wal')
    const backend = backendOf(handle, { busyTimeoutMs: 50 })
    await backend.saveState('r', aState())
    handle.exec('begin')
    await expect(backend.compact()).rejects.toMatchObject({
      code: 'BUSY',
      message: expect.stringContaining('by its owner'),
    })
    handle.exec('rollback')
    await backend.compact()
    expect(pragma(handle, 'journal_mode')).toBe('wal')
    expect(await backend.listStates()).toHaveLength(1)
  })

  it('works in memory', async () => {
    const backend = backendOf(':memory:')
    await backend.saveState('r', aState())
    await backend.compact()
    expect(await backend.listStates()).toHaveLength(1)
  })
})

describe('a handle that was lent', () => {
  it('keeps its settings and stays open', async () => {
    const handle = handleOf(temporaryFile(), { timeout: 1234 })
    handle.pragma('journal_mode = truncate')
    handle.pragma('synchronous = off')
    handle.defaultSafeIntegers(true)
    const backend = backendOf(handle)
    await backend.saveState('r', aState())
    expect(await backend.loadState('r')).toMatchObject({ version: 1, currentStepIndex: 0 })
    await backend.shutdown()
    handle.defaultSafeIntegers(false)
    expect([pragma(handle, 'journal_mode'), pragma(handle, 'synchronous'), pragma(handle, 'busy_timeout')]).toEqual([
      'truncate',
      0,
      1234,
    ])
    expect(handle.prepare('select run_id from workflow_state').pluck().all()).toEqual(['r'])
  })

  it('is waited for while its owner has a transaction open, and then BUSY', async () => {
    const handle = handleOf(temporaryFile())
    const backend = backendOf(handle, { busyTimeoutMs: 5000 })
    await backend.saveState('r', aState())
    handle.exec('begin')
    handle.exec('create table orders (id)')
    const update = backend.updateState('r', { currentStepIndex: 1 })
    expect(await backend.loadState('r')).toMatchObject({ currentStepIndex: 0 })
    await sleep(20)
    handle.exec('commit')
    await update
    expect(await backend.loadState('r')).toMatchObject({ currentStepIndex: 1 })

    handle.exec('begin')
    const impatient = backendOf(handle, { busyTimeoutMs: 20 })
    await expect(impatient.saveState('s', aState())).rejects.toMatchObject({
      code: 'BUSY',
      message: expect.stringContaining('in use by its owner'),
    })
    handle.exec('rollback')
    await impatient.saveState('s', aState())
  })

  it('is waited for while its owner reads rows one by one', async () => {
    const handle = handleOf(':memory:')
    const backend = backendOf(handle)
    await backend.saveState('r', aState())
    const rows = handle.prepare('select 1 union all select 2').iterate()
    rows.next()
    const load = backend.loadState('r')
    await sleep(5)
    rows.return?.()
    expect(await load).not.toBeNull()
  })

  it('that its owner has closed is CLOSED', async () => {
    const handle = handleOf(':memory:')
    const backend = backendOf(handle)
    await backend.open()
    handle.close()
    for (const call of [
      () => backend.saveState('r', aState()),
      () => backend.loadState('r'),
      () => backendOf(handle).open(),
    ])
      await expect(call()).rejects.toMatchObject({
        code: 'CLOSED',
        message: expect.stringContaining('closed by its owner'),
      })
  })

  it('waits for the locks of others without blocking, though its own timeout is long', async () => {
    const path = temporaryFile()
    const handle = handleOf(path, { timeout: 60_000 })
    const backend = backendOf(handle, { busyTimeoutMs: 30 })
    await backend.open()
    const other = handleOf(path)
    other.exec('begin exclusive')
    const begin = performance.now()
    await expect(backend.saveState('r', aState())).rejects.toMatchObject({ code: 'BUSY' })
    await expect(backendOf(handle, { busyTimeoutMs: 30 }).open()).rejects.toMatchObject({ code: 'BUSY' })
    expect(performance.now() - begin).toBeLessThan(5000)
    expect(pragma(handle, 'busy_timeout')).toBe(60_000)
    other.exec('rollback')
  })
})
