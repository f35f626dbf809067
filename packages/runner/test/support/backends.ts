import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BackendOptions, StateBackend } from '@flujo-state/core'
import { FileBackend } from '@flujo-state/file'
import { InMemoryBackend } from '@flujo-state/memory'
import { SQLiteBackend } from '@flujo-state/sqlite'
import { onTestFinished } from 'vitest'

/** A folder that is removed when the test ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'flujo-runner-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A fresh backend that is shut down when the test ends. */
export function memory(options: BackendOptions = {}): StateBackend {
  return closedAfterwards(new InMemoryBackend(options))
}

export function closedAfterwards<B extends StateBackend>(backend: B): B {
  onTestFinished(() => backend.shutdown())
  return backend
}

/** Each backend that the runner is tested on, by name; stores on disk are fresh ones in a folder of their own. */
export const BACKENDS: readonly (readonly [string, (options?: BackendOptions) => StateBackend])[] = [
  ['memory', memory],
  ['files', (options) => closedAfterwards(new FileBackend(join(temporaryFolder(), 'store'), options))],
  ['SQLite', (options) => closedAfterwards(new SQLiteBackend(join(temporaryFolder(), 'store.db'), options))],
]
