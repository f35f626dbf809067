/** The one place where errors of the driver and of the file system become errors of the contract. */
import { isStateBackendError, messageOf, StateBackendError } from '@flujo-state/core'

/** The handle cannot begin a transaction now, because whoever handed it in has one open, or is reading rows one by one. */
export class HandleInUse extends Error {}

/** Whether trying again later is all that is needed: somebody else holds a lock. */
export function isBusy(error: unknown): boolean {
  if (error instanceof HandleInUse) return true
  const code = codeOf(error)
  if (/^SQLITE_(BUSY|LOCKED|PROTOCOL)/.test(code)) return true
  return error instanceof TypeError && error.message.includes('connection is busy executing a query')
}

/** What went wrong, in the words of the contract. `store` names the database for messages. */
export function translate(error: unknown, store: string): StateBackendError {
  if (isStateBackendError(error)) return error
  const [code, what] = describe(error)
  return new StateBackendError(code, `${store}: ${what}`, { cause: error })
}

/** A lock that others have held for too long. @param waitedMs the whole of `busyTimeoutMs` */
export function busy(error: unknown, store: string, waitedMs: number): StateBackendError {
  const who =
    error instanceof HandleInUse
      ? 'the Database that was handed in is in use by its owner (an open transaction or iteration), who should end it before awaiting the backend'
      : 'another connection holds the lock; wait for it, or raise busyTimeoutMs'
  return new StateBackendError('BUSY', `${store}: not available for ${waitedMs} ms: ${who}. Nothing was changed`, {
    cause: error,
  })
}

type Description = readonly [StateBackendError['code'], string]

function describe(error: unknown): Description {
  const message = messageOf(error)
  const code = codeOf(error)
  if (code.startsWith('SQLITE_')) return describeSqlite(code, message)
  if (/^E[A-Z]+$/.test(code)) return ['IO', `the operating system refuses: ${message}`]
  if (message.includes('database connection is not open'))
    return ['CLOSED', 'the Database that was handed in was closed by its owner; hand in an open one']
  if (message.includes('directory does not exist')) return ['IO', 'its directory does not exist; create it first']
  return ['IO', `unexpected failure: ${message}`]
}

function describeSqlite(code: string, message: string): Description {
  const known = SQLITE_CODES.find(([pattern]) => pattern.test(code))
  if (known) return [known[1], `${known[2]} (${code}: ${message})`]
  if (/^no such (table|column|index)/.test(message))
    return [
      'CORRUPT',
      `the store lacks a part of its schema (${message}): was it dropped, or the migration never run? printMigrations() has the SQL that makes it`,
    ]
  return ['IO', `SQLite failed unexpectedly (${code}: ${message})`]
}

const SQLITE_CODES: readonly (readonly [RegExp, StateBackendError['code'], string])[] = [
  [/^SQLITE_(BUSY|LOCKED|PROTOCOL)/, 'BUSY', 'another connection holds the lock; try again later'],
  [/^SQLITE_NOTADB/, 'CORRUPT', 'this file is no SQLite database; it was left as it is'],
  [/^SQLITE_CORRUPT/, 'CORRUPT', 'the database file is damaged; it was left as it is. Restore it from a backup'],
  [/^SQLITE_FULL/, 'IO', 'the disk is full; nothing was written. Make room'],
  [/^SQLITE_READONLY/, 'IO', 'the database, or its folder, is read-only for this process'],
  [/^SQLITE_(CANTOPEN|PERM|AUTH)/, 'IO', 'the file cannot be opened; check that its folder exists and its permissions'],
  [
    /^SQLITE_IOERR_FSYNC/,
    'COMMIT_UNKNOWN',
    'the disk did not confirm the write, which may or may not last; read before writing again',
  ],
  [/^SQLITE_(IOERR|NOLFS|NOMEM)/, 'IO', 'the operating system refuses'],
  [/^SQLITE_TOOBIG/, 'PAYLOAD_TOO_LARGE', 'a value is larger than SQLite can hold (1,000,000,000 bytes)'],
]

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return ''
  return typeof error.code === 'string' ? error.code : ''
}

/** Whether the driver itself, not the database, is what is missing. */
export function isDriverFailure(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (['ERR_DLOPEN_FAILED', 'ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND'].includes(codeOf(error))) return true
  return error.message.includes('Could not locate the bindings file')
}

/** better-sqlite3 is not installed, was never compiled, or was compiled for another Node: how to mend it. */
export function driverFailure(cause: unknown): StateBackendError {
  const message = messageOf(cause).split('\n')[0] ?? ''
  const missing = /Cannot find (package|module) '(better-sqlite3|drizzle-orm)/.exec(message)
  const name = missing?.[2] ?? 'better-sqlite3'
  const problem = missing ? 'is not installed' : 'has no native binary that this Node can load'
  const commands = missing ? installing(name === 'better-sqlite3' ? 'better-sqlite3@12' : name) : REBUILDING
  const node = `Node ${process.version} (ABI ${process.versions.modules}, ${process.platform} ${process.arch})`
  return new StateBackendError('DRIVER', `${name} ${problem}: ${message}. On ${node} mend it with\n${commands}`, {
    cause,
  })
}

const REBUILDING = `  npm:  npm rebuild better-sqlite3
  pnpm: pnpm add --allow-build=better-sqlite3 better-sqlite3@12 && pnpm rebuild better-sqlite3
  yarn: yarn rebuild better-sqlite3   (Yarn 1: yarn install --force)`

const installing = (name: string) => `  npm:  npm install ${name}
  pnpm: pnpm add --allow-build=better-sqlite3 ${name}
  yarn: yarn add ${name}`
