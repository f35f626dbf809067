/** Reads of runs, steps and tasks that give something else than was stored, or nothing they should. */
import { isStateBackendError, type Run, StateBackendError, WORKFLOW_STATUSES } from '@flujo-state/core'
import { METHODS } from '../fixtures/methods.js'
import { type BrokenBackend, brokenBackend } from './broken-backend.js'
import { slice, whole } from './lists.js'

export const brokenRunRecords: readonly BrokenBackend[] = [
  brokenBackend('run-defaults-missing', 'fields of a run that nobody gave are missing', ['RUN-01'], ({ backend }) => ({
    getRunDetails: async (runId) => {
      const run = await backend.getRunDetails(runId)
      if (run === null || run.pipelineVersion !== 'latest') return run
      const { pipelineVersion: _default, ...given } = run
      return given as Run
    },
  })),
  brokenBackend('run-unknown-empty', 'an unknown run has an empty record', ['RUN-02', 'GEN-04'], ({ backend }) => ({
    getRunDetails: async (runId) => (await backend.getRunDetails(runId)) ?? ({} as Run),
  })),
  brokenBackend(
    'run-status-shown-filtered-differ',
    'listRuns shows the status that it filters by, and another one without a filter',
    ['ONE-01'],
    ({ backend, memory }) => ({
      saveRunStart: async (run, options) => {
        await backend.saveRunStart(run, options)
        if (!memory.has(run.runId)) memory.set(run.runId, run.status ?? 'running')
      },
      listRuns: async ({ status, ...filter } = {}) => {
        const runs = await backend.listRuns({
          ...whole(filter),
          status: status === undefined ? undefined : [...WORKFLOW_STATUSES],
        })
        const wanted = status === undefined ? null : [status].flat()
        return slice(
          runs.filter(
            (run) => wanted === null || wanted.includes((memory.get(run.runId) ?? run.status) as Run['status']),
          ),
          filter,
        )
      },
    }),
  ),
  brokenBackend(
    'steps-unknown-throws',
    'listing the steps of an unknown run is NOT_FOUND',
    ['STP-03'],
    ({ backend }) => ({
      listRunSteps: async (runId) => {
        const steps = await backend.listRunSteps(runId)
        if (steps.length > 0 || (await backend.getRunDetails(runId)) !== null) return steps
        throw new StateBackendError('NOT_FOUND', 'listRunSteps: no such run', { runId })
      },
    }),
  ),
  brokenBackend('trace-needs-run', 'a trace of a run that nobody started is refused', ['TRC-10'], ({ backend }) => ({
    saveTrace: async (runId, ...rest) => {
      if ((await backend.getRunDetails(runId)) === null)
        throw new StateBackendError('NOT_FOUND', 'saveTrace: no such run', { runId })
      return backend.saveTrace(runId, ...rest)
    },
  })),
  brokenBackend(
    'stale-local-time',
    'updatedAt is compared with a local time that is taken for UTC',
    ['BGT-09'],
    ({ backend }) => ({
      cleanupStaleBackgroundTasks: ({ staleHours = 24 } = {}) => {
        // That of a machine in St. John's.
        const later = staleHours - 3.5
        return backend.cleanupStaleBackgroundTasks({ staleHours: staleHours < 0 ? staleHours : Math.max(0, later) })
      },
    }),
  ),
  brokenBackend('verbose-errors', 'messages show what could not be stored', ['SEC-03'], ({ backend }) =>
    Object.fromEntries(
      METHODS.map(({ name }) => {
        const method = backend[name].bind(backend) as (...args: unknown[]) => Promise<unknown>
        const call = async (...args: unknown[]) => {
          try {
            return await method(...args)
          } catch (error) {
            if (!isStateBackendError(error, 'SERIALIZATION')) throw error
            throw new StateBackendError(error.code, `${error.message} in ${textOf(args)}`, { path: error.path })
          }
        }
        return [name, call]
      }),
    ),
  ),
]

const textOf = (value: unknown) =>
  JSON.stringify(value, (_key, item) => (typeof item === 'function' ? 'a function' : (item as unknown)))
