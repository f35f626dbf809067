import { join } from 'node:path'
import type { StateBackend } from '@flujo-state/core'
import { FileBackend } from '@flujo-state/file'
import { InMemoryBackend } from '@flujo-state/memory'
import { SQLiteBackend } from '@flujo-state/sqlite'
import type { Control } from './control.js'
import { FileControl } from './file-control.js'
import { MemoryControl } from './memory-control.js'
import { type Durability, SQLiteControl } from './sqlite-control.js'

/** How much of everything a round does, so that it takes a tenth of a second or more. */
export interface Scale {
  readonly saves: number
  readonly loads: number
  /** Snapshots that lists and counts find in the store. */
  readonly rows: number
  readonly lists: number
  readonly steps: number
}

/** One of our backends with its options, and the raw control that keeps what it keeps, as durably. */
export interface Place {
  readonly name: 'memory' | 'file' | 'sqlite full' | 'sqlite normal'
  /** Whether what was saved can be opened again. */
  readonly outlivesProcess: boolean
  /** Whether the control can give several saves one commit. */
  readonly hasTransactions: boolean
  readonly scale: Scale
  /** A backend over the folder given, which is there. Opening the same folder again finds what was saved. */
  readonly openOurs: (folder: string) => StateBackend
  readonly openControl: (folder: string) => Control | Promise<Control>
}

export const memory: Place = {
  name: 'memory',
  outlivesProcess: false,
  hasTransactions: false,
  scale: { saves: 8_192, loads: 8_192, rows: 10_000, lists: 500, steps: 1_000 },
  openOurs: () => new InMemoryBackend(),
  openControl: () => new MemoryControl(),
}

const file: Place = {
  name: 'file',
  outlivesProcess: true,
  hasTransactions: false,
  scale: { saves: 256, loads: 2_048, rows: 1_000, lists: 20, steps: 1_000 },
  openOurs: (folder) => new FileBackend(join(folder, 'store')),
  openControl: (folder) => new FileControl(folder),
}

const sqlite = (durability: Durability, scale: Scale): Place => ({
  name: `sqlite ${durability}`,
  outlivesProcess: true,
  hasTransactions: true,
  scale,
  openOurs: (folder) => new SQLiteBackend(join(folder, 'state.db'), { durability }),
  openControl: (folder) => SQLiteControl.open(folder, durability),
})

export const places: readonly Place[] = [
  memory,
  file,
  sqlite('full', { saves: 1_024, loads: 8_192, rows: 10_000, lists: 200, steps: 1_000 }),
  sqlite('normal', { saves: 4_096, loads: 8_192, rows: 10_000, lists: 200, steps: 1_000 }),
]

const QUICK: Scale = { saves: 64, loads: 64, rows: 200, lists: 2, steps: 20 }

export interface Settings {
  /** Sizes that only show that everything runs. */
  readonly quick: boolean
}

export function scaleOf(place: Place, { quick }: Settings): Scale {
  return quick ? QUICK : place.scale
}
