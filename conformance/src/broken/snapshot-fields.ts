/** Fields of snapshots that are changed on the way, or taken when they should be refused. */
import {
  type StateBackend,
  type StatePatchRow,
  WORKFLOW_STATUSES,
  type WorkflowStateInput,
  type Write,
} from '@flujo-state/core'
import { writing } from './altered-store.js'
import { type BrokenBackend, brokenBackend, brokenStore } from './broken-backend.js'

/** The rows of snapshots as they are written, whole or in part, are changed. */
const rows = (change: (row: StatePatchRow) => StatePatchRow) =>
  writing((write): Write => {
    if (write.kind === 'put-state') return { ...write, row: { ...write.row, ...change(write.row) } }
    return write.kind === 'patch-state' ? { ...write, set: { ...write.set, ...change(write.set) } } : write
  })
/** A save that goes through `change` first. */
const saving =
  (change: (state: WorkflowStateInput) => WorkflowStateInput) =>
  ({ backend }: { backend: StateBackend }): Partial<StateBackend> => ({
    saveState: async (runId, state, options) => backend.saveState(runId, change(state), options),
  })

/** What a missing field becomes where it should be refused. */
export const DEFAULTS = {
  pipelineId: 'unknown',
  pipelineName: 'unknown',
  pipelineVersion: 'latest',
  currentStepIndex: 0,
  pipelineContext: {},
  status: 'running',
} as const

export const brokenFields: readonly BrokenBackend[] = [
  brokenBackend(
    'any-status',
    'a status that is none becomes running',
    ['STA-11', 'BAD-01[saveState]'],
    saving((state) => ({ ...state, status: WORKFLOW_STATUSES.includes(state.status) ? state.status : 'running' })),
  ),
  brokenBackend(
    'missing-field-defaulted',
    'a required field that is missing is made up',
    ['STA-12', 'BAD-01[saveState]', 'BAD-02[saveState]'],
    saving((state) => ({ ...DEFAULTS, ...state })),
  ),
  brokenBackend(
    'iso-texts-taken',
    'a time may be a text',
    ['STA-13', 'BAD-01[saveState]'],
    saving((state) =>
      typeof state.createdAt === 'string' ? { ...state, createdAt: new Date(state.createdAt) } : state,
    ),
  ),
  brokenBackend(
    'numbers-coerced',
    'a text of digits is taken for a number',
    ['STA-17', 'BAD-01[saveState]'],
    saving((state) =>
      typeof state.currentStepIndex === 'string'
        ? { ...state, currentStepIndex: Number(state.currentStepIndex) }
        : state,
    ),
  ),
  brokenBackend(
    'unknown-fields-dropped',
    'unknown fields are left out in silence',
    ['STA-22', 'BAD-01[saveState]'],
    saving((state) => {
      const { bogus: _a, extra: _b, ...known } = state as WorkflowStateInput & { bogus?: unknown; extra?: unknown }
      return known
    }),
  ),
  brokenStore(
    'index-int32',
    'step indexes keep 32 bits',
    ['STA-17'],
    rows(({ currentStepIndex }) => (currentStepIndex === undefined ? {} : { currentStepIndex: currentStepIndex | 0 })),
  ),
  brokenStore(
    'measures-rounded',
    'measured numbers are rounded',
    ['STA-01', 'STA-20'],
    rows(({ executionTimeMs }) => (executionTimeMs == null ? {} : { executionTimeMs: Math.round(executionTimeMs) })),
  ),
  brokenStore(
    'zero-measure-is-null',
    'a measured 0 is stored as null',
    ['STA-20', 'STA-23'],
    rows(({ executionTimeMs }) => (executionTimeMs === 0 ? { executionTimeMs: null } : {})),
  ),
  brokenStore(
    'message-cut-255',
    'messages are cut at 255 units',
    ['STA-21'],
    rows(({ errorMessage }) => (errorMessage == null ? {} : { errorMessage: errorMessage.slice(0, 255) })),
  ),
  brokenStore(
    'empty-message-is-null',
    'an empty message is stored as null',
    ['STA-21', 'STA-23'],
    rows(({ errorMessage }) => (errorMessage === '' ? { errorMessage: null } : {})),
  ),
  brokenBackend(
    'message-cut-at-NUL',
    'messages end at NUL',
    ['STA-21'],
    saving((state) =>
      typeof state.errorMessage === 'string'
        ? { ...state, errorMessage: state.errorMessage.split('\u0000')[0] }
        : state,
    ),
  ),
  brokenBackend(
    'message-to-well-formed',
    'lone surrogates in messages become U+FFFD',
    ['STA-21'],
    saving((state) =>
      typeof state.errorMessage === 'string' ? { ...state, errorMessage: state.errorMessage.toWellFormed() } : state,
    ),
  ),
]
