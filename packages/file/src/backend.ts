import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BackendOptions, StateBackendError, StoreStateBackend } from '@flujo-state/core'
import { Layout } from './layout.js'
import { FileStore } from './store.js'

export interface FileBackendOptions extends BackendOptions {
  /** How long to wait for another process's write, in milliseconds, before `BUSY`; 5,000 unless given. */
  readonly busyTimeoutMs?: number | undefined
}

/** Keeps every run in a folder of its own, as readable JSON. Processes of one host may share the store. */
export class FileBackend extends StoreStateBackend {
  /**
   * @param directory a path or `file:` URL; made if it is not there, must be empty or a store of ours if it is
   * @throws `VALIDATION` for arguments of the wrong kind
   */
  constructor(directory: string | URL, options: FileBackendOptions = {}) {
    const { busyTimeoutMs = 5_000, ...common } = options
    if (typeof busyTimeoutMs !== 'number' || !(busyTimeoutMs >= 0) || !Number.isFinite(busyTimeoutMs))
      throw wrong('$.busyTimeoutMs', 'expected a number of milliseconds, 0 or more')
    const layout = new Layout(pathOf(directory))
    // Texts of codecs that are JSON stand in the files as JSON.
    const payloads = common.codec === undefined ? 'own' : common.codec.json ? 'json' : 'text'
    super(new FileStore({ layout, busyTimeoutMs, payloads }), common)
  }
}

function pathOf(directory: unknown): string {
  if (directory instanceof URL || (typeof directory === 'string' && directory.startsWith('file:'))) {
    try {
      return fileURLToPath(directory)
    } catch (cause) {
      throw wrong('$.directory', `not a file URL of this system: ${String(directory)}`, cause)
    }
  }
  if (typeof directory !== 'string' || directory === '' || directory.includes('\0'))
    throw wrong('$.directory', 'expected the path of a folder, or a file URL')
  return resolve(directory)
}

function wrong(path: string, message: string, cause?: unknown): StateBackendError {
  return new StateBackendError('VALIDATION', `${path}: ${message}`, cause === undefined ? { path } : { path, cause })
}
