import { StateBackendError } from '@flujo-state/core'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { busy, driverFailure, HandleInUse, isBusy, isDriverFailure, translate } from '../src/errors.js'

const sqlite = (code: string, message = 'the words of SQLite') => new Database.SqliteError(message, code)
const failure = (code: string, message: string) => Object.assign(new Error(message), { code })

describe('isBusy', () => {
  it('is what trying again later mends', () => {
    const errors = ['SQLITE_BUSY', 'SQLITE_BUSY_RECOVERY', 'SQLITE_BUSY_SNAPSHOT', 'SQLITE_LOCKED', 'SQLITE_PROTOCOL']
    for (const code of errors) expect(isBusy(sqlite(code))).toBe(true)
    expect(isBusy(new HandleInUse())).toBe(true)
    expect(isBusy(new TypeError('This database connection is busy executing a query'))).toBe(true)
    for (const error of [sqlite('SQLITE_CORRUPT'), new Error('busy'), null, 'SQLITE_BUSY'])
      expect(isBusy(error)).toBe(false)
  })
})

describe('translate', () => {
  it.each([
    ['SQLITE_BUSY', 'BUSY'],
    ['SQLITE_NOTADB', 'CORRUPT'],
    ['SQLITE_CORRUPT', 'CORRUPT'],
    ['SQLITE_CORRUPT_INDEX', 'CORRUPT'],
    ['SQLITE_FULL', 'IO'],
    ['SQLITE_READONLY', 'IO'],
    ['SQLITE_READONLY_DIRECTORY', 'IO'],
    ['SQLITE_CANTOPEN', 'IO'],
    ['SQLITE_IOERR_WRITE', 'IO'],
    ['SQLITE_IOERR_FSYNC', 'COMMIT_UNKNOWN'],
    ['SQLITE_TOOBIG', 'PAYLOAD_TOO_LARGE'],
    ['SQLITE_MISUSE', 'IO'],
  ])('makes %s %s, names the store and keeps the cause', (code, expected) => {
    const cause = sqlite(code)
    expect(translate(cause, "the database '/x'")).toMatchObject({
      code: expected,
      cause,
      message: expect.stringMatching(/^the database '\/x': .*the words of SQLite/),
    })
  })

  it('says what to do about a part of the schema that is gone', () => {
    for (const part of ['table: runs', 'index: runs_by_created', 'column: status'])
      expect(translate(sqlite('SQLITE_ERROR', `no such ${part}`), 'x')).toMatchObject({
        code: 'CORRUPT',
        message: expect.stringContaining('printMigrations()'),
      })
  })

  it('knows the errors of the file system and of a closed handle', () => {
    expect(translate(failure('EACCES', 'permission denied'), 'x')).toMatchObject({ code: 'IO' })
    expect(translate(new TypeError('The database connection is not open'), 'x')).toMatchObject({ code: 'CLOSED' })
    expect(translate(new TypeError('Cannot open database because the directory does not exist'), 'x')).toMatchObject({
      code: 'IO',
    })
    expect(translate('thrown text', 'x')).toMatchObject({ code: 'IO', message: expect.stringContaining('thrown text') })
  })

  it('leaves an error of the contract as it is', () => {
    const error = new StateBackendError('CONFLICT', 'somebody was faster')
    expect(translate(error, 'x')).toBe(error)
  })
})

describe('busy', () => {
  it('tells a lock of others from a transaction of the owner of the handle', () => {
    expect(busy(sqlite('SQLITE_BUSY'), 'x', 50)).toMatchObject({
      code: 'BUSY',
      retryable: true,
      message: expect.stringContaining('another connection holds the lock'),
    })
    expect(busy(new HandleInUse(), 'x', 50).message).toContain('in use by its owner')
  })
})

describe('driverFailure', () => {
  it('has the command that installs what is missing', () => {
    const error = driverFailure(failure('ERR_MODULE_NOT_FOUND', "Cannot find package 'better-sqlite3' imported from x"))
    expect(error).toMatchObject({ code: 'DRIVER' })
    for (const words of ['npm install better-sqlite3@12', 'pnpm add', 'yarn add', process.version])
      expect(error.message).toContain(words)
  })

  it('has the command that builds what does not load', () => {
    const error = driverFailure(failure('ERR_DLOPEN_FAILED', 'was compiled against a different Node.js version'))
    for (const words of [
      'npm rebuild better-sqlite3',
      'pnpm rebuild better-sqlite3',
      'yarn rebuild better-sqlite3',
      'ABI',
    ])
      expect(error.message).toContain(words)
  })

  it('is for failures of loading only', () => {
    expect(isDriverFailure(new Error('Could not locate the bindings file. Tried: …'))).toBe(true)
    expect(isDriverFailure(failure('ERR_DLOPEN_FAILED', 'invalid ELF header'))).toBe(true)
    expect(isDriverFailure(sqlite('SQLITE_CANTOPEN'))).toBe(false)
    expect(isDriverFailure('text')).toBe(false)
  })
})
