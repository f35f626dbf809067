import type { StateBackend } from '@flujo-state/core'
import { InMemoryBackend } from '@flujo-state/memory'
import type { Control } from './control.js'
import { MemoryControl } from './memory-control.js'

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

const QUICK: Scale = { saves: 64, loads: 64, rows: 200, lists: 2, steps: 20 }

export interface Settings {
  /** Sizes that only show that everything runs. */
  readonly quick: boolean
}

export function scaleOf(place: Place, { quick }: Settings): Scale {
  return quick ? QUICK : place.scale
}

export const places: readonly Place[] = [memory]
