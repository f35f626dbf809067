import { join } from 'node:path'
import { FileBackend } from '@flujo-state/file'
import { SQLiteBackend } from '@flujo-state/sqlite'
import Database from 'better-sqlite3'
import type { MaybePromise } from '../harness/contest.js'
import type { Snapshots } from '../subjects/control.js'
import { FileControl } from '../subjects/file-control.js'
import { SQLiteControl } from '../subjects/sqlite-control.js'
import { bytesWritten, type Counted } from './counters.js'
import { syncsSoFar } from './sync-counter.js'

/** A place whose work can be counted. */
export interface CountedPlace {
  readonly name: string
  readonly open: (folder: string) => Promise<Counted & { readonly close: () => Promise<void> }>
  /** What rewrites whole snapshots by hand, in the same folder. */
  readonly openControl: (folder: string) => MaybePromise<Snapshots>
}

const sqlite: CountedPlace = {
  name: 'sqlite',
  async open(folder) {
    let [statements, syncs, writing] = [0, 0, false]
    const verbose = (sql: unknown) => {
      const verb = /^\w+( immediate)?/.exec(String(sql).toLowerCase())?.[0]
      // Only on a handle that was lent, as here, each turn begins and ends with the settings of its owner.
      if (verb === 'pragma') return
      statements += 1
      if (verb?.startsWith('begin')) writing = verb === 'begin immediate'
      if (verb === 'commit' && writing) syncs += 1
    }
    const database = new Database(join(folder, 'counted.db'), { verbose })
    database.pragma('journal_mode = WAL')
    // What is counted is the same under both durabilities; this one is quicker.
    const backend = new SQLiteBackend(database, { durability: 'normal' })
    const now = () => ({ statements, syncs, bytes: bytesWritten() })
    const close = async () => {
      await backend.shutdown()
      database.close()
    }
    return { backend, now, close }
  },
  openControl: (folder) => SQLiteControl.open(folder, 'normal'),
}

const file: CountedPlace = {
  name: 'file',
  async open(folder) {
    const backend = new FileBackend(join(folder, 'counted'))
    const now = () => ({ statements: null, syncs: syncsSoFar(), bytes: bytesWritten() })
    return { backend, now, close: () => backend.shutdown() }
  },
  openControl: (folder) => new FileControl(folder),
}

export const countedPlaces: readonly CountedPlace[] = [sqlite, file]
