/** Updates that change more or less than they were given. */
import type { CommitUnit } from '@flujo-state/core'
import { has, seeing, writing } from './altered-store.js'
import { type BrokenBackend, brokenBackend, brokenStore } from './broken-backend.js'
import { DEFAULTS } from './snapshot-fields.js'

const NOW = Date.parse('2026-03-01T00:00:00.000Z')
const saves = (unit: CommitUnit) => has(unit, 'save-state')

export const brokenUpdates: readonly BrokenBackend[] = [
  brokenStore(
    'createdAt-not-kept',
    'a second save without createdAt is dated anew',
    ['STA-27'],
    seeing(({ state }, unit) => (state && saves(unit) ? { state: { ...state, createdAt: NOW + 1 } } : {})),
  ),
  brokenStore(
    'updatedAt-kept',
    'an update without updatedAt keeps the old one',
    ['STA-23', 'STA-27'],
    writing((write, { states }) => {
      if (write.kind !== 'patch-state') return write
      const old = states.find(({ runId }) => runId === write.runId)?.updatedAt
      return { ...write, set: { ...write.set, ...(old === undefined ? {} : { updatedAt: old }) } }
    }),
  ),
  brokenStore(
    'saved-back-updatedAt',
    'an updatedAt equal to the stored one is taken as given',
    ['STA-28', 'ATM-08', 'ATM-09'],
    seeing(({ state }, unit) => (state && !has(unit, 'mark-stale') ? { state: { ...state, updatedAt: -1 } } : {})),
  ),
  brokenBackend('update-replaces', 'an update drops the fields that it does not give', ['STA-23'], ({ backend }) => ({
    updateState: async (runId, patch, options) => backend.updateState(runId, { errorMessage: null, ...patch }, options),
  })),
  brokenBackend('update-upserts', 'an update without a snapshot makes one', ['STA-25'], ({ backend }) => ({
    updateState: async (runId, { appendStepHistory: _left, ...patch }, options) => {
      if (await backend.loadState(runId)) return backend.updateState(runId, patch, options)
      return backend.saveState(runId, { ...DEFAULTS, ...(patch as object) }, options)
    },
  })),
  brokenStore(
    'append-prepends',
    'items are added at the front',
    ['STA-24', 'DUR-15'],
    writing((write, { histories }) => {
      if (write.kind !== 'append-history') return write
      const old = histories.find(({ runId }) => runId === write.runId)?.items ?? []
      return { kind: 'replace-history', runId: write.runId, items: [...write.items, ...old] }
    }),
  ),
  brokenStore(
    'append-first-only',
    'of several items that are added the first is kept',
    ['STA-24'],
    writing((write) => (write.kind === 'append-history' ? { ...write, items: write.items.slice(0, 1) } : write)),
  ),
  brokenBackend(
    'append-beside-replace',
    'stepHistory and appendStepHistory may come together',
    ['STA-26'],
    ({ backend }) => ({
      updateState: async (runId, patch, options) => {
        const { appendStepHistory, stepHistory, ...rest } = patch
        if (!Array.isArray(appendStepHistory) || !Array.isArray(stepHistory))
          return backend.updateState(runId, patch, options)
        return backend.updateState(runId, { ...rest, stepHistory: [...stepHistory, ...appendStepHistory] }, options)
      },
    }),
  ),
  brokenBackend(
    'patch-in-two',
    'the plain fields of an update are written before its payloads',
    ['STA-31'],
    ({ backend }) => ({
      updateState: async (runId, patch, options) => {
        if (patch?.status !== undefined) await backend.updateState(runId, { status: patch.status })
        return backend.updateState(runId, patch, options)
      },
    }),
  ),
  brokenStore(
    'background-flag-lost',
    'an update takes the background flag away',
    ['STA-23'],
    writing((write) =>
      write.kind === 'patch-state' ? { ...write, set: { isBackgroundTask: false, ...write.set } } : write,
    ),
  ),
]
