/** Run records that are kept or deleted wrongly. */
import { type RunEnd, StateBackendError, WORKFLOW_STATUSES, type WriteOptions } from '@flujo-state/core'
import { afterwards, changing, has, seeing, writing } from './altered-store.js'
import { type BrokenBackend, brokenBackend, brokenStore } from './broken-backend.js'

export const brokenRuns: readonly BrokenBackend[] = [
  brokenStore(
    'restart-wipes-steps',
    'starting a run again removes its steps',
    ['RUN-03', 'STP-05'],
    afterwards((unit, tables) => {
      if (has(unit, 'start-run')) tables.steps = tables.steps.filter(({ runId }) => runId !== unit.runId)
    }),
  ),
  brokenStore(
    'restart-resets-createdAt',
    'starting a run again moves it in time',
    ['RUN-03'],
    afterwards(({ runId, changes }, { runs }) => {
      const start = changes.find(({ kind }) => kind === 'start-run')
      const index = runs.findIndex((row) => row.runId === runId)
      const row = runs[index]
      if (start?.kind === 'start-run' && row) runs[index] = { ...row, createdAt: start.set.createdAt ?? row.createdAt }
    }),
  ),
  brokenStore(
    'restart-replaces',
    'starting a run again sets what was left out to its default',
    ['RUN-18', 'ONE-08'],
    changing((change) =>
      change.kind === 'start-run' ? { ...change, set: { status: 'running', totalSteps: 0, ...change.set } } : change,
    ),
  ),
  brokenStore(
    'end-resets-omitted',
    'saveRunEnd sets what was left out to null or zero',
    ['RUN-05'],
    changing((change) =>
      change.kind === 'end-run'
        ? {
            ...change,
            set: { executionTimeMs: null, totalSteps: 0, errorMessage: null, finalContext: null, ...change.set },
          }
        : change,
    ),
  ),
  brokenStore(
    'end-keeps-nulls-away',
    'null in saveRunEnd is taken for left out',
    ['RUN-19', 'RUN-36'],
    changing((change) => {
      if (change.kind !== 'end-run') return change
      const given = Object.entries(change.set).filter(([, value]) => value !== null)
      return { ...change, set: Object.fromEntries(given) }
    }),
  ),
  brokenStore(
    'end-of-unknown-dropped',
    'saveRunEnd of a run that nobody started resolves and stores nothing',
    ['RUN-06'],
    writing((write) => (write.kind === 'put-run' && write.row.placeholder ? [] : write)),
  ),
  brokenBackend(
    'end-of-unknown-refused',
    'saveRunEnd of a run that nobody started is NOT_FOUND',
    ['RUN-06'],
    ({ backend }) => ({
      saveRunEnd: (async (...args: Parameters<typeof backend.saveRunEnd>) => {
        const [runId] = args
        if ((await backend.getRunDetails(runId)) === null)
          throw new StateBackendError('NOT_FOUND', 'saveRunEnd: no such run')
        return backend.saveRunEnd(...args)
      }) as typeof backend.saveRunEnd,
    }),
  ),
  brokenStore(
    'end-first-wins',
    'saveRunEnd only fills what was empty',
    ['RUN-07', 'RUN-20'],
    writing((write, { runs }) => {
      if (write.kind !== 'patch-run') return write
      const old = runs.find(({ runId }) => runId === write.runId)
      return { ...write, set: { ...write.set, errorMessage: old?.errorMessage ?? write.set.errorMessage ?? null } }
    }),
  ),
  brokenStore(
    'end-clears-pipeline',
    'saveRunEnd rewrites the row without the pipeline',
    ['RUN-04'],
    changing((change) =>
      change.kind === 'end-run' ? { ...change, set: { ...change.set, pipelineName: 'unknown' } } : change,
    ),
  ),
  brokenStore(
    'step-costs-added-twice',
    'a step that is saved again is counted again',
    ['RUN-35', 'RUN-41'],
    seeing(() => ({ step: null })),
  ),
  brokenBackend(
    'costs-as-floats',
    'a cost given to saveRunEnd is kept with 32 bits',
    ['RUN-21', 'RUN-34'],
    ({ backend }) => ({
      getRunDetails: async (runId) => {
        const run = await backend.getRunDetails(runId)
        return run && { ...run, totalCostUsd: Math.fround(run.totalCostUsd) }
      },
    }),
  ),
  brokenStore(
    'delete-run-prefix',
    'deleteRun takes runs whose ids begin with the id',
    ['RUN-15'],
    writing((write, { runs }) => {
      if (write.kind !== 'delete-run') return write
      return runs.flatMap(({ runId }) => (runId.startsWith(write.runId) ? { ...write, runId } : []))
    }),
  ),
  brokenStore(
    'delete-run-keeps-snapshot',
    'deleteRun leaves the snapshot',
    ['RUN-15', 'RUN-39'],
    writing((write, { states }) => {
      if (write.kind !== 'delete-run') return write
      const state = states.find(({ runId }) => runId === write.runId)
      return state ? [write, { kind: 'put-state', row: state, history: [] }] : write
    }),
  ),
  brokenBackend(
    'delete-unknown-throws',
    'deleteRun of an id that has nothing is NOT_FOUND',
    ['RUN-38'],
    ({ backend }) => ({
      deleteRun: async (runId, options) => {
        if ((await backend.getRunDetails(runId)) === null)
          throw new StateBackendError('NOT_FOUND', 'deleteRun: no such run')
        return backend.deleteRun(runId, options)
      },
    }),
  ),
  brokenBackend('runs-any-status', 'an unknown status is stored as running', ['RUN-16', 'RUN-23'], ({ backend }) => ({
    saveRunStart: (run, options) => backend.saveRunStart({ ...run, status: known(run?.status) }, options),
    saveRunEnd: ((runId: string, end: RunEnd, options?: WriteOptions) =>
      backend.saveRunEnd(runId, { ...end, status: known(end?.status) }, options)) as typeof backend.saveRunEnd,
  })),
]

const known = (status: unknown) => WORKFLOW_STATUSES.find((each) => each === status)
