import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import type { StateBackend } from '@flujo-state/core'
import { onTestFinished } from 'vitest'
import { FileBackend, type FileBackendOptions } from '../../src/index.js'
import { Layout } from '../../src/layout.js'

export { stateOf } from './store.js'

/** An empty folder, removed after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'flujo-file-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A backend over the folder, shut down after the test. */
export function openBackend(folder: string, options?: FileBackendOptions): FileBackend {
  const backend = new FileBackend(folder, options)
  onTestFinished(() => backend.shutdown().catch(() => undefined))
  return backend
}

/** What a process that opens the folder now sees. */
export async function reopened<T>(folder: string, look: (backend: StateBackend) => Promise<T>): Promise<T> {
  const backend = new FileBackend(folder)
  try {
    return await look(backend)
  } finally {
    await backend.shutdown()
  }
}

export async function savedValue(backend: StateBackend, runId: string): Promise<unknown> {
  return (await backend.loadState(runId))?.pipelineContext.value ?? null
}

export const runFolderOf = (folder: string, runId: string) => new Layout(folder).runFolder(runId)

/** Paths of all files below a folder, relative to it. */
export function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort()
}

/** The file of that name in a run's folder. */
export const fileOf = (folder: string, runId: string, name: string) => join(runFolderOf(folder, runId), name)
export const namesOf = (folder: string, runId: string) =>
  readdirSync(runFolderOf(folder, runId))
    .map((name) => basename(name))
    .sort()
