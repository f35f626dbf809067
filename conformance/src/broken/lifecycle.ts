/** What a backend says of itself, and how it ends. */
import { type Capabilities, type StateBackend, StateBackendError } from '@flujo-state/core'
import { type BrokenBackend, brokenBackend } from './broken-backend.js'

/** A backend that says other things of itself than are true. */
const claiming = (of: (capabilities: Capabilities) => Partial<Capabilities>) => (backend: StateBackend) =>
  Object.freeze({ ...backend.capabilities, ...of(backend.capabilities) })

export const brokenLifecycles: readonly BrokenBackend[] = [
  brokenBackend('capabilities-mutable', 'capabilities can be changed by anybody', ['CAP-01'], ({ backend }) => ({
    capabilities: { ...backend.capabilities },
  })),
  brokenBackend('capabilities-more', 'capabilities has keys that nobody knows', ['CAP-01'], ({ backend }) => ({
    capabilities: Object.freeze({ ...backend.capabilities, turbo: true }),
  })),
  brokenBackend('capabilities-own-words', 'persistence says a word that nobody knows', ['CAP-01'], ({ backend }) => ({
    capabilities: claiming(() => ({ persistence: 'forever' as 'crash' }))(backend),
  })),
  brokenBackend('over-claims', 'traces are declared, and lost', ['CAP-02', 'TRC-01'], () => ({
    saveTrace: async () => {},
    getTrace: async () => null,
  })),
  brokenBackend(
    'unsupported-empty',
    'statistics are declared missing, and give zeros',
    ['CAP-02', 'CAP-03', 'STT-01'],
    ({ backend }) => ({
      capabilities: claiming(() => ({ stats: false }))(backend),
    }),
  ),
  brokenBackend(
    'under-claims',
    'compact is declared missing, and works',
    ['CAP-02', 'CAP-03', 'CMP-01'],
    ({ backend }) => ({
      capabilities: claiming(() => ({ compact: false }))(backend),
    }),
  ),
  brokenBackend('missing-but-declared', 'compact is declared, and refuses', ['CAP-02', 'CAP-03'], () => ({
    compact: async () => {
      throw new StateBackendError('NOT_SUPPORTED', 'compact: not here')
    },
  })),
  brokenBackend(
    'capabilities-change',
    'what it says of itself changes with the first write',
    ['CAP-04'],
    ({ backend }) => {
      let written = false
      return {
        get capabilities() {
          return claiming(() => (written ? { persistence: 'none' } : {}))(backend)
        },
        saveState: async (...args) => {
          written = true
          return backend.saveState(...args)
        },
      }
    },
  ),
  brokenBackend('no-contract-version', 'the contract version is missing', ['CAP-05'], () => ({ contractVersion: '' })),
  brokenBackend('no-snapshots', 'snapshots are declared missing', ['CAP-05'], ({ backend }) => ({
    capabilities: claiming(() => ({ states: false }))(backend),
  })),
  brokenBackend('shutdown-once', 'a second shutdown fails', ['SHD-01'], ({ backend }) => {
    let closed = false
    return {
      shutdown: async () => {
        if (closed) throw new StateBackendError('CLOSED', 'shutdown: closed')
        closed = true
        return backend.shutdown()
      },
    }
  }),
  brokenBackend('reads-after-shutdown', 'reads go on after shutdown', ['SHD-02', 'GEN-02'], ({ backend }) => ({
    loadState: async (runId) => backend.loadState(runId).catch(() => null),
  })),
  brokenBackend(
    'arguments-before-closed',
    'a closed backend still checks arguments first',
    ['SHD-02'],
    ({ backend }) => ({
      loadState: async (runId) => {
        if (runId === '') throw new StateBackendError('VALIDATION', 'loadState: a bad id', { path: '$.runId' })
        return backend.loadState(runId)
      },
    }),
  ),
  brokenBackend('disposal-does-nothing', 'disposal leaves the backend open', ['SHD-07'], () => ({
    [Symbol.asyncDispose]: async () => {},
  })),
  brokenBackend('shutdown-drops', 'what is under way at shutdown is dropped', ['SHD-03'], ({ backend }) => {
    let closed = false
    return {
      saveState: async (...args) => {
        await null
        if (closed) throw new StateBackendError('CLOSED', 'saveState: closed')
        return backend.saveState(...args)
      },
      shutdown: () => {
        closed = true
        return backend.shutdown()
      },
    }
  }),
  brokenBackend(
    'shutdown-closes-all',
    'shutting one instance down closes the others',
    ['SHD-05'],
    ({ backend, memory }) => ({
      saveState: async (...args) => {
        if (memory.has('closed')) throw new StateBackendError('CLOSED', 'saveState: closed')
        return backend.saveState(...args)
      },
      shutdown: async () => {
        memory.set('closed', true)
        await backend.shutdown()
      },
    }),
  ),
]
