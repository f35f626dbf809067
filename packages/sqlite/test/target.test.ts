import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { findFile, targetOf } from '../src/target.js'
import { handleOf } from './support/backends.js'
import { temporaryFile, temporaryFolder } from './support/temporary.js'

describe('targetOf', () => {
  it('takes a path, relative to where the process is now', () => {
    expect(targetOf('data/state.db')).toMatchObject({ kind: 'file', path: resolve('data/state.db') })
  })

  it('takes a file URL, as text or as an object', () => {
    const path = resolve('/tmp/a state #1?.db')
    const url = pathToFileURL(path)
    expect(targetOf(url)).toMatchObject({ kind: 'file', path })
    expect(targetOf(url.href)).toMatchObject({ kind: 'file', path })
  })

  it('takes :memory: and an open better-sqlite3 Database', () => {
    const handle = handleOf(':memory:')
    expect(targetOf(':memory:')).toMatchObject({ kind: 'memory' })
    expect(targetOf(handle)).toMatchObject({ kind: 'handle', handle })
  })

  it.each([
    [undefined, 'expected a path'],
    [{}, 'expected a path'],
    ['', 'the path is empty'],
    ['  ', 'the path is empty'],
    ['state.db ', 'ends with white space'],
    ['a\0b', 'NUL'],
    ['file:state.db', 'not a complete file URL'],
    ['file::memory:?cache=shared', 'not a complete file URL'],
    ['file:///tmp/state.db?mode=ro', 'has parameters'],
    [new URL('file:///tmp/state.db#x'), 'has parameters'],
    [new URL('https://example.org/state.db'), 'not a file URL'],
    ['postgres://localhost/db', 'not a file URL'],
  ])('refuses %j and says why', (input, reason) => {
    expect(() => targetOf(input)).toThrow(
      expect.objectContaining({ code: 'VALIDATION', message: expect.stringContaining(reason) }),
    )
  })

  it.skipIf(process.platform === 'win32')('refuses the URL of a file on another machine', () => {
    expect(() => targetOf('file://server/share/state.db')).toThrow('names no file of this machine')
  })
})

describe('findFile', () => {
  it('makes a file that only its owner can read', async () => {
    const path = temporaryFile()
    expect(await findFile(path, 'the database', true)).toEqual({ walIsHot: false })
    expect(statSync(path)).toMatchObject({ size: 0 })
    if (process.platform !== 'win32') expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  it('makes none where it must not', async () => {
    await expect(findFile(temporaryFile(), 'the database', false)).rejects.toMatchObject({ code: 'SCHEMA_OUTDATED' })
  })

  it('says that the folder is missing', async () => {
    const path = join(temporaryFolder(), 'missing', 'state.db')
    await expect(findFile(path, 'the database', true)).rejects.toMatchObject({
      code: 'IO',
      message: expect.stringContaining('its directory does not exist'),
    })
  })

  it('says that the path is a folder, or leads through a file', async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'state.db'))
    writeFileSync(join(folder, 'file'), '')
    await expect(findFile(join(folder, 'state.db'), 'the database', true)).rejects.toMatchObject({
      code: 'IO',
      message: expect.stringContaining('is a directory'),
    })
    await expect(findFile(join(folder, 'file', 'state.db'), 'the database', true)).rejects.toMatchObject({ code: 'IO' })
  })

  it('sees commits that are not in the file yet', async () => {
    const path = temporaryFile()
    writeFileSync(path, 'some bytes')
    writeFileSync(`${path}-wal`, '')
    expect(await findFile(path, 'the database', true)).toEqual({ walIsHot: false })
    writeFileSync(`${path}-wal`, 'x')
    expect(await findFile(path, 'the database', true)).toEqual({ walIsHot: true })
  })
})
