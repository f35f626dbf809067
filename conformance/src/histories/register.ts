/** One run's snapshot as a register: what saves, updates, deletions and loads of it may give, one after the other. */
import type { Operation } from './history.js'
import type { Specification } from './linearizability.js'

/** `mark` says which write a snapshot comes from: no two writes of a history have the same. */
export type RegisterAction =
  | { readonly do: 'save'; readonly mark: number; readonly ifVersion?: number }
  | { readonly do: 'update'; readonly mark: number; readonly ifVersion?: number }
  | { readonly do: 'delete' }
  | { readonly do: 'load' }

/** What a write or a load gives; a load of nothing gives the mark null. */
export interface RegisterResult {
  readonly mark?: number | null
  readonly version?: number
}

export type RegisterOperation = Operation<RegisterAction, RegisterResult>

interface RegisterState {
  /** Null without a snapshot. */
  readonly mark: number | null
  /** The last version given out; null after a write of which nobody knows it. */
  readonly version: number | null
  /** Every later version is above this one. */
  readonly floor: number
}

/** All that the contract says about one snapshot. */
export const register: Specification<RegisterOperation, RegisterState> = {
  initial: { mark: null, version: 0, floor: 0 },
  step: (state, operation) => step(state, operation, true),
  keyOf: ({ mark, version, floor }) => `${mark} ${version} ${floor}`,
  matters: (operation, others) =>
    isSeen(operation, others) || (wasWritten(operation) && others.some(dependsOnWhatIsThere)),
}

/**
 * Less than that: an update needs no snapshot, and every refusal is taken as it comes. What is impossible even so needs fewer
 * calls to show it.
 */
export const looseRegister: Specification<RegisterOperation, RegisterState> = {
  ...register,
  step: (state, operation) => step(state, operation, false),
  matters: isSeen,
}

function step(state: RegisterState, operation: RegisterOperation, isStrict: boolean): RegisterState | null {
  const { action, outcome } = operation
  if (outcome === 'fail') return isStrict ? refused(state, operation) : state
  if (action.do === 'load') return loaded(state, operation)
  if (action.do === 'delete') return { ...state, mark: null }
  if (action.do === 'update' && state.mark === null && isStrict) return null
  return written(state, operation)
}

function loaded(state: RegisterState, { outcome, result }: RegisterOperation): RegisterState | null {
  if (outcome === 'unknown') return state
  const { mark = null, version = 0 } = result ?? {}
  if (mark !== state.mark) return null
  if (mark === null) return state
  return learn(state, version)
}

/** The state, if its version can be this one. */
function learn(state: RegisterState, version: number): RegisterState | null {
  if (state.version !== null) return state.version === version ? state : null
  return version > state.floor ? { ...state, version, floor: version } : null
}

function written(state: RegisterState, { action, outcome, result }: RegisterOperation): RegisterState | null {
  if (action.do !== 'save' && action.do !== 'update') return null
  if (action.ifVersion !== undefined && !canBe(state, action.ifVersion)) return null
  const floor = Math.max(state.floor, action.ifVersion ?? 0)
  if (outcome === 'unknown') return { mark: action.mark, version: null, floor }
  const version = result?.version ?? 0
  return version > floor ? { mark: action.mark, version, floor: version } : null
}

function refused(state: RegisterState, { action, code }: RegisterOperation): RegisterState | null {
  if (code === 'NOT_FOUND') return action.do === 'update' && state.mark === null ? state : null
  if (code !== 'CONFLICT') return state
  if (action.do !== 'save' && action.do !== 'update') return null
  // NOT_FOUND comes before CONFLICT.
  if (action.do === 'update' && state.mark === null) return null
  const mustMatch = state.mark === null || state.version !== null
  return mustMatch && canBe(state, action.ifVersion ?? Number.NaN) ? null : state
}

/** Whether the snapshot's version can be this one; 0 is none at all. */
function canBe({ mark, version, floor }: RegisterState, expected: number): boolean {
  if (mark === null) return expected === 0
  return version === null ? expected > floor : expected === version
}

const wasWritten = ({ action, outcome }: RegisterOperation) => action.do !== 'load' && outcome !== 'fail'
const seesNothing = ({ action, outcome, result }: RegisterOperation) =>
  (action.do === 'load' && outcome === 'ok' && (result?.mark ?? null) === null) ||
  ('ifVersion' in action && action.ifVersion === 0)

/** Whether another call has seen what this one did: its value, its version, or that nothing was left. */
function isSeen(operation: RegisterOperation, others: readonly RegisterOperation[]): boolean {
  const { action, result } = operation
  if (!wasWritten(operation) || action.do === 'load') return false
  if (action.do === 'delete') return others.some(seesNothing)
  return others.some(
    (other) =>
      other.result?.mark === action.mark || ('ifVersion' in other.action && other.action.ifVersion === result?.version),
  )
}

/** Updates need a snapshot; refusals need one, or none, or another version than the one that was expected. */
const dependsOnWhatIsThere = ({ action, outcome }: RegisterOperation) => action.do === 'update' || outcome === 'fail'
