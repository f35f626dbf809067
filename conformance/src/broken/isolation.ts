/** Objects that are shared between the caller and the store. */
import type { StateListItem, SystemState, WorkflowState } from '@flujo-state/core'
import { type BrokenBackend, brokenBackend } from './broken-backend.js'

export const brokenIsolation: readonly BrokenBackend[] = [
  brokenBackend('late-clone', 'arguments are read after the first wait', ['ISO-02'], ({ backend }) => ({
    saveState: async (runId, state, options) => {
      await null
      return backend.saveState(runId, state, options)
    },
  })),
  brokenBackend(
    'keeps-argument',
    'the store keeps the object that it was given',
    ['ISO-01[setSystemState]', 'ISO-04'],
    ({ backend, memory }) => ({
      setSystemState: async (key, value) => {
        await backend.setSystemState(key, value)
        memory.set(key, value)
      },
      getSystemState: async (key) => {
        const entry = await backend.getSystemState(key)
        return entry && { ...entry, value: memory.get(key) as SystemState['value'] }
      },
    }),
  ),
  brokenBackend(
    'shallow-clone',
    'only the first level is copied',
    ['ISO-01[saveState]', 'ISO-03[loadState]', 'MDL-01'],
    ({ backend, memory }) => ({
      saveState: async (runId, state, options) => {
        memory.set(runId, state?.pipelineContext && { ...state.pipelineContext })
        return backend.saveState(runId, state, options)
      },
      updateState: async (runId, patch, options) => {
        if (patch?.pipelineContext) memory.set(runId, { ...patch.pipelineContext })
        return backend.updateState(runId, patch, options)
      },
      loadState: async (runId) => {
        const state = await backend.loadState(runId)
        return state && { ...state, pipelineContext: { ...(memory.get(runId) as WorkflowState['pipelineContext']) } }
      },
    }),
  ),
  brokenBackend(
    'alias-on-read',
    'every load of a version gives the same object',
    ['ISO-03', 'ISO-04'],
    ({ backend, memory }) => ({
      loadState: async (runId) => {
        const state = await backend.loadState(runId)
        const kept = memory.get(runId) as WorkflowState | undefined
        if (kept && kept.version === state?.version) return kept
        memory.set(runId, state)
        return state
      },
    }),
  ),
  brokenBackend(
    'shared-items',
    'lists share their items',
    ['ISO-03[listEvaluations]', 'ISO-04'],
    ({ backend, memory }) => ({
      listEvaluations: async (filter) => {
        const items = await backend.listEvaluations(filter)
        return items.map((item) => {
          if (!memory.has(item.evaluationId)) memory.set(item.evaluationId, item)
          return memory.get(item.evaluationId) as typeof item
        })
      },
    }),
  ),
  brokenBackend(
    'cached-list',
    'there is one array, which later lists change',
    ['ISO-03[listStates]', 'ISO-04', 'ISO-06[listStates]'],
    ({ backend }) => {
      const only: StateListItem[] = []
      const refresh = async () => only.splice(0, only.length, ...(await backend.listStates()))
      return {
        listStates: async () => {
          await refresh()
          return only
        },
        saveState: async (runId, state, options) => {
          const written = await backend.saveState(runId, state, options)
          await refresh()
          return written
        },
      }
    },
  ),
  brokenBackend('marks-arguments', 'a save writes its defaults into the argument', ['ISO-05'], ({ backend }) => ({
    saveRunStart: async (run, options) => {
      run.status ??= 'running'
      return backend.saveRunStart(run, options)
    },
  })),
  brokenBackend(
    'sorts-arguments',
    'spans are sorted where they are',
    ['ISO-05[saveSpans]', 'SPN-18'],
    ({ backend }) => ({
      saveSpans: async (runId, spans, options) => {
        if (Array.isArray(spans)) spans.reverse()
        return backend.saveSpans(runId, spans, options)
      },
    }),
  ),
]
