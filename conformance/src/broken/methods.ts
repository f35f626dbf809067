/** What concerns every method: promises, errors, null, empty lists, what reads leave behind. */
import { isStateBackendError, type StateBackend, StateBackendError } from '@flujo-state/core'
import { METHODS } from '../fixtures/methods.js'
import { referenceHarness } from '../reference.js'
import { ReferenceStore, Tables } from '../reference-store.js'
import { type BrokenBackend, brokenBackend, brokenStore } from './broken-backend.js'

type AnyMethod = (...args: readonly never[]) => Promise<unknown>

/** Every method goes through `around`. */
function everyMethod(around: (call: () => Promise<unknown>, name: string, first: unknown) => Promise<unknown>) {
  return ({ backend }: { backend: StateBackend }): Partial<StateBackend> =>
    Object.fromEntries(
      METHODS.map(({ name }) => {
        const method = backend[name].bind(backend) as AnyMethod
        return [name, (...args: readonly never[]) => around(() => method(...args), name, args[0])]
      }),
    )
}

/** The errors of these methods (or all) are changed. */
const withError = (names: readonly string[] | null, change: (error: unknown, name: string) => unknown) =>
  everyMethod(async (call, name) => {
    try {
      return await call()
    } catch (error) {
      throw names === null || names.includes(name) ? change(error, name) : error
    }
  })

const oneForAll = new Tables()

export const brokenMethods: readonly BrokenBackend[] = [
  brokenBackend(
    'sync-throw-on-bad-id',
    'a bad id is thrown, not rejected',
    ['GEN-01', 'IDS-08'],
    everyMethod((call, name, first) => {
      if (first === '' || typeof first === 'number') throw new StateBackendError('VALIDATION', `${name}: a bad id`)
      return call()
    }),
  ),
  brokenBackend(
    'plain-errors',
    'errors of saveState have no code',
    ['GEN-02', 'STA-12'],
    withError(['saveState'], (error) => new Error(String(error))),
  ),
  brokenBackend(
    'rejects-with-texts',
    'what saveSpans rejects with is a text',
    ['GEN-02'],
    withError(['saveSpans'], String),
  ),
  brokenBackend(
    'nameless-errors',
    'messages do not name the method',
    ['GEN-02'],
    withError(null, (error, name) => {
      if (!isStateBackendError(error)) return error
      return new StateBackendError(error.code, error.message.replaceAll(name, 'it'), {
        path: error.path,
        lease: error.lease,
      })
    }),
  ),
  brokenBackend(
    'pathless-errors',
    'errors of steps do not say where',
    ['BAD-01[saveStepResult]', 'VAL-17'],
    withError(['saveStepResult', 'listRunSteps'], (error) => {
      if (!isStateBackendError(error)) return error
      return new StateBackendError(error.code, error.message, { lease: error.lease })
    }),
  ),
  brokenBackend(
    'undefined-for-missing',
    'a snapshot that is not there is undefined',
    ['GEN-04', 'STA-02'],
    everyMethod((call, name) => (name === 'loadState' ? call().then((state) => state ?? undefined) : call())),
  ),
  brokenBackend(
    'null-for-empty-list',
    'an empty list of background tasks is null',
    ['GEN-05[listBackgroundTasks]'],
    everyMethod(async (call, name) => {
      const result = await call()
      return name.endsWith('BackgroundTasks') && Array.isArray(result) && result.length === 0 ? null : result
    }),
  ),
  brokenBackend(
    'null-for-nothing',
    'writes resolve to null',
    ['GEN-10'],
    everyMethod(async (call) => (await call()) ?? null),
  ),
  brokenBackend('read-touches', 'loading a snapshot refreshes its updatedAt', ['GEN-06'], ({ backend }) => ({
    loadState: async (runId) => {
      const state = await backend.loadState(runId)
      if (state) await backend.updateState(runId, {})
      return state
    },
  })),
  brokenBackend('steps-listed-once', 'listing the steps of a run removes them', ['GEN-06'], ({ backend, memory }) => ({
    listRunSteps: async (runId) => {
      const steps = memory.has(runId) ? [] : await backend.listRunSteps(runId)
      memory.set(runId, true)
      return steps
    },
  })),
  {
    ...brokenStore('module-level-store', 'all backends share one storage', ['GEN-07'], ReferenceStore),
    harness: {
      ...referenceHarness('module-level-store', () => new ReferenceStore(oneForAll)),
      destroy: () => void Object.assign(oneForAll, new Tables()),
    },
  },
  brokenBackend('races-its-opening', 'calls beside the first one fail', ['GEN-09', 'CON-01'], (wrapped) => {
    let state: 'closed' | 'opening' | 'open' = 'closed'
    return everyMethod(async (call, name) => {
      if (state === 'opening') throw new StateBackendError('IO', `${name}: not open yet`)
      if (state === 'closed') {
        state = 'opening'
        await wrapped.backend.open()
        state = 'open'
      }
      return call()
    })(wrapped)
  }),
  brokenBackend(
    'options-checked-late',
    'a step is written before its options are checked',
    ['BAD-01[saveStepResult]'],
    ({ backend }) => ({
      saveStepResult: (async (step, options) => {
        if (options !== undefined) await backend.saveStepResult(step).catch(() => {})
        return backend.saveStepResult(step, options)
      }) as StateBackend['saveStepResult'],
    }),
  ),
  brokenBackend(
    'first-of-a-batch',
    'spans before a bad one are written',
    ['BAD-01[saveSpans]', 'SPN-08', 'SPN-17'],
    ({ backend }) => ({
      saveSpans: async (runId, spans, options) => {
        if (Array.isArray(spans)) for (const span of spans) await backend.saveSpans(runId, [span], options)
        else await backend.saveSpans(runId, spans, options)
      },
    }),
  ),
  brokenBackend(
    'limits-clamped',
    'a bad limit is mended in silence',
    ['PAG-06', 'BAD-01[listRuns]'],
    ({ backend }) => ({
      listRuns: async (filter) =>
        backend.listRuns(
          filter && typeof filter.limit === 'number'
            ? { ...filter, limit: Math.max(0, Math.floor(filter.limit || 0)) }
            : filter,
        ),
    }),
  ),
]
