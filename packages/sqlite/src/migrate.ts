import { StateBackendError } from '@flujo-state/core'
import type BetterSqlite3 from 'better-sqlite3'
import { type Migration, migrations } from './migrations/index.js'
import type { MigrateMode } from './options.js'
import { encoding, tableNames, userVersion } from './queries/database.js'
import { type Applied, entryOf, LedgerQueries } from './queries/ledger.js'
import type { Statements } from './statement.js'

/** A database as migrations see it. */
export interface Subject {
  readonly handle: BetterSqlite3.Database
  readonly statements: Statements
  /** For messages. */
  readonly store: string
}

/** The highest `user_version` that flujo itself has written. */
const FLUJO_VERSION = 1

/**
 * The migrations that the database lacks. Changes nothing.
 * @throws `CORRUPT` for a database that is not ours, `SCHEMA_TOO_NEW`, `SCHEMA_OUTDATED` for one of flujo's, or under `verify`
 */
export function pendingMigrations(subject: Subject, mode: MigrateMode, known = migrations): readonly Migration[] {
  if (mode === 'off') return []
  const { handle, store } = subject
  const tables = tableNames(handle)
  const isOurs = tables.has(LEDGER)
  if (!isOurs) refuseForeign(subject, tables, known)
  const applied = isOurs ? new LedgerQueries(handle, subject.statements).read() : []
  for (const [index, entry] of applied.entries()) checkApplied(entry, known[index], store)
  const pending = known.slice(applied.length)
  if (pending.length > 0 && mode === 'verify') throw outdated(pending, applied.length === 0, store)
  return pending
}
const LEDGER = 'flujo_state_migrations'

/** Applies what is pending. To be called in a write transaction: racing openers look again under the lock. */
export function migrate(subject: Subject, known = migrations): void {
  const pending = pendingMigrations(subject, 'auto', known)
  if (pending.length === 0) return
  const ledger = new LedgerQueries(subject.handle, subject.statements)
  ledger.create()
  for (const migration of pending) {
    subject.handle.exec(migration.sql)
    ledger.add(entryOf(migration), Date.now())
  }
}

function checkApplied(applied: Applied, known: Migration | undefined, store: string): void {
  const { number, name } = applied
  if (known === undefined) {
    const what = `was written by a newer version of @flujo-state/sqlite (its migration ${number}, '${name}', is unknown here)`
    throw new StateBackendError('SCHEMA_TOO_NEW', `${store} ${what}; update the package. Nothing was changed`)
  }
  const expected = entryOf(known)
  if (number === expected.number && name === expected.name && applied.hash === expected.hash) return
  const what = `its ledger says that migration ${number} ('${name}') was applied, but this package knows another one by that number`
  throw new StateBackendError('CORRUPT', `${store}: ${what}; use the release that made the store. Nothing was changed`)
}

function outdated(pending: readonly Migration[], fresh: boolean, store: string): StateBackendError {
  const names = pending.map(({ number, name }) => `${number} '${name}'`).join(', ')
  const what = fresh ? 'has no schema yet' : 'has an older schema'
  return new StateBackendError(
    'SCHEMA_OUTDATED',
    `${store} ${what}, and migrate: 'verify' forbids to change it. Apply the migrations ${names} (printMigrations() gives the SQL), or open it once with migrate: 'auto'`,
  )
}

function refuseForeign({ handle, store }: Subject, tables: ReadonlySet<string>, known: readonly Migration[]): void {
  if (tables.has('workflow_state')) throw flujoDatabase(userVersion(handle), store)
  const taken = [...tables].find((name) => namesMadeBy(known).has(name))
  if (taken !== undefined)
    throw foreign(
      store,
      `is another application's database: its '${taken}' would stand where ours must. Use a file of its own`,
    )
  const text = encoding(handle)
  if (text !== 'UTF-8')
    throw foreign(
      store,
      `is an ${text} database; lists need UTF-8, whose bytes sort like code points. Use another file`,
    )
}

function foreign(store: string, what: string): StateBackendError {
  return new StateBackendError('CORRUPT', `${store} ${what}. Nothing was changed`)
}

function flujoDatabase(version: number, store: string): StateBackendError {
  return version > FLUJO_VERSION
    ? new StateBackendError(
        'SCHEMA_TOO_NEW',
        `${store} is a database of Python flujo, of a schema version (${version}) newer than any known here. Nothing was changed`,
      )
    : new StateBackendError(
        'SCHEMA_OUTDATED',
        `${store} is a database of Python flujo; this version cannot upgrade it yet. Use another file. Nothing was changed`,
      )
}

/** The tables and views that migrations make. */
function namesMadeBy(known: readonly Migration[]): Set<string> {
  const made = known.flatMap(({ sql }) => [...sql.matchAll(/^create (?:table|view) (\w+)/gm)])
  return new Set(made.flatMap(([, name]) => name ?? []))
}
