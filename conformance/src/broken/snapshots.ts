/** Snapshots that are not what was saved, or not gone when they were deleted. */
import { type Encoded, StateBackendError, type StateRow, type WorkflowStateInput } from '@flujo-state/core'
import { changing, writing } from './altered-store.js'
import { type BrokenBackend, brokenBackend, brokenStore } from './broken-backend.js'

/** What is put is merged into what is there. */
const merging = (merge: (old: StateRow, row: StateRow) => StateRow) =>
  writing((write, { states }) => {
    if (write.kind !== 'put-state') return write
    const old = states.find(({ runId }) => runId === write.row.runId)
    return old ? { ...write, row: merge(old, write.row) } : write
  })
const merged = (a: Encoded, b: Encoded): Encoded => JSON.stringify(deepMerge(JSON.parse(a), JSON.parse(b)))
function deepMerge(a: unknown, b: unknown): unknown {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null || Array.isArray(b)) return b
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])]
  return Object.fromEntries(
    keys.map((key) => [key, key in b ? deepMerge(Reflect.get(a, key), Reflect.get(b, key)) : Reflect.get(a, key)]),
  )
}
const NOW = Date.parse('2026-03-01T00:00:00.000Z')

export const brokenSnapshots: readonly BrokenBackend[] = [
  brokenBackend('save-noop', 'a save is not made', ['STA-01', 'CON-04'], () => ({
    saveState: async () => ({ version: 1 }),
  })),
  brokenStore(
    'merge-on-save',
    'a save keeps what the new snapshot leaves at its default',
    ['STA-03'],
    merging((old, row) => ({
      ...row,
      errorMessage: row.errorMessage ?? old.errorMessage,
      taskId: row.taskId ?? old.taskId,
    })),
  ),
  brokenStore(
    'deep-merge-context',
    'the context is merged into the old one',
    ['STA-03'],
    merging((old, row) => ({ ...row, pipelineContext: merged(old.pipelineContext, row.pipelineContext) })),
  ),
  brokenStore(
    'first-write-wins',
    'a second save is not made',
    ['STA-03', 'CON-04'],
    merging((old, row) => ({ ...old, version: row.version })),
  ),
  brokenStore(
    'history-of-first-save',
    'a second save leaves the history',
    ['STA-03'],
    writing((write, { states }) => {
      if (write.kind !== 'put-state' || !states.some(({ runId }) => runId === write.row.runId)) return write
      return [{ kind: 'patch-state', runId: write.row.runId, set: write.row }]
    }),
  ),
  brokenBackend('prefix-delete', 'a deletion takes the ids that begin with the id too', ['STA-05'], ({ backend }) => ({
    deleteState: async (runId, options) => {
      await backend.deleteState(runId, options)
      for (const item of await backend.listStates())
        if (item.runId.startsWith(runId)) await backend.deleteState(item.runId)
    },
  })),
  brokenBackend('runId-from-state', 'a snapshot is stored under its own runId', ['STA-06'], ({ backend }) => ({
    saveState: async (runId, state, options) => backend.saveState(state.runId ?? runId, state, options),
  })),
  brokenStore(
    'stamps-updatedAt',
    'updatedAt is always now',
    ['STA-01', 'STA-07'],
    changing((change) =>
      change.kind === 'save-state' ? { ...change, draft: { ...change.draft, updatedAt: null } } : change,
    ),
  ),
  brokenStore(
    'stamps-createdAt',
    'the first save is dated now',
    ['STA-01', 'STA-07', 'LST-02'],
    writing((write, { states }) => {
      if (write.kind !== 'put-state' || states.some(({ runId }) => runId === write.row.runId)) return write
      return { ...write, row: { ...write.row, createdAt: NOW } }
    }),
  ),
  brokenStore(
    'history-dedup',
    'an item that comes twice is kept once',
    ['STA-10', 'STA-24'],
    writing((write) =>
      'history' in write
        ? { ...write, history: [...new Set(write.history)] }
        : 'items' in write
          ? { ...write, items: [...new Set(write.items)] }
          : write,
    ),
  ),
  brokenStore(
    'delete-leaves-index',
    'a deleted snapshot is still listed',
    ['STA-14', 'STA-16', 'CON-12'],
    writing((write) =>
      write.kind === 'delete-state'
        ? { kind: 'patch-state', runId: write.runId, set: { pipelineContext: '{}', lastStepOutput: 'null' } }
        : write,
    ),
  ),
  brokenBackend(
    'delete-missing-throws',
    'deleting what is not there is NOT_FOUND',
    ['STA-15', 'GEN-10'],
    ({ backend }) => ({
      deleteState: async (runId, options) => {
        if ((await backend.loadState(runId)) === null)
          throw new StateBackendError('NOT_FOUND', 'deleteState: nothing there')
        return backend.deleteState(runId, options)
      },
    }),
  ),
  brokenBackend(
    'tombstone-resurrects',
    'a save after a deletion brings the old metadata back',
    ['STA-16'],
    ({ backend, memory }) => ({
      deleteState: async (runId, options) => {
        memory.set(runId, (await backend.loadState(runId))?.metadata)
        return backend.deleteState(runId, options)
      },
      saveState: async (runId, state, options) => {
        const metadata = memory.get(runId) as WorkflowStateInput['metadata']
        return backend.saveState(
          runId,
          metadata && state.metadata === undefined ? { ...state, metadata } : state,
          options,
        )
      },
    }),
  ),
  brokenBackend('delete-state-cascades', 'deleteState takes the steps too', ['STA-18', 'ONE-12'], ({ backend }) => ({
    deleteState: async (runId, options) => {
      const run = await backend.getRunDetails(runId)
      await backend.deleteState(runId, options)
      if (run) await backend.deleteRun(runId, { force: true })
    },
  })),
  brokenBackend(
    'delete-clears-first',
    'a save removes the old snapshot before it checks the new one',
    ['STA-19', 'BAD-01[saveState]'],
    ({ backend }) => ({
      saveState: async (runId, state, options) => {
        const old = await backend.loadState(runId)
        if (old) await backend.deleteState(runId)
        return backend.saveState(runId, state, options)
      },
    }),
  ),
]
