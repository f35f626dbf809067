import { join } from 'node:path'
import type { StateBackend } from '@flujo-state/core'
import { FileBackend } from '@flujo-state/file'
import { InMemoryBackend } from '@flujo-state/memory'
import { SQLiteBackend } from '@flujo-state/sqlite'
import type { MaybePromise } from '../harness/contest.js'
import type { Peers } from '../peers/sides.js'
import type { Control, Entry, ListControl } from './control.js'
import { FileControl } from './file-control.js'
import { MemoryControl } from './memory-control.js'
import { SQLiteControl } from './sqlite-control.js'
import type { Durability } from './sqlite-database.js'
import { SQLiteLists } from './sqlite-lists.js'

/** How much of everything a round does, so that it takes a tenth of a second or more. */
export interface Scale {
  readonly saves: number
  readonly loads: number
  /** Snapshots that lists and counts find in the store; the figures are for the last, the others show how cost grows. */
  readonly rows: readonly number[]
  readonly lists: number
  readonly steps: number
  readonly traces: number
}

/** What is different where a store is opened for lists. */
interface ForLists {
  readonly clock: () => Date
  /** A key of the metadata that is declared as often asked for, where there is such a thing. */
  readonly indexed: string
}

/** One of our backends with its options, and the raw control that keeps what it keeps, as durably. */
export interface Place<Lists extends ListControl = ListControl> {
  readonly name: 'memory' | 'file' | 'sqlite full' | 'sqlite normal'
  /** Whether what was saved can be opened again. */
  readonly outlivesProcess: boolean
  /** Whether the control can give several saves one commit. */
  readonly hasTransactions: boolean
  readonly scale: Scale
  /** A backend over the folder given, which is there. Opening the same folder again finds what was saved. */
  readonly openOurs: (folder: string, use?: ForLists) => StateBackend
  readonly openControl: (folder: string) => MaybePromise<Control>
  /** A control that reads, over the same snapshots as ours; it keeps them in `folder`, where this can be. */
  readonly openLists: (folder: string, ours: string, entries: () => Iterable<Entry>) => MaybePromise<Lists>
}

export const memory: Place = {
  name: 'memory',
  outlivesProcess: false,
  hasTransactions: false,
  scale: { saves: 8_192, loads: 8_192, rows: [10_000], lists: 500, steps: 1_000, traces: 64 },
  openOurs: (_folder, use) => new InMemoryBackend(use && { clock: use.clock }),
  openControl: () => new MemoryControl(),
  openLists(_folder, _ours, entries) {
    const control = new MemoryControl()
    control.saveAll([...entries()])
    return control
  },
}

export const file: Place = {
  name: 'file',
  outlivesProcess: true,
  hasTransactions: false,
  scale: { saves: 1_024, loads: 2_048, rows: [1_000], lists: 20, steps: 1_000, traces: 32 },
  openOurs: (folder, use) => new FileBackend(join(folder, 'store'), use && { clock: use.clock }),
  openControl: (folder) => new FileControl(folder),
  async openLists(folder, _ours, entries) {
    const control = new FileControl(folder)
    if ((await control.count()) === 0) await control.saveAll([...entries()])
    return control
  },
}

const sqlite = (durability: Durability, scale: Scale): Place<SQLiteLists> => ({
  name: `sqlite ${durability}`,
  outlivesProcess: true,
  hasTransactions: true,
  scale,
  openOurs: (folder, use) =>
    new SQLiteBackend(join(folder, DATABASE), {
      durability,
      ...(use && { clock: use.clock, indexedMetadata: [use.indexed] }),
    }),
  openControl: (folder) => SQLiteControl.open(folder, durability),
  openLists: (folder, ours) => SQLiteLists.open(join(folder, DATABASE), join(ours, DATABASE)),
})

/** What our database is called in its folder. */
export const DATABASE = 'state.db'
/** Smaller ones as well, to show how cost grows with the rows. */
const ROWS = [1_000, 20_000]
const MANY_ROWS = [1_000, 10_000, 100_000, 1_000_000]

export const sqliteFull = sqlite('full', {
  saves: 4_096,
  loads: 8_192,
  rows: ROWS,
  lists: 200,
  steps: 1_000,
  traces: 64,
})
export const sqliteNormal = sqlite('normal', {
  saves: 4_096,
  loads: 8_192,
  rows: ROWS,
  lists: 200,
  steps: 1_000,
  traces: 64,
})

export const places: readonly Place[] = [memory, file, sqliteFull, sqliteNormal]

const QUICK: Scale = { saves: 64, loads: 64, rows: [200], lists: 2, steps: 20, traces: 2 }

export interface Settings {
  /** Sizes that only show that everything runs. */
  readonly quick: boolean
  /** A million rows, and as many operations. */
  readonly full: boolean
  /** The peers that are measured beside, if any. */
  readonly peers: Peers | null
}

export function scaleOf({ scale, hasTransactions }: Place, { quick, full }: Settings): Scale {
  if (quick) return QUICK
  return full && hasTransactions ? { ...scale, rows: MANY_ROWS } : scale
}
