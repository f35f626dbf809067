/** What goes wrong between calls at the same time, and between instances. */
import type { CommitUnit, Decide, WorkflowState } from '@flujo-state/core'
import { ticks } from '../fixtures/workflows.js'
import { ReferenceStore, Tables } from '../reference-store.js'
import { type BrokenBackend, brokenBackend, brokenStore } from './broken-backend.js'

/** A store that reads, waits, and writes then what it has decided before: nobody else may come between, but they do. */
class Unlocked extends ReferenceStore {
  override async commit(units: readonly CommitUnit[], decide: Decide) {
    const outcomes = []
    for (const unit of units) {
      const head = this.head(unit)
      await ticks(5)
      const { outcome, writes } = decide(unit, head, Date.now())
      for (const write of writes) this.apply(write)
      outcomes.push(outcome)
    }
    return outcomes
  }
}

export const brokenConcurrency: readonly BrokenBackend[] = [
  brokenStore(
    'unlocked',
    'another instance may write between a decision and its writes',
    ['CON-18', 'CON-19', 'CON-21'],
    Unlocked,
  ),
  brokenStore(
    'schema-made-anew',
    'every instance clears the storage it finds',
    ['CON-11', 'DUR-01'],
    class extends ReferenceStore {
      override open() {
        Object.assign(this.tables, new Tables())
      }
    },
  ),
  brokenBackend('instance-cache', 'an instance never reads again what it has read once', ['CON-05'], ({ backend }) => {
    const cache = new Map<string, WorkflowState | null>()
    const forget = <T>(runId: string, written: Promise<T>) => {
      cache.delete(runId)
      return written
    }
    return {
      loadState: async (runId) => {
        if (!cache.has(runId)) cache.set(runId, await backend.loadState(runId))
        return structuredClone(cache.get(runId) ?? null)
      },
      saveState: (runId, ...rest) => forget(runId, backend.saveState(runId, ...rest)),
      updateState: (runId, ...rest) => forget(runId, backend.updateState(runId, ...rest)),
      deleteState: (runId, ...rest) => forget(runId, backend.deleteState(runId, ...rest)),
    }
  }),
  brokenBackend('field-wise-write', 'a snapshot is written in two steps', ['CON-03'], ({ backend }) => ({
    saveState: async (runId, state, options) => {
      const { errorMessage = null, ...rest } = state
      const old = await backend.loadState(runId)
      await backend.saveState(runId, { ...rest, errorMessage: old?.errorMessage ?? null }, options)
      return backend.updateState(runId, { errorMessage })
    },
  })),
  brokenBackend('array-push-race', 'a span is added to what was read before', ['CON-08', 'CON-22'], ({ backend }) => ({
    saveSpans: async (runId, spans, options) => {
      const old = await backend.getSpans(runId)
      const kept = old.filter((span) => !spans.some(({ spanId }) => spanId === span.spanId))
      const children = [...kept, ...spans].map((span) => ({ ...span, parentSpanId: null }))
      return backend.saveTrace(
        runId,
        { spanId: '', name: 'trace', status: 'synthetic', startTime: 0, children },
        options,
      )
    },
  })),
  brokenBackend(
    'third-save-lost',
    'every third save of an id is not made',
    ['CON-04', 'MDL-01', 'CON-02'],
    ({ backend, memory }) => ({
      saveState: async (runId, state, options) => {
        const saves = Number(memory.get(runId) ?? 0) + 1
        memory.set(runId, saves)
        const old = saves % 3 === 0 ? await backend.loadState(runId) : null
        return backend.saveState(runId, old ?? state, options)
      },
    }),
  ),
  brokenBackend(
    'counts-per-instance',
    'statistics count what the instance has saved itself',
    ['MDL-03', 'MDL-04'],
    ({ backend }) => {
      const own = new Set<string>()
      return {
        saveState: async (runId, ...rest) => {
          const written = await backend.saveState(runId, ...rest)
          own.add(runId)
          return written
        },
        getWorkflowStats: async () => ({ ...(await backend.getWorkflowStats()), totalWorkflows: own.size }),
      }
    },
  ),
]
