import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { printMigrations } from '../src/index.js'
import { backendOf, handleOf } from './support/backends.js'
import { start } from './support/process.js'
import { aState } from './support/state.js'
import { temporaryFile } from './support/temporary.js'

const bytesOf = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex')

/** Opening must fail so, and leave the file, and what stands beside it, as it was. */
async function expectRefused(path: string, code: string, words: string, migrate: 'auto' | 'verify' = 'auto') {
  const before = [bytesOf(path), readdirSync(dirname(path))]
  const error = { code, message: expect.stringContaining(words) }
  await expect(backendOf(path, { migrate }).open()).rejects.toMatchObject(error)
  expect([bytesOf(path), readdirSync(dirname(path))]).toEqual(before)
}

/** A database file made with SQL. */
function made(sql: string, path = temporaryFile()): string {
  const handle = new Database(path)
  handle.exec(sql)
  handle.close()
  return path
}

describe('a new store', () => {
  it('is made in a file that does not exist, and in an empty one', async () => {
    const path = temporaryFile()
    await backendOf(path).open()
    const empty = temporaryFile()
    writeFileSync(empty, '')
    await backendOf(empty).open()
    const applied = (path: string) => handleOf(path).prepare('select number, name from flujo_state_migrations').all()
    expect(applied(path)).toEqual([{ number: 1, name: 'initial' }])
    expect(applied(empty)).toEqual(applied(path))
  })

  it('is made beside the tables of an application, which keeps its version', async () => {
    const path = made(
      'create table orders (id integer primary key); insert into orders values (7); pragma user_version = 12',
    )
    const backend = backendOf(path)
    await backend.saveState('r', aState())
    const handle = handleOf(path)
    expect(handle.prepare('select id from orders').pluck().all()).toEqual([7])
    expect(handle.pragma('user_version', { simple: true })).toBe(12)
  })

  it('is made once by processes that open it at the same moment', async () => {
    const path = temporaryFile()
    const openers = Array.from({ length: 8 }, (_, i) => start('open.ts', path, `run-${i}`))
    await Promise.all(openers.map(({ next }) => next()))
    for (const { child } of openers) child.stdin?.write('go\n')
    for (const opener of openers) expect(await opener.ended).toBe(0)
    expect(await backendOf(path).listStates()).toHaveLength(8)
    expect(handleOf(path).prepare('select count(*) from flujo_state_migrations').pluck().get()).toBe(1)
  })
})

describe('an existing store', () => {
  it('is taken as it is, in every mode', async () => {
    const path = temporaryFile()
    await backendOf(path).saveState('r', aState())
    for (const migrate of ['auto', 'verify', 'off'] as const)
      expect(await backendOf(path, { migrate }).listStates()).toHaveLength(1)
  })

  it('of a newer version is refused', async () => {
    const path = made(`${printMigrations()}; insert into flujo_state_migrations values (2, 'from_the_future', 'x', 0)`)
    await expectRefused(path, 'SCHEMA_TOO_NEW', 'from_the_future')
  })

  it('whose history was edited is refused', async () => {
    const path = made(`${printMigrations()}; update flujo_state_migrations set hash = 'x'`)
    await expectRefused(path, 'CORRUPT', "migration 1 ('initial')")
  })

  it('with its last commits still in the WAL is opened', async () => {
    const path = temporaryFile()
    const writer = start('write.ts', path, 'run')
    await writer.next()
    writer.child.kill('SIGKILL')
    await writer.ended
    expect(await backendOf(path).loadState('run')).not.toBeNull()
  })
})

