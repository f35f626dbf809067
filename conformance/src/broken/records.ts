/** Background-task views, evaluations, system state and times that are wrong. */
import { StateBackendError, type StateQuery, type Write } from '@flujo-state/core'
import { ReferenceStore } from '../reference-store.js'
import { type BrokenBackend, brokenBackend, brokenStore } from './broken-backend.js'
import { slice, whole } from './lists.js'

const HOUR = 3_600_000

/** A store that applies something else than it was given. */
function applyingInstead(change: (write: Write) => Write) {
  return class extends ReferenceStore {
    protected override apply(write: Write) {
      super.apply(change(write))
    }
  }
}

const toSecond = (time: number) => Math.floor(time / 1_000) * 1_000

export const brokenRecords: readonly BrokenBackend[] = [
  brokenBackend('tasks-by-metadata', 'a flag in the metadata makes a background task', ['BGT-01'], ({ backend }) => ({
    listBackgroundTasks: async (filter = {}) => {
      const all = await backend.listWorkflows(whole(filter as object))
      return slice(
        all.filter(({ isBackgroundTask, metadata }) => isBackgroundTask || metadata.isBackgroundTask === true),
        filter,
      )
    },
  })),
  brokenStore(
    'null-parent-matches',
    'tasks without a parent match every parent',
    ['BGT-02'],
    class extends ReferenceStore {
      override async listStates({ parentRunId, ...query }: StateQuery) {
        const rows = await super.listStates(whole(query))
        return slice(
          rows.filter((row) => parentRunId === undefined || (row.parentRunId ?? parentRunId) === parentRunId),
          query,
        )
      }
    },
  ),
  brokenStore(
    'tasks-by-createdAt',
    'background tasks are ordered, and their windows judged, by createdAt',
    ['BGT-04', 'BGT-08'],
    class extends ReferenceStore {
      override listStates(query: StateQuery) {
        return super.listStates(query.isBackgroundTask ? { ...query, order: 'createdAt' } : query)
      }
    },
  ),

  brokenStore(
    'evaluations-upsert',
    'an evaluation replaces the one of the same run and step',
    ['EVL-02', 'EVL-03'],
    class extends ReferenceStore {
      protected override apply(write: Write) {
        if (write.kind === 'add-evaluation')
          this.tables.evaluations = this.tables.evaluations.filter(
            ({ runId, stepName }) => runId !== write.row.runId || stepName !== write.row.stepName,
          )
        super.apply(write)
      }
    },
  ),
  brokenStore(
    'evaluations-oldest-first-on-ties',
    'evaluations of the same time come in the order of saving',
    ['EVL-03', 'EVL-04'],
    class extends ReferenceStore {
      override async listEvaluations(query: Parameters<ReferenceStore['listEvaluations']>[0]) {
        const rows = [...(await super.listEvaluations(whole(query)))]
        return slice(
          rows.sort((a, b) => b.createdAt - a.createdAt || a.sequence - b.sequence),
          query,
        )
      }
    },
  ),
  brokenBackend('evaluations-unlimited', 'there is no default limit of evaluations', ['EVL-04'], ({ backend }) => ({
    listEvaluations: (filter = {}) => backend.listEvaluations({ ...filter, limit: filter.limit ?? 1_000 }),
  })),
  brokenBackend(
    'evaluations-limited-first',
    'takes the newest of all runs and filters then',
    ['EVL-05'],
    ({ backend }) => ({
      listEvaluations: async ({ runId, ...filter } = {}) =>
        (await backend.listEvaluations(filter)).filter((row) => runId === undefined || row.runId === runId),
    }),
  ),
  brokenBackend('evaluations-empty-metadata', 'missing metadata comes as {}', ['EVL-07'], ({ backend }) => ({
    listEvaluations: async (filter) =>
      (await backend.listEvaluations(filter)).map((row) => ({ ...row, metadata: row.metadata ?? {} })),
  })),
  brokenBackend('evaluations-need-runs', 'an evaluation of an unknown run is refused', ['EVL-08'], ({ backend }) => ({
    persistEvaluation: async (runId, evaluation, options) => {
      if ((await backend.getRunDetails(runId)) === null) throw new StateBackendError('NOT_FOUND', 'no such run')
      return backend.persistEvaluation(runId, evaluation, options)
    },
  })),
  brokenStore(
    'scores-float32',
    'scores are kept in single precision',
    ['EVL-06'],
    applyingInstead((write) =>
      write.kind === 'add-evaluation'
        ? { ...write, row: { ...write.row, score: Math.fround(write.row.score) } }
        : write,
    ),
  ),
  brokenStore(
    'state-takes-evaluations',
    'deleteState deletes the evaluations too',
    ['EVL-09'],
    class extends ReferenceStore {
      protected override apply(write: Write) {
        super.apply(write)
        if (write.kind === 'delete-state')
          this.tables.evaluations = this.tables.evaluations.filter(({ runId }) => runId !== write.runId)
      }
    },
  ),
  brokenBackend('evaluation-ids-repeat', 'evaluations of one run share an id', ['EVL-02', 'EVL-10'], ({ backend }) => ({
    listEvaluations: async (filter) =>
      (await backend.listEvaluations(filter)).map((row) => ({ ...row, evaluationId: '1' })),
  })),

  brokenBackend('system-bare-value', 'the value comes without its key and time', ['SYS-01'], ({ backend }) => ({
    getSystemState: async (key) => ((await backend.getSystemState(key))?.value ?? null) as never,
  })),
  brokenStore(
    'system-keeps-first-time',
    'setting a key again keeps the time of the first',
    ['SYS-03'],
    class extends ReferenceStore {
      protected override apply(write: Write) {
        const old =
          write.kind === 'put-system-state' ? this.tables.systemStates.find(({ key }) => key === write.row.key) : null
        super.apply(
          write.kind === 'put-system-state' && old
            ? { ...write, row: { ...write.row, updatedAt: old.updatedAt } }
            : write,
        )
      }
    },
  ),
  brokenBackend('system-merges', 'setting a key again merges the values', ['SYS-03'], ({ backend }) => ({
    setSystemState: async (key, value) =>
      backend.setSystemState(key, { ...(await backend.getSystemState(key))?.value, ...value }),
  })),
  brokenBackend('system-in-runs', 'system state is kept among the runs', ['SYS-04'], ({ backend }) => ({
    setSystemState: async (key, value) => {
      await backend.saveRunStart({ runId: key, metadata: value })
      return backend.setSystemState(key, value)
    },
  })),
  brokenBackend('system-takes-arrays', 'a value that is no object is wrapped into one', ['SYS-06'], ({ backend }) => ({
    setSystemState: (key, value) => backend.setSystemState(key, Array.isArray(value) ? { value } : value),
  })),

  brokenBackend('wall-clock', "steps are dated by the machine's clock", ['TIM-01'], ({ backend }) => ({
    saveStepResult: ((step: object, options: object) =>
      backend.saveStepResult({ createdAt: new Date(), ...step } as never, options as never)) as never,
  })),
  brokenStore(
    'seconds-only',
    'milliseconds are dropped',
    ['TIM-05', 'LST-04', 'LST-14'],
    applyingInstead((write) => {
      if (write.kind !== 'put-state') return write
      const { createdAt, updatedAt } = write.row
      return { ...write, row: { ...write.row, createdAt: toSecond(createdAt), updatedAt: toSecond(updatedAt) } }
    }),
  ),
  brokenBackend('times-as-text', 'lists give times as texts', ['TIM-07', 'LST-19'], ({ backend }) => ({
    listStates: async (filter) => {
      const states = await backend.listStates(filter)
      return states.map((state) => ({ ...state, updatedAt: state.updatedAt.toISOString() as unknown as Date }))
    },
  })),
  brokenBackend('text-taken-for-time', 'ISO texts are taken for times', ['TIM-04', 'LST-08'], ({ backend }) => ({
    listWorkflows: ({ createdAfter, ...filter } = {}) =>
      backend.listWorkflows({
        ...filter,
        createdAfter: typeof createdAfter === 'string' ? new Date(createdAfter) : createdAfter,
      }),
  })),
  brokenBackend('monotonic-guard', 'writes are refused when the clock steps back', ['TIM-06'], ({ backend, env }) => ({
    updateState: async (runId, patch, options) => {
      const state = await backend.loadState(runId)
      if (state && state.updatedAt > env.clock.now()) throw new StateBackendError('CONFLICT', 'the clock went back')
      return backend.updateState(runId, patch, options)
    },
  })),
  brokenBackend(
    'failed-from-the-hour',
    'windows of failures begin at a full hour of the local clock',
    ['FLD-02'],
    (world) => ({
      getFailedWorkflows: async ({ hoursBack = 24, ...filter } = {}) => {
        const from = new Date(world.env.clock.now().getTime() - hoursBack * HOUR)
        from.setMinutes(0, 0, 0)
        const now = world.env.clock.now().getTime()
        return world.backend.getFailedWorkflows({ ...filter, hoursBack: (now - from.getTime()) / HOUR })
      },
    }),
  ),
]
