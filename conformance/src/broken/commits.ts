/** Commits that are not one, and errors in the wrong order. */
import type {
  CommitUnit,
  RunEnd,
  StateBackend,
  StepInput,
  WithState,
  WorkflowStatePatch,
  WriteOptions,
} from '@flujo-state/core'
import { ticks } from '../fixtures/workflows.js'
import { doing, has } from './altered-store.js'
import { type BrokenBackend, brokenBackend, brokenStore } from './broken-backend.js'

/** The conditions of these kinds, in this order, before the others. */
const first =
  (...kinds: readonly string[]) =>
  (unit: CommitUnit): CommitUnit => {
    const rank = (kind: string) => (kinds.indexOf(kind) + kinds.length + 1) % (kinds.length + 1)
    return { ...unit, conditions: [...unit.conditions].sort((a, b) => rank(a.kind) - rank(b.kind)) }
  }

type StepOptions = { readonly state?: WorkflowStatePatch }
type SaveStep = StateBackend['saveStepResult']

export const brokenCommits: readonly BrokenBackend[] = [
  brokenBackend(
    'step-then-state',
    'writes the step, then the snapshot',
    ['ATM-02', 'ATM-04', 'ATM-11', 'ATM-03'],
    ({ backend }) => ({
      saveStepResult: (async (step: StepInput, { state, ...options }: StepOptions = {}) => {
        await backend.saveStepResult(step, state ? {} : options)
        await ticks(5)
        return state && backend.updateState(step.runId, state, options)
      }) as SaveStep,
    }),
  ),
  brokenBackend(
    'state-then-step',
    'writes the snapshot, then the step',
    ['ATM-05', 'ATM-11', 'ATM-06'],
    ({ backend }) => ({
      saveStepResult: (async (step: StepInput, { state, ...options }: StepOptions = {}) => {
        const written = state && (await backend.updateState(step.runId, state, options))
        await ticks(5)
        await backend.saveStepResult(step, state ? {} : options)
        return written
      }) as SaveStep,
    }),
  ),
  brokenStore(
    'state-made-up',
    'with state, a run without a snapshot is passed over',
    ['ATM-02', 'ERR-04'],
    doing((unit) => {
      const needed = unit.conditions.some(({ kind }) => kind === 'state-exists')
      if (!needed || !has(unit, 'save-step', 'end-run')) return unit
      return {
        ...unit,
        conditions: unit.conditions.filter(({ kind }) => kind !== 'state-exists' && kind !== 'version'),
        changes: unit.changes.filter(({ kind }) => kind !== 'update-state'),
      }
    }),
  ),
  brokenBackend(
    'end-status-overruled',
    "a status in saveRunEnd's state overrules the end's",
    ['ATM-10'],
    ({ backend }) => ({
      saveRunEnd: ((runId: string, end: RunEnd, options?: WriteOptions & WithState) => {
        const status = options?.state?.status ?? end?.status
        return options ? backend.saveRunEnd(runId, { ...end, status }, options) : backend.saveRunEnd(runId, end)
      }) as StateBackend['saveRunEnd'],
    }),
  ),
  brokenStore(
    'conflict-before-stale',
    'CONFLICT comes before STALE_LEASE',
    ['ERR-05'],
    doing(first('version', 'fence')),
  ),
  brokenStore(
    'conflict-before-not-found',
    'CONFLICT comes before NOT_FOUND',
    ['ERR-06'],
    doing(first('version', 'state-exists')),
  ),
  brokenStore(
    'not-found-before-stale',
    'NOT_FOUND comes before STALE_LEASE',
    ['ERR-04', 'ERR-07'],
    doing(first('state-exists', 'fence')),
  ),
]
