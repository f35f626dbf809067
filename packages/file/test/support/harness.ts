// First: what fails must be in place before anything takes functions of `node:fs` for itself.
import './fs-faults.js'
import { mkdirSync, readdirSync, rmdirSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { folderStorage, type Harness, type HarnessEnv } from '@flujo-state/conformance'
import { bundledSpawn } from '../../../../bundle.shared.js'
import { FileBackend } from '../../src/index.js'
import { FolderFaults } from './faults.js'
import { unwatchFolder } from './fs-faults.js'

// The storage key alone names the folder, so that another process finds it. It has neighbours that are not the backend's to touch.
const parentOf = ({ storageKey }: HarnessEnv) => join(tmpdir(), `flujo-file-${storageKey}`)
const folderOf = (env: HarnessEnv) => join(parentOf(env), 'store')
const NEIGHBOURS = ['a', 'a.json', 'runs', 'secret.txt']

/** Storages whose locks are held for long by a test. */
const impatient = new Set<string>()

export function open(env: HarnessEnv): FileBackend {
  const busyTimeoutMs = impatient.has(env.storageKey) ? 10 : 5_000
  return new FileBackend(folderOf(env), { clock: env.clock, busyTimeoutMs })
}

/** What `rmSync` does takes several times as long, after each of two thousand cases. It is there for what cannot be removed so. */
function remove(folder: string): void {
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) remove(path)
      else unlinkSync(path)
    }
    rmdirSync(folder)
  } catch {
    rmSync(folder, { recursive: true, force: true })
  }
}

export const harness: Harness = {
  name: 'file',
  create(env) {
    mkdirSync(parentOf(env))
    for (const name of NEIGHBOURS) writeFileSync(join(parentOf(env), name), 'not the store')
    return open(env)
  },
  reopen: open,
  second: open,
  spawn: bundledSpawn(import.meta.url, 'open'),
  destroy(env) {
    unwatchFolder(folderOf(env))
    impatient.delete(env.storageKey)
    remove(parentOf(env))
  },
  storage: (env) => folderStorage(folderOf(env)),
  faults(env) {
    impatient.add(env.storageKey)
    return new FolderFaults(folderOf(env))
  },
}
