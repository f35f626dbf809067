import { join } from 'node:path'
import { FileBackend } from '@flujo-state/file'
import { SQLiteBackend } from '@flujo-state/sqlite'
import Database from 'better-sqlite3'
import { bytesWritten, type Counted, countFileSyncs } from './counters.js'

/** A place whose work can be counted. */
export interface CountedPlace {
  readonly name: string
  readonly open: (folder: string) => Promise<Counted & { readonly close: () => Promise<void> }>
}

const sqlite: CountedPlace = {
  name: 'sqlite',
  async open(folder) {
    let [statements, syncs] = [0, 0]
    const verbose = (sql: unknown) => {
      statements += 1
      if (/^\s*commit\b/i.test(String(sql))) syncs += 1
    }
    const database = new Database(join(folder, 'counted.db'), { verbose })
    // Counts are the same under both durabilities; this one is quicker.
    const backend = new SQLiteBackend(database, { durability: 'normal' })
    const now = () => ({ statements, syncs, bytes: bytesWritten() })
    const close = async () => {
      await backend.shutdown()
      database.close()
    }
    return { backend, now, close }
  },
}

const file: CountedPlace = {
  name: 'file',
  async open(folder) {
    const syncs = await countFileSyncs(join(folder, 'any'))
    const backend = new FileBackend(join(folder, 'counted'))
    const now = () => ({ statements: null, syncs: syncs(), bytes: bytesWritten() })
    return { backend, now, close: () => backend.shutdown() }
  },
}

export const countedPlaces: readonly CountedPlace[] = [sqlite, file]
