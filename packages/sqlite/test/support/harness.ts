import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { folderStorage, type Harness, type HarnessEnv, type RawStorage } from '@flujo-state/conformance'
import { bundledSpawn } from '../../../../bundle.shared.js'
import { type Durability, SQLiteBackend } from '../../src/index.js'
import { DatabaseFaults } from './faults.js'

// The storage key alone names the file, so that another process finds it. It has neighbours that are not the backend's to touch.
const parentOf = (storageKey: string) => join(tmpdir(), `flujo-sqlite-${storageKey}`)
const folderOf = (storageKey: string) => join(parentOf(storageKey), 'store')
const pathOf = (storageKey: string) => join(folderOf(storageKey), 'state.db')
const NEIGHBOURS = ['a', 'a.json', 'state.db', 'secret.txt']

function makeFolder(storageKey: string): void {
  mkdirSync(folderOf(storageKey), { recursive: true })
  for (const name of NEIGHBOURS) writeFileSync(join(parentOf(storageKey), name), 'not the store')
}

const remove = (storageKey: string) => rmSync(parentOf(storageKey), { recursive: true, force: true })

/** Storages that a test makes fail. */
const faults = new Map<string, DatabaseFaults>()

/** The database and its log. The file beside them is memory that connections share, and holds no data. */
function storage({ storageKey }: HarnessEnv): RawStorage {
  const folder = folderStorage(folderOf(storageKey))
  return { ...folder, list: async () => (await folder.list()).filter((name) => !name.endsWith('-shm')) }
}

let template: Promise<Uint8Array> | undefined

/** Every rule wants an empty store: a copy of one is faster than a new one. Those of MIG see how it is made. */
async function makeEmpty(): Promise<Uint8Array> {
  const key = `empty-${process.pid}`
  makeFolder(key)
  const backend = new SQLiteBackend(pathOf(key))
  try {
    await backend.open()
    await backend.shutdown()
    return readFileSync(pathOf(key))
  } finally {
    remove(key)
  }
}

export const openFull = (env: HarnessEnv) => openFile(env, 'full')
export const openNormal = (env: HarnessEnv) => openFile(env, 'normal')

function openFile({ storageKey, clock }: HarnessEnv, durability: Durability): SQLiteBackend {
  const busyTimeoutMs = faults.has(storageKey) ? 10 : 5_000
  return new SQLiteBackend(pathOf(storageKey), { clock, durability, busyTimeoutMs })
}

function inFile(durability: Durability, open: (env: HarnessEnv) => SQLiteBackend, exportName: string): Harness {
  const create = async (env: HarnessEnv) => {
    template ??= makeEmpty()
    makeFolder(env.storageKey)
    if (!env.storageKey.includes('-mig-')) writeFileSync(pathOf(env.storageKey), await template)
    return open(env)
  }
  const destroy = ({ storageKey }: HarnessEnv) => {
    faults.get(storageKey)?.end()
    faults.delete(storageKey)
    remove(storageKey)
  }
  return {
    name: `sqlite, in a file, ${durability}`,
    create,
    reopen: open,
    second: open,
    spawn: bundledSpawn(import.meta.url, exportName),
    destroy,
    storage,
    faults({ storageKey }) {
      const made = new DatabaseFaults(pathOf(storageKey))
      faults.set(storageKey, made)
      return made
    },
  }
}

const IN_MEMORY = 'what a database in memory holds ends with its connection, and no other connection can see it'

export const inMemory: Harness = {
  name: 'sqlite, in memory',
  create: ({ clock }) => new SQLiteBackend(':memory:', { clock }),
  without: {
    reopen: IN_MEMORY,
    second: IN_MEMORY,
    spawn: IN_MEMORY,
    storage: 'a database in memory has no file',
    faults: 'a database in memory has no file that others could lock and no disk that could fail',
  },
}

export const inFull = inFile('full', openFull, 'openFull')
export const inNormal = inFile('normal', openNormal, 'openNormal')

export default [inMemory, inFull, inNormal]
