import { closeSync, openSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { StateBackendError } from '@flujo-state/core'
import type BetterSqlite3 from 'better-sqlite3'
import { translate } from './errors.js'

/** Where the store is: in a file, in this process's memory, or wherever a handle leads that its owner lends us. */
export type Target =
  | { readonly kind: 'file'; readonly path: string; readonly name: string }
  | { readonly kind: 'memory'; readonly name: string }
  | { readonly kind: 'handle'; readonly handle: BetterSqlite3.Database; readonly name: string }

/** @throws `VALIDATION` for what is neither a path, a file URL, ':memory:' nor a better-sqlite3 database */
export function targetOf(input: unknown): Target {
  if (isDatabase(input)) return { kind: 'handle', handle: input, name: `the database '${input.name}'` }
  if (input === ':memory:') return { kind: 'memory', name: 'the database in memory' }
  const path = resolve(pathOf(input))
  return { kind: 'file', path, name: `the database '${path}'` }
}

function pathOf(input: unknown): string {
  if (input instanceof URL) return pathOfUrl(input)
  if (typeof input !== 'string')
    throw wrong("expected a path, a file URL, ':memory:', or an open better-sqlite3 Database")
  if (/^file:/i.test(input)) {
    if (!/^file:\/\//i.test(input) || !URL.canParse(input))
      throw wrong(`'${input}' is not a complete file URL; give a plain path, or a URL like file:///var/lib/state.db`)
    return pathOfUrl(new URL(input))
  }
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(input)) throw wrong(`'${input}' is not a file URL; this backend opens files`)
  if (input.trim() === '') throw wrong("the path is empty; give ':memory:' for a database in memory")
  // The driver would cut it off, and open another file than was asked for.
  if (input !== input.trimEnd()) throw wrong(`the path '${input}' ends with white space`)
  if (input.includes('\0')) throw wrong('the path has a NUL character')
  return input
}

function pathOfUrl(url: URL): string {
  if (url.protocol !== 'file:') throw wrong(`'${url.href}' is not a file URL; this backend opens files`)
  if (url.search !== '' || url.hash !== '')
    throw wrong(`'${url.href}' has parameters; settings are given as options, the second argument`)
  try {
    return fileURLToPath(url)
  } catch (cause) {
    throw wrong(`'${url.href}' names no file of this machine; write file:///path/to/state.db`, cause)
  }
}

function wrong(message: string, cause?: unknown): StateBackendError {
  return new StateBackendError('VALIDATION', `SQLiteBackend: ${message}`, { path: '$', cause })
}

function isDatabase(value: unknown): value is BetterSqlite3.Database {
  if (typeof value !== 'object' || value === null) return false
  const { open, name, inTransaction, prepare, exec, pragma } = value as Record<string, unknown>
  return (
    typeof open === 'boolean' &&
    typeof name === 'string' &&
    typeof inTransaction === 'boolean' &&
    [prepare, exec, pragma].every((method) => typeof method === 'function')
  )
}

/** What was found where the file should be. */
export interface FoundFile {
  /** Somebody's commits that are not in the file yet: it is in use, or its last user died. */
  readonly walIsHot: boolean
}

/**
 * Looks at the file before SQLite does; `create`: makes an empty one, readable by its owner only, if there is none.
 * @throws `IO`, with a reason that SQLite would not give; `SCHEMA_OUTDATED` if it is missing and must not be made
 */
export async function findFile(path: string, name: string, create: boolean): Promise<FoundFile> {
  try {
    const found = await statOrNull(path)
    if (found === null) await createFile(path, name, create)
    else if (found.isDirectory()) throw new StateBackendError('IO', `${name} is a directory; name a file in it`)
    // The one size at which SQLite takes a foreign file for an empty one, and overwrites it.
    else if (found.size === 1)
      throw new StateBackendError('CORRUPT', `${name}: this file is no SQLite database; it was left as it is`)
    return { walIsHot: ((await statOrNull(`${path}-wal`))?.size ?? 0) > 0 }
  } catch (error) {
    throw translate(error, name)
  }
}

async function createFile(path: string, name: string, create: boolean): Promise<void> {
  if ((await statOrNull(dirname(path))) === null)
    throw new StateBackendError('IO', `${name} cannot be made: its directory does not exist; create it first`)
  if (!create)
    throw new StateBackendError(
      'SCHEMA_OUTDATED',
      `${name} does not exist; open it once with migrate: 'auto' to make it`,
    )
  try {
    // Not asynchronously: closing any descriptor of a file drops the locks that this process holds on it, and in between
    // another backend might have taken one.
    closeSync(openSync(path, 'wx', 0o600))
  } catch (error) {
    // Somebody was faster: their file will do.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

async function statOrNull(path: string) {
  try {
    return await stat(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