describe('what is no store', () => {
  it('is refused: text', async () => {
    for (const text of ['notes about the database, which is elsewhere', 'x', `SQLite format 3\0${'x'.repeat(5000)}`]) {
      const path = temporaryFile()
      writeFileSync(path, text)
      await expectRefused(path, 'CORRUPT', 'no SQLite database')
    }
  })

  it('is refused: a folder', async () => {
    const path = temporaryFile()
    mkdirSync(path)
    await expect(backendOf(path).open()).rejects.toMatchObject({ code: 'IO' })
  })

  it('is refused: a database with a table where ours would stand', async () => {
    const path = made('create table Runs (id integer primary key, distance real); insert into runs values (1, 42.2)')
    await expectRefused(path, 'CORRUPT', "another application's database: its 'runs'")
  })

  it('is refused: a database whose text is UTF-16', async () => {
    await expectRefused(made("pragma encoding = 'UTF-16'; create table orders (id)"), 'CORRUPT', 'UTF-16')
  })

  it('is refused: a truncated store', async () => {
    const path = temporaryFile()
    const backend = backendOf(path)
    await backend.saveState('r', aState())
    await backend.shutdown()
    writeFileSync(path, readFileSync(path).subarray(0, 40_000))
    await expectRefused(path, 'CORRUPT', 'damaged')
  })

  // What flujo 0.6.11 makes, as far as opening looks at it.
  const FLUJO = `create table workflow_state (run_id text primary key, pipeline_id text not null, status text not null);
    create table runs (run_id text primary key, status text); insert into workflow_state values ('r', 'p', 'paused')`

  it.each(['delete', 'wal'])('is refused: a database of Python flujo (journal mode %s)', async (mode) => {
    const path = made(`pragma journal_mode = ${mode}; ${FLUJO}; pragma user_version = 1`)
    await expectRefused(path, 'SCHEMA_OUTDATED', 'Python flujo')
    await expectRefused(path, 'SCHEMA_OUTDATED', 'Python flujo', 'verify')
  })

  it('is refused: a database of a newer flujo', async () => {
    await expectRefused(made(`${FLUJO}; pragma user_version = 99`), 'SCHEMA_TOO_NEW', '99')
  })

  it('is refused with its last commits in the WAL, and both keep their bytes', async () => {
    const path = temporaryFile()
    const handle = handleOf(path)
    handle.exec(`pragma journal_mode = wal; ${FLUJO}`)
    const copy = temporaryFile()
    for (const suffix of ['', '-wal']) writeFileSync(copy + suffix, readFileSync(path + suffix))
    const before = [bytesOf(copy), bytesOf(`${copy}-wal`)]
    await expect(backendOf(copy).open()).rejects.toMatchObject({ code: 'SCHEMA_OUTDATED' })
    expect([bytesOf(copy), bytesOf(`${copy}-wal`)]).toEqual(before)
  })
})

describe("migrate: 'verify'", () => {
  it('refuses a file without a schema, and names what is missing', async () => {
    const path = temporaryFile()
    writeFileSync(path, '')
    await expectRefused(path, 'SCHEMA_OUTDATED', "1 'initial'", 'verify')
  })

  it('makes no file', async () => {
    const path = temporaryFile()
    await expect(backendOf(path, { migrate: 'verify' }).open()).rejects.toMatchObject({ code: 'SCHEMA_OUTDATED' })
    expect(readdirSync(dirname(path))).toEqual([])
  })

  it('takes a database to which the printed migrations were applied by hand', async () => {
    const path = made(printMigrations())
    const backend = backendOf(path, { migrate: 'verify' })
    await backend.saveState('r', aState())
    expect(await backend.loadState('r')).toMatchObject({ runId: 'r', version: 1 })
  })
})

describe("migrate: 'off'", () => {
  it('says what is missing when it turns out to be', async () => {
    const backend = backendOf(made('create table orders (id)'), { migrate: 'off' })
    await backend.open()
    await expect(backend.loadState('r')).rejects.toMatchObject({
      code: 'CORRUPT',
      message: expect.stringContaining('no such table'),
    })
  })
})

describe('a failed opening', () => {
  it('is tried again by the next call', async () => {
    const path = made('create table runs (id)')
    const backend = backendOf(path)
    await expect(backend.open()).rejects.toMatchObject({ code: 'CORRUPT' })
    made('drop table runs', path)
    await backend.saveState('r', aState())
    expect(await backend.listStates()).toHaveLength(1)
  })
})
