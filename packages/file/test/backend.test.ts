import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createCodec } from '@flujo-state/core'
import { describe, expect, it } from 'vitest'
import { FileBackend, type FileBackendOptions } from '../src/index.js'
import { Layout } from '../src/layout.js'
import { newIdentity } from '../src/process-identity.js'
import {
  fileOf,
  filesIn,
  namesOf,
  openBackend,
  reopened,
  runFolderOf,
  savedValue,
  stateOf,
  temporaryFolder,
} from './support/folder.js'
import { dead, enter, holdLock } from './support/locks.js'

const transient = (folder: string) => filesIn(folder).filter((name) => /^(locks|users|trash)|tmp$/.test(name))

describe('arguments', () => {
  it.each<[string, unknown, unknown, string]>([
    ['no path', '', {}, '$.directory'],
    ['a number', 7, {}, '$.directory'],
    ['NUL in the path', 'a\0b', {}, '$.directory'],
    ['a URL of the web', new URL('https://example.com'), {}, '$.directory'],
    ['a file URL with a host', 'file://host/x', {}, '$.directory'],
    ['a wrong timeout', 'x', { busyTimeoutMs: -1 }, '$.busyTimeoutMs'],
    ['no timeout', 'x', { busyTimeoutMs: Number.NaN }, '$.busyTimeoutMs'],
    ['an endless timeout', 'x', { busyTimeoutMs: Number.POSITIVE_INFINITY }, '$.busyTimeoutMs'],
    ['a text for a timeout', 'x', { busyTimeoutMs: '5' }, '$.busyTimeoutMs'],
    ['a wrong clock', 'x', { clock: 5 }, '$.clock'],
  ])('such as %s are VALIDATION', (_, directory, options, path) => {
    const make = () => new FileBackend(directory as string, options as FileBackendOptions)
    expect(make).toThrow(expect.objectContaining({ code: 'VALIDATION', path }))
  })

  it('may be a path that is not there yet, or a file URL; nothing is made before the first call', async () => {
    const folder = temporaryFolder()
    for (const directory of [
      join(folder, 'a/b/c'),
      pathToFileURL(join(folder, 'd e')),
      pathToFileURL(join(folder, 'é')).href,
    ]) {
      const backend = openBackend(directory as string)
      const path = directory instanceof URL || directory.startsWith('file:') ? new URL(directory) : directory
      expect(existsSync(path)).toBe(false)
      await backend.saveState('a', stateOf(1))
      expect(existsSync(path)).toBe(true)
      await backend.shutdown()
    }
    expect(readdirSync(folder).sort()).toEqual(['a', 'd e', 'é'])
  })
})

describe('a folder that is no store', () => {
  it('is CORRUPT and stays as it is', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'thesis.txt'), 'x')
    const error = await openBackend(folder)
      .open()
      .catch((error: unknown) => error)
    expect(error).toMatchObject({ code: 'CORRUPT', message: expect.stringContaining('thesis.txt') })
    expect(readdirSync(folder)).toEqual(['thesis.txt'])
  })

  it.each([
    ['damaged', '{"format":'],
    ['of something else', '{"format":"x","version":1}'],
    ['empty', ''],
    ['no object', '7'],
  ])('with a store.json that is %s is CORRUPT and stays as it is', async (_, text) => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'store.json'), text)
    await expect(openBackend(folder).open()).rejects.toMatchObject({ code: 'CORRUPT' })
    expect(filesIn(folder)).toEqual(['store.json'])
    expect(readFileSync(join(folder, 'store.json'), 'utf8')).toBe(text)
  })

  it('is SCHEMA_TOO_NEW, and stays as it is, when a newer version wrote it', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'store.json'), '{"format":"flujo-state","version":2}')
    await expect(openBackend(folder).open()).rejects.toMatchObject({ code: 'SCHEMA_TOO_NEW' })
    expect(readdirSync(folder)).toEqual(['store.json'])
  })

  it('but a file is IO, which says so; afterwards, once it is gone, the same backend opens', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'file')
    writeFileSync(path, 'x')
    for (const directory of [path, join(path, 'below')])
      await expect(openBackend(directory).open()).rejects.toMatchObject({
        code: 'IO',
        message: expect.stringMatching(/is a file/),
      })
    expect(readFileSync(path, 'utf8')).toBe('x')
  })
})

