import type * as realFs from 'node:fs'
import { cpSync, readFileSync, truncateSync } from 'node:fs'
import { basename, dirname, relative } from 'node:path'
import type { StateBackend } from '@flujo-state/core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { FileBackend } from '../src/index.js'
import { Pace } from '../src/pace.js'
import { filesIn, openBackend, reopened, runFolderOf, savedValue, stateOf, temporaryFolder } from './support/folder.js'

/** What the operating system is asked to do for durability, in its order; and what shall fail. */
const disk = vi.hoisted(() => ({
  calls: [] as string[],
  paths: new Map<number, string>(),
  fail: null as ((call: string, path: string) => string | null) | null,
}))

function failureOf(call: string, path: string): Error | null {
  const code = disk.fail?.(call, path)
  return code ? Object.assign(new Error(`${code}: simulated, ${call} '${path}'`), { code }) : null
}

vi.mock('node:fs', async (importOriginal) => {
  const fs = await importOriginal<typeof realFs>()
  const before = (call: string, path: string) => {
    const failure = failureOf(call, path)
    if (failure) throw failure
  }
  const sync =
    (call: string, real: typeof fs.fsync) =>
    (fd: number, done: (error: Error | null) => void): void => {
      const path = disk.paths.get(fd) ?? ''
      const failure = failureOf(call, path)
      if (failure) return void setImmediate(done, failure)
      real(fd, (error) => {
        disk.calls.push(`${call} ${path}`)
        done(error)
      })
    }
  return {
    ...fs,
    openSync: (path: string, flags: string, mode: number) => {
      const fd = fs.openSync(path, flags, mode)
      disk.paths.set(fd, path)
      return fd
    },
    writeSync: (fd: number, bytes: Buffer, offset: number, length: number, position: number) => {
      const path = disk.paths.get(fd) ?? ''
      // A full disk takes some of it first.
      if (disk.fail?.('write', path)) fs.writeSync(fd, bytes, offset, Math.min(length, 20), position)
      before('write', path)
      disk.calls.push(`write ${path}`)
      return fs.writeSync(fd, bytes, offset, length, position)
    },
    renameSync: (from: string, to: string) => {
      before('rename', to)
      disk.calls.push(`rename ${to}`)
      fs.renameSync(from, to)
    },
    fsync: sync('fsync', fs.fsync),
    fdatasync: sync('fdatasync', fs.fdatasync as typeof fs.fsync),
  }
})

let folder: string
let backend: FileBackend

beforeEach(async () => {
  folder = temporaryFolder()
  backend = openBackend(folder)
  await backend.saveState('a', stateOf('old'))
  await backend.setSystemState('key', { value: 'old' })
  disk.calls.length = 0
})
afterEach(() => {
  disk.fail = null
})

/** The calls since the last look, with paths relative to the folder and without what is random in names. */
function calls(): string[] {
  return disk.calls.splice(0).map((call) => {
    const [name = '', path = ''] = call.split(' ')
    return `${name} ${relative(folder, path).replace(/\.[0-9a-f-]+\.tmp$/, '.tmp')}`
  })
}
const inRun = (runId: string) => relative(folder, runFolderOf(folder, runId))

