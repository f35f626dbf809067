import type BetterSqlite3 from 'better-sqlite3'
import { driverFailure, isDriverFailure } from './errors.js'
import type { Builder } from './statement.js'

/** The two libraries under this backend, loaded when a database is opened: importing this package never fails for them. */
export interface Driver {
  /** Opens a database. @throws `DRIVER` if the native binary does not load */
  open(path: string, options: BetterSqlite3.Options): BetterSqlite3.Database
  /** What builds queries for a database. */
  builder(handle: BetterSqlite3.Database): Builder
}

/** @throws `DRIVER` with the command that mends it */
export async function loadDriver(): Promise<Driver> {
  try {
    const { default: Database } = await import('better-sqlite3')
    const { drizzle } = await import('drizzle-orm/better-sqlite3')
    return { open: (path, options) => naming(() => new Database(path, options)), builder: (handle) => drizzle(handle) }
  } catch (error) {
    throw driverFailure(error)
  }
}

// The native binary is only loaded by the first database.
function naming<T>(open: () => T): T {
  try {
    return open()
  } catch (error) {
    throw isDriverFailure(error) ? driverFailure(error) : error
  }
}