describe('files', () => {
  it('are for their owner only', async () => {
    const folder = join(temporaryFolder(), 'store')
    const backend = openBackend(folder)
    await backend.saveState('a', stateOf('x'.repeat(70_000)))
    await backend.updateState('a', { currentStepIndex: 1 })
    await backend.setSystemState('k', {})
    await backend.deleteRun('b')
    await backend.claimRun('a', { owner: 'o', leaseMs: 1 })
    const modes = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => {
      const { mode } = statSync(join(folder, name))
      return (mode & 0o170000) === 0o040000 ? mode & 0o777 : (mode & 0o777) | 0o1000
    })
    expect(new Set([statSync(folder).mode & 0o777, ...modes])).toEqual(new Set([0o700, 0o1600]))
  })

  it('are readable: payloads stand in them as the JSON they are', async () => {
    const folder = temporaryFolder()
    const backend = openBackend(folder)
    await backend.saveState('a', stateOf({ customer: { id: 17 } }))
    expect(readFileSync(fileOf(folder, 'a', 'log.0.jsonl'), 'utf8')).toContain(
      '"pipelineContext":{"value":{"customer":{"id":17}}}',
    )
  })

  it.each([true, false])(
    'stay whole when an instance without the codec writes beside its texts (json: %s)',
    async (json) => {
      const folder = temporaryFolder()
      const own = createCodec()
      const codec = {
        json,
        encode: (value: unknown) => (json ? JSON.stringify(value, null, 2) : `!${JSON.stringify(value)}`),
        decode(text: string) {
          const value = own.decode(text.replace(/^!/, ''))
          expect(text).toBe(codec.encode(value))
          return value
        },
      }
      const backend = openBackend(folder, { codec })
      await backend.saveState('a', stateOf('first'))
      await backend.shutdown()
      const other = openBackend(folder)
      for (let n = 0; n < 80; n++)
        await other.saveSpans('a', [{ spanId: `${n}`, name: 'x'.repeat(500), startTime: 1, status: 'y'.repeat(500) }])
      expect(namesOf(folder, 'a')).toContain('state.json')
      await other.shutdown()
      const again = openBackend(folder, { codec })
      expect(await savedValue(again, 'a')).toBe('first')
    },
  )

  it('hold what a codec of one’s own gives, whatever it says of itself', async () => {
    const inner = createCodec()
    for (const json of [true, false]) {
      const codec = {
        json,
        encode: (value: unknown) => Buffer.from(inner.encode(value)).toString('base64'),
        decode: (text: string) => inner.decode(Buffer.from(text, 'base64').toString()),
      }
      const folder = temporaryFolder()
      const backend = openBackend(folder, { codec })
      await backend.saveState('a', { ...stateOf('x'.repeat(70_000)), stepHistory: [{ a: 1 }] })
      await backend.updateState('a', { appendStepHistory: [{ a: 2 }] })
      const other = openBackend(folder, { codec })
      expect(await other.loadState('a')).toMatchObject({
        stepHistory: [{ a: 1 }, { a: 2 }],
        pipelineContext: { value: 'x'.repeat(70_000) },
      })
      expect(readFileSync(fileOf(folder, 'a', 'state.json'), 'utf8')).not.toContain('xxx')
    }
  })

  it.each([
    ['counters.json', (backend: FileBackend) => backend.saveState('b', stateOf(1))],
    ['system', (backend: FileBackend) => backend.getSystemState('k')],
  ])('such as %s are CORRUPT when damaged, and stay as they are', async (name, call) => {
    const folder = temporaryFolder()
    await reopened(folder, async (backend) => {
      await backend.setSystemState('k', { a: 1 })
      await backend.claimRun('a', { owner: 'o', leaseMs: 1 })
    })
    const file = join(folder, filesIn(folder).find((file) => file.startsWith(name)) ?? '')
    const whole = readFileSync(file)
    for (let at = 0; at < whole.length - 1; at += 5) {
      const bytes = Buffer.from(whole)
      bytes[at] = (bytes[at] as number) ^ 1
      writeFileSync(file, bytes)
      const backend = openBackend(folder)
      await expect(call(backend)).rejects.toMatchObject({ code: 'CORRUPT' })
      expect(readFileSync(file).equals(bytes)).toBe(true)
    }
  })
})