describe('before a promise resolves', () => {
  it('a new run is on disk, with the names of its log and folders', async () => {
    await backend.saveState('new', stateOf(1))
    const run = inRun('new')
    const [shard = ''] = run.split(`/${basename(run)}`)
    const done = calls()
    expect(done[0]).toBe(`write ${run}/log.0.jsonl`)
    expect(done.slice(1).sort()).toEqual(
      [`fdatasync ${run}/log.0.jsonl`, `fsync ${run}`, `fsync ${shard}`, 'fsync runs'].sort(),
    )
  })

  it('new runs of one commit are on disk, and a folder that they share is synced once', async () => {
    // On a busy machine the commit would pause in between, and what it has asked for until then would be synced meanwhile.
    const pace = vi.spyOn(Pace.prototype, 'isDue').mockReturnValue(false)
    await Promise.all(['b', 'c', 'd'].map((runId) => backend.saveState(runId, stateOf(1))))
    pace.mockRestore()
    const done = calls().filter((call) => !call.startsWith('write'))
    const ofRuns = ['b', 'c', 'd'].map(inRun).flatMap((run) => [`fdatasync ${run}/log.0.jsonl`, `fsync ${run}`])
    const shards = new Set(['b', 'c', 'd'].map((runId) => `fsync ${dirname(inRun(runId))}`))
    expect(done.sort()).toEqual([...ofRuns, ...shards, 'fsync runs'].sort())
  })

  it('a later new run in the same part of the folder does not sync the name of that part again', async () => {
    const other = Array.from({ length: 2000 }, (_, n) => `run-${n}`).find(
      (runId) => dirname(inRun(runId)) === dirname(inRun('a')),
    ) as string
    await backend.saveState(other, stateOf(1))
    const run = inRun(other)
    expect(calls().slice(1).sort()).toEqual(
      [`fdatasync ${run}/log.0.jsonl`, `fsync ${run}`, `fsync ${dirname(run)}`].sort(),
    )
  })

  it('a commit to a run of another writer is on disk with its names: that one may have died before it synced them', async () => {
    const other = openBackend(folder)
    await other.open()
    calls()
    const run = inRun('a')
    await other.updateState('a', { currentStepIndex: 1 })
    expect(calls().slice(1).sort()).toEqual(
      [`fdatasync ${run}/log.0.jsonl`, `fsync ${run}`, `fsync ${dirname(run)}`].sort(),
    )
    await other.updateState('a', { currentStepIndex: 2 })
    expect(calls()).toEqual([`write ${run}/log.0.jsonl`, `fdatasync ${run}/log.0.jsonl`])
  })

  it('a further commit is on disk', async () => {
    await backend.updateState('a', { currentStepIndex: 1 })
    expect(calls()).toEqual([`write ${inRun('a')}/log.0.jsonl`, `fdatasync ${inRun('a')}/log.0.jsonl`])
  })

  it('further commits to several runs are on disk by one sync, of the journal that has them all', async () => {
    const ids = ['b', 'c', 'd', 'e']
    const saveAll = (value: unknown) => Promise.all(ids.map((runId) => backend.saveState(runId, stateOf(value))))
    await saveAll(1)
    calls()
    await saveAll(2)
    const journal = expect.stringMatching(/^write journals\//)
    const writes = ids.map((runId) => `write ${inRun(runId)}/log.0.jsonl`)
    const done = calls()
    expect(done.slice(0, 5)).toEqual([...writes, journal])
    expect(done.slice(5).sort()).toEqual([expect.stringMatching(/^fdatasync journals\//), 'fsync journals'])
    await saveAll(3)
    expect(calls().slice(5)).toEqual([expect.stringMatching(/^fdatasync journals\//)])
    expect(await reopened(folder, (other) => savedValue(other, 'e'))).toBe(3)
  })

  it('logs are synced themselves before their journal goes', async () => {
    const ids = ['b', 'c', 'd', 'e']
    for (const value of [1, 2]) await Promise.all(ids.map((runId) => backend.saveState(runId, stateOf(value))))
    calls()
    await backend.shutdown()
    expect(calls().slice(0, 4).sort()).toEqual(ids.map((runId) => `fdatasync ${inRun(runId)}/log.0.jsonl`).sort())
    expect(filesIn(folder).filter((name) => name.startsWith('journals'))).toEqual([])
  })

  it('a store that can only be read is refused while a log lacks what a journal has', async () => {
    const ids = ['b', 'c', 'd', 'e']
    for (const value of [1, 2]) await Promise.all(ids.map((runId) => backend.saveState(runId, stateOf(value))))
    const copy = temporaryFolder()
    cpSync(folder, copy, { recursive: true })
    disk.fail = (call, path) => (call === 'write' && path.includes('/users/') ? 'EROFS' : null)
    expect(await savedValue(openBackend(copy), 'b')).toBe(2)
    const log = `${runFolderOf(copy, 'b')}/log.0.jsonl`
    truncateSync(log, readFileSync(log).length - 20)
    const reading = openBackend(copy).loadState('b')
    await expect(reading).rejects.toMatchObject({ code: 'IO', message: expect.stringMatching(/open it once/) })
    disk.fail = null
    expect(await reopened(copy, (other) => savedValue(other, 'b'))).toBe(2)
  })

  it('a file that is replaced is on disk before it gets its name, and its name after', async () => {
    await backend.setSystemState('key', { value: 'new' })
    const [file] = filesIn(folder).filter((name) => name.startsWith('system'))
    expect(calls()).toEqual([`write ${file}.tmp`, `fsync ${file}.tmp`, `rename ${file}`, 'fsync system'])
  })

  it('a checkpoint is on disk like any replaced file, after its commit', async () => {
    await backend.updateState('a', { pipelineContext: { large: 'x'.repeat(70_000) } })
    const run = inRun('a')
    const done = calls()
    expect(done.slice(-4)).toEqual([
      `write ${run}/state.json.tmp`,
      `fsync ${run}/state.json.tmp`,
      `rename ${run}/state.json`,
      `fsync ${run}`,
    ])
    expect(done.indexOf(`fdatasync ${run}/log.0.jsonl`)).toBe(1)
  })

  it('a deletion is on disk: counters first, then both folders of the move', async () => {
    await backend.deleteRun('a')
    const done = calls()
    expect(done.slice(0, 4)).toEqual([
      'write counters.json.tmp',
      'fsync counters.json.tmp',
      'rename counters.json',
      'fsync ',
    ])
    expect(done[4]).toMatch(/^rename trash\/[^/]+$/)
    expect(done.slice(5).sort()).toEqual([`fsync ${inRun('a').split('/').slice(0, 2).join('/')}`, 'fsync trash'])
  })
})

const CODES = [
  ['ENOSPC', /disk is full/],
  ['EIO', /check the disk/],
] as const
const onLog = (call: string) => (name: string, path: string) => name === call && path.endsWith('.jsonl')

describe.each(CODES)('%s', (code, advice) => {
  const isRefused = (promise: Promise<unknown>) =>
    expect(promise).rejects.toMatchObject({ code: 'IO', message: expect.stringMatching(advice), cause: { code } })
  const failing = (matches: (call: string, path: string) => boolean) => {
    disk.fail = (call, path) => (matches(call, path) ? code : null)
  }

  it.each(['write', 'fdatasync'])(
    'at the %s of a commit keeps the old value, and the next call works',
    async (call) => {
      failing(onLog(call))
      await isRefused(backend.updateState('a', { pipelineContext: { value: 'new' } }))
      await isRefused(backend.saveState('b', stateOf('new')))
      expect([await savedValue(backend, 'a'), await savedValue(backend, 'b')]).toEqual(['old', null])
      expect((await backend.listStates()).map(({ runId }) => runId)).toEqual(['a'])
      disk.fail = null
      expect(await reopened(folder, (other) => savedValue(other, 'a'))).toBe('old')
      expect(await backend.updateState('a', { pipelineContext: { value: 'next' } })).toEqual({ version: 2 })
      await backend.saveState('b', stateOf('next'))
      expect(
        await reopened(folder, async (other) => [await savedValue(other, 'a'), await savedValue(other, 'b')]),
      ).toEqual(['next', 'next'])
    },
  )

  it.each(['write', 'fdatasync'])(
    'at the %s of the journal keeps all old values, and the next calls work',
    async (call) => {
      const ids = ['b', 'c', 'd', 'e']
      const saveAll = (value: unknown) => ids.map((runId) => backend.saveState(runId, stateOf(value)))
      const values = (other: FileBackend | StateBackend) => Promise.all(ids.map((runId) => savedValue(other, runId)))
      await Promise.all(saveAll('first'))
      await Promise.all(saveAll('second'))
      failing((name, path) => name === call && path.includes('/journals/'))
      for (const saving of saveAll('lost')) await isRefused(saving)
      disk.fail = null
      expect([await values(backend), await reopened(folder, values)]).toEqual(Array(2).fill(ids.map(() => 'second')))
      await Promise.all(saveAll('third'))
      expect([await values(backend), await reopened(folder, values)]).toEqual(Array(2).fill(ids.map(() => 'third')))
    },
  )

  it('when the folders of a new run are synced leaves no run', async () => {
    failing((call, path) => call === 'fsync' && basename(path) === 'runs')
    await isRefused(backend.saveState('b', stateOf('new')))
    disk.fail = null
    expect(await reopened(folder, (other) => other.loadState('b'))).toBeNull()
    await backend.saveState('b', stateOf('next'))
    expect(await savedValue(backend, 'b')).toBe('next')
  })

  it.each(['write', 'fsync', 'rename'])(
    'at the %s of a replaced file keeps the old one, and leaves nothing',
    async (call) => {
      failing((name, path) => name === call && path.includes('/system/'))
      await isRefused(backend.setSystemState('key', { value: 'new' }))
      disk.fail = null
      expect((await backend.getSystemState('key'))?.value).toEqual({ value: 'old' })
      expect(filesIn(folder).filter((name) => name.endsWith('.tmp'))).toEqual([])
      await backend.setSystemState('key', { value: 'next' })
      expect((await backend.getSystemState('key'))?.value).toEqual({ value: 'next' })
    },
  )

  it('of one record does not fail its neighbours in the commit', async () => {
    failing((name, path) => name === 'write' && path.includes(inRun('a')))
    const settled = await Promise.allSettled([
      backend.updateState('a', { currentStepIndex: 1 }),
      backend.saveState('b', stateOf('b')),
      backend.setSystemState('key', { value: 'new' }),
    ])
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled'])
    failing((name, path) => name === 'write' && path.includes('/system/'))
    const again = await Promise.allSettled([
      backend.setSystemState('key', { value: 'lost' }),
      backend.updateState('a', { pipelineContext: { value: 'new' } }),
    ])
    expect(again.map(({ status }) => status)).toEqual(['rejected', 'fulfilled'])
    expect(await reopened(folder, (other) => savedValue(other, 'a'))).toBe('new')
  })

  it('at a checkpoint does not fail the commit, which is in the log', async () => {
    const checkpoint = (call: string) => (name: string, path: string) =>
      call === 'fsync of the folder'
        ? name === 'fsync' && disk.calls.at(-1)?.endsWith('state.json')
        : name === call && basename(path).startsWith('state.json')
    for (const call of ['write', 'fsync', 'rename', 'fsync of the folder']) {
      failing((name, path) => checkpoint(call)(name, path) === true)
      await backend.updateState('a', { pipelineContext: { value: call, large: 'x'.repeat(70_000) } })
      expect(await savedValue(backend, 'a')).toBe(call)
      disk.fail = null
      expect(await reopened(folder, (other) => savedValue(other, 'a'))).toBe(call)
      await backend.updateState('a', { pipelineContext: { value: 'after' } })
      expect(await reopened(folder, (other) => savedValue(other, 'a'))).toBe('after')
      expect((await backend.listStates())[0]).toMatchObject({ runId: 'a' })
    }
  })

  it('after a deletion in the same commit: the run is deleted, and only what came later is refused', async () => {
    failing(onLog('write'))
    const settled = await Promise.allSettled([
      backend.updateState('a', { currentStepIndex: 5 }),
      backend.deleteRun('a'),
      backend.saveState('a', stateOf('new')),
    ])
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected'])
    disk.fail = null
    expect(await backend.loadState('a')).toBeNull()
    expect(await backend.listStates()).toEqual([])
    expect(await reopened(folder, (other) => other.loadState('a'))).toBeNull()
    expect(await backend.saveState('a', stateOf('next'))).toEqual({ version: 3 })
  })

  it('at the counters refuses the whole commit, and nothing of it is written', async () => {
    failing((name, path) => name === 'write' && path.includes('counters'))
    await isRefused(backend.claimRun('a', { owner: 'o', leaseMs: 1000 }))
    await isRefused(backend.deleteRun('a'))
    disk.fail = null
    expect(await savedValue(backend, 'a')).toBe('old')
    expect(await backend.claimRun('a', { owner: 'o', leaseMs: 1000 })).toMatchObject({ fence: 1 })
  })
})
