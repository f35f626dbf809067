/** Evaluations, system state and times that are wrong. */
import { isStateBackendError, StateBackendError, TERMINAL_STATUSES, type Write } from '@flujo-state/core'
import { ReferenceStore } from '../reference-store.js'
import { writing } from './altered-store.js'
import { type BrokenBackend, brokenBackend, brokenStore } from './broken-backend.js'
import { slice, whole } from './lists.js'

const HOUR = 3_600_000

const toSecond = (time: number) => Math.floor(time / 1_000) * 1_000

export const brokenRecords: readonly BrokenBackend[] = [
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
    writing((write) =>
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

  brokenBackend('evaluations-drop-step', 'the step of an evaluation is forgotten', ['EVL-01'], ({ backend }) => ({
    listEvaluations: async (filter) =>
      (await backend.listEvaluations(filter)).map((row) => ({ ...row, stepName: null })),
  })),
  brokenBackend('any-cursor', 'a cursor that does not fit ends the list', ['CUR-07'], ({ backend }) => ({
    listEvaluations: async (filter) => {
      try {
        return await backend.listEvaluations(filter)
      } catch (error) {
        if (isStateBackendError(error, 'VALIDATION') && error.path === '$.after') return []
        throw error
      }
    },
  })),
  brokenBackend('metadata-wrapped', 'metadata that is no object is wrapped into one', ['EVL-12'], ({ backend }) => ({
    persistEvaluation: (runId, evaluation, options) => {
      const { metadata } = evaluation
      const wrapped = Array.isArray(metadata) ? { ...evaluation, metadata: { metadata } } : evaluation
      return backend.persistEvaluation(runId, wrapped, options)
    },
  })),
  brokenBackend('feedback-truncated', 'feedback is cut at 65,535 characters', ['EVL-13'], ({ backend }) => ({
    persistEvaluation: (runId, evaluation, options) => {
      const feedback = evaluation.feedback?.slice(0, 65_535)
      return backend.persistEvaluation(runId, { ...evaluation, feedback }, options)
    },
  })),
  brokenBackend('evaluations-touch-state', 'an evaluation is a write of the snapshot', ['EVL-14'], ({ backend }) => ({
    persistEvaluation: async (runId, evaluation, options) => {
      await backend.persistEvaluation(runId, evaluation, options)
      if ((await backend.loadState(runId)) !== null) await backend.updateState(runId, {})
    },
  })),
  brokenBackend('evaluation-filters-dropped', 'unknown filters are passed over', ['EVL-15'], ({ backend }) => ({
    listEvaluations: ({ runId, limit, offset, after } = {}) => backend.listEvaluations({ runId, limit, offset, after }),
  })),

  brokenBackend('system-unknown-empty', 'an unknown key has an empty value', ['SYS-02'], ({ backend, env }) => ({
    getSystemState: async (key) =>
      (await backend.getSystemState(key)) ?? { key, value: {}, updatedAt: env.clock.now() },
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
    writing((write) => {
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

  brokenBackend('compact-drops-ended', 'compact takes ended runs for waste', ['CMP-01'], ({ backend }) => ({
    compact: async () => {
      for (const { runId } of await backend.listRuns({ status: [...TERMINAL_STATUSES] }))
        await backend.deleteRun(runId, { force: true })
    },
  })),
  brokenBackend('compact-cuts-off', 'compact cuts the other instances off', ['CMP-02'], ({ backend, memory }) => ({
    compact: async () => void memory.set('compacted', backend),
    updateState: async (...args) => {
      if ((memory.get('compacted') ?? backend) !== backend) throw new StateBackendError('IO', 'the file is gone')
      return backend.updateState(...args)
    },
  })),
]