describe('compact', () => {
  it('makes the folder smaller and changes nothing', async () => {
    const folder = temporaryFolder()
    const backend = openBackend(folder)
    for (let n = 0; n < 30; n++) await backend.saveState('a', stateOf(`${n} ${'x'.repeat(1000)}`))
    await backend.persistEvaluation('a', { score: 1 })
    const size = () => filesIn(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
    const [before, state] = [size(), await backend.loadState('a')]
    await backend.compact()
    expect(size()).toBeLessThan(before / 3)
    expect(namesOf(folder, 'a')).toEqual(['state.json'])
    for (const look of [backend, openBackend(folder)]) {
      expect(await look.loadState('a')).toEqual(state)
      expect(await look.listEvaluations()).toHaveLength(1)
    }
  })

  it('is BUSY while another instance has the store open, be it of this process', async () => {
    const folder = temporaryFolder()
    const [backend, other] = [openBackend(folder), openBackend(folder)]
    await backend.open()
    await other.open()
    await expect(backend.compact()).rejects.toMatchObject({
      code: 'BUSY',
      message: expect.stringContaining(String(process.pid)),
    })
    await other.shutdown()
    await backend.compact()
  })
})

describe('the last one to leave', () => {
  it('leaves no lock, no temporary file and no trash, also of those who died', async () => {
    const folder = temporaryFolder()
    const layout = new Layout(folder)
    const [backend, other] = [openBackend(folder), openBackend(folder)]
    await backend.saveState('a', stateOf(1))
    await other.saveState('b', stateOf(1))
    const gone = dead(folder)
    for (const number of [1, 2]) holdLock(layout, gone, number)
    writeFileSync(layout.waiting(gone.token), '')
    writeFileSync(`${layout.index}.${gone.token}.tmp`, '')
    writeFileSync(`${layout.systemState('k')}.${gone.token}.tmp`, '')
    mkdirSync(layout.trashed(gone.token, 1))
    writeFileSync(join(layout.trashed(gone.token, 1), 'log.0.jsonl'), '')
    await other.shutdown()
    expect(await savedValue(backend, 'a')).toBe(1)
    await backend.shutdown()
    expect(transient(folder)).toEqual([])
  })

  it('sweeps nothing that the living use', async () => {
    const folder = temporaryFolder()
    const layout = new Layout(folder)
    mkdirSync(layout.users, { recursive: true })
    const living = enter(folder, { ...newIdentity(), host: 'elsewhere' })
    writeFileSync(`${layout.index}.${living.token}.tmp`, '')
    writeFileSync(`${layout.users}/entering.json.entering.tmp`, '')
    const old = `${layout.users}/old.json.old.tmp`
    writeFileSync(old, '')
    utimesSync(old, 0, 0)
    await reopened(folder, (backend) => backend.saveState('a', stateOf(1)))
    expect(transient(folder)).toEqual(
      [`index.jsonl.${living.token}.tmp`, 'users/entering.json.entering.tmp', `users/${living.token}.json`].sort(),
    )
  })

  it('leaves also when the lock is held meanwhile', async () => {
    const folder = temporaryFolder()
    const layout = new Layout(folder)
    const backend = openBackend(folder, { busyTimeoutMs: 30 })
    await backend.open()
    const living = enter(folder)
    holdLock(layout, living, 1)
    await expect(backend.saveState('a', stateOf(1))).rejects.toMatchObject({ code: 'BUSY' })
    await backend.shutdown()
    expect(transient(folder)).toEqual(['locks/lock.1', `users/${living.token}.json`])
  })
})

describe('instances of one process', () => {
  it('may all be the first ones, and see each other’s writes', async () => {
    const folder = temporaryFolder()
    const backends = Array.from({ length: 6 }, () => openBackend(folder))
    await Promise.all(backends.map((backend, n) => backend.saveState(`run ${n}`, stateOf(n))))
    for (const backend of backends) expect(await backend.listStates()).toHaveLength(6)
    await Promise.all(backends.map((backend) => backend.shutdown()))
    expect(transient(folder)).toEqual([])
  })

  it('open and close side by side', async () => {
    const folder = temporaryFolder()
    await Promise.all(
      Array.from({ length: 8 }, async (_, n) => {
        for (let round = 0; round < 5; round++)
          await reopened(folder, (backend) => backend.saveState(`run ${n}`, stateOf(round)))
      }),
    )
    expect(await reopened(folder, (backend) => backend.listStates())).toHaveLength(8)
    expect(transient(folder)).toEqual([])
  })

  it('that were never shut down harm nobody', async () => {
    const folder = temporaryFolder()
    const abandoned = openBackend(folder)
    await abandoned.saveState('a', stateOf(1))
    await reopened(folder, (backend) => backend.saveState('a', stateOf(2)))
    expect(await savedValue(abandoned, 'a')).toBe(2)
  })
})

it('a run removed by hand is no run; a trash removed by hand is said, and nothing is deleted', async () => {
  const folder = temporaryFolder()
  const backend = openBackend(folder)
  await backend.saveState('a', stateOf(1))
  rmSync(new Layout(folder).trash, { recursive: true })
  await expect(backend.deleteRun('a')).rejects.toMatchObject({ code: 'IO' })
  expect(await savedValue(backend, 'a')).toBe(1)
  rmSync(runFolderOf(folder, 'a'), { recursive: true })
  expect(await backend.loadState('a')).toBeNull()
  await backend.saveState('a', stateOf(2))
  expect(await reopened(folder, (other) => savedValue(other, 'a'))).toBe(2)
})
