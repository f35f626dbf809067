import Database from 'better-sqlite3'
import { onTestFinished } from 'vitest'
import { SQLiteBackend, type SQLiteBackendOptions } from '../../src/index.js'

/** A backend that is shut down when the test has ended. */
export function backendOf(
  database: ConstructorParameters<typeof SQLiteBackend>[0],
  options?: SQLiteBackendOptions,
): SQLiteBackend {
  const backend = new SQLiteBackend(database, options)
  onTestFinished(() => backend.shutdown())
  return backend
}

/** A connection of the test's own to a database. */
export function handleOf(path: string, options: Database.Options = {}): Database.Database {
  const handle = new Database(path, options)
  onTestFinished(() => {
    handle.close()
  })
  return handle
}
