/** Versions that do not tell what was written in between. */
import { type StateBackend, StateBackendError } from '@flujo-state/core'
import { afterwards, doing, has, seeing, unlessCondition, writing } from './altered-store.js'
import { type BrokenBackend, brokenBackend, brokenStore } from './broken-backend.js'

export const brokenVersions: readonly BrokenBackend[] = [
  brokenStore(
    'cas-ignored',
    'any ifVersion is accepted',
    ['VER-04', 'VER-06', 'VER-07', 'VER-12', 'ATM-04'],
    unlessCondition(({ kind }) => kind === 'version'),
  ),
  brokenStore(
    'cas-zero-ignored',
    'an ifVersion of 0 is taken for none',
    ['VER-04', 'VER-05', 'VER-14'],
    unlessCondition((each) => each.kind === 'version' && each.is === 0),
  ),
  brokenBackend(
    'cas-read-then-write',
    'compares the version first and writes then',
    ['VER-12', 'VER-13', 'VER-15'],
    ({ backend }) => ({
      saveState: async (runId, state, { ifVersion, ...options } = {}) => {
        await compareVersion(backend, runId, ifVersion)
        return backend.saveState(runId, state, options)
      },
      updateState: async (runId, patch, { ifVersion, ...options } = {}) => {
        await compareVersion(backend, runId, ifVersion)
        return backend.updateState(runId, patch, options)
      },
    }),
  ),
  brokenStore(
    'cas-at-least',
    'an ifVersion that is too high fits',
    ['VER-04'],
    doing((unit) => ({
      ...unit,
      conditions: unit.conditions.filter((each) => each.kind !== 'version' || each.is < 1_000_000),
    })),
  ),
  brokenStore(
    'version-of-the-run',
    'versions begin again with every snapshot',
    ['VER-10', 'VER-16'],
    seeing(({ counters }) => ({ counters: { ...counters, version: 0 } })),
  ),
  brokenStore(
    'version-falls-back',
    'the counter of versions is what the last deleted snapshot had, also if that is less',
    ['VER-18'],
    writing((write, tables) => {
      if (write.kind !== 'delete-state' && write.kind !== 'delete-run') return write
      const state = tables.states.find(({ runId }) => runId === write.runId)
      if (state) tables.counters = { ...tables.counters, version: state.version }
      return write
    }),
  ),
  brokenStore(
    'version-moves-with-steps',
    'a step alone moves the version',
    ['VER-09', 'STP-17'],
    afterwards((unit, { states }) => {
      const index = states.findIndex(({ runId }) => runId === unit.runId)
      const state = states[index]
      if (state && has(unit, 'save-step') && !has(unit, 'update-state'))
        states[index] = { ...state, version: state.version + 1 }
    }),
  ),
  brokenStore(
    'version-kept-by-status',
    'a status moved from outside leaves the version',
    ['VER-08'],
    writing((write) => {
      if (write.kind !== 'patch-state' || write.set.status === undefined) return write
      const { version: _kept, ...set } = write.set
      return { ...write, set }
    }),
  ),
]

async function compareVersion(backend: StateBackend, runId: string, ifVersion: number | undefined): Promise<void> {
  if (ifVersion === undefined) return
  const found = (await backend.loadState(runId))?.version ?? 0
  if (found !== ifVersion) throw new StateBackendError('CONFLICT', 'another version', { runId })
}
