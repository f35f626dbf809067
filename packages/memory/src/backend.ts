import { type BackendOptions, StateBackendError, StoreStateBackend } from '@flujo-state/core'
import { MemoryStore } from './store.js'

export interface InMemoryBackendOptions extends BackendOptions {
  /** Forget terminal runs, the one written longest ago first, when there are more runs than this. No limit unless given. */
  readonly maxRuns?: number | undefined
}

/** Keeps everything in this process: for tests, and for work that may be lost with it. */
export class InMemoryBackend extends StoreStateBackend {
  /** @throws `VALIDATION` for options of the wrong kind */
  constructor(options: InMemoryBackendOptions = {}) {
    const { maxRuns = Number.POSITIVE_INFINITY, ...common } = options
    if (typeof maxRuns !== 'number' || !(maxRuns >= 1))
      throw new StateBackendError('VALIDATION', '$.maxRuns: expected a number of at least 1', { path: '$.maxRuns' })
    super(new MemoryStore(maxRuns, options.clock), common)
  }
}
