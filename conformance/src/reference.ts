import { type BackendOptions, createStateBackend } from '@flujo-state/core'
import type { Harness, HarnessEnv } from './harness.js'
import { ReferenceStore, Tables } from './reference-store.js'

/** How a store is made over shared tables; broken ones bring their own. */
export type MakeStore = (tables: Tables) => ReferenceStore

/** A harness over the reference store: instances with the same storage key share their tables. */
export function referenceHarness(
  name = 'reference',
  makeStore: MakeStore = (tables) => new ReferenceStore(tables),
  options: BackendOptions = {},
): Harness {
  const storages = new Map<string, Tables>()
  const open = ({ storageKey, clock }: HarnessEnv) => {
    const tables = storages.get(storageKey) ?? new Tables()
    storages.set(storageKey, tables)
    return createStateBackend(makeStore(tables), { ...options, clock })
  }
  return {
    name,
    create: open,
    reopen: open,
    second: open,
    destroy: ({ storageKey }) => void storages.delete(storageKey),
  }
}
