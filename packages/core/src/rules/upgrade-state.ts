import { StateBackendError } from '../errors.js'
import type { WorkflowState } from '../models/workflow-state.js'

/** One link: how a snapshot of pipeline version `from` becomes one of version `to`. Pure; may change its argument. */
export interface StateUpgrade {
  readonly from: string
  readonly to: string
  up(state: WorkflowState): WorkflowState
}
/** The links of each pipeline id, in any order. */
export type StateUpgrades = { readonly [pipelineId: string]: readonly StateUpgrade[] }

/**
 * The snapshot, brought along the chain of its pipeline's links to the version where the chain ends.
 * @throws `DESERIALIZATION` (naming the versions) if a link is missing, the links go round, or `up` throws
 */
export function upgradeState(state: WorkflowState, upgrades: StateUpgrades | undefined): WorkflowState {
  if (upgrades === undefined || !Object.hasOwn(upgrades, state.pipelineId)) return state
  const links = upgrades[state.pipelineId] ?? []
  const seen = new Set<string>()
  let current = state
  for (;;) {
    const version = current.pipelineVersion
    const link = links.find(({ from }) => from === version)
    if (link === undefined) return checkEnd(current, state.pipelineVersion, links)
    if (seen.has(version)) throw failure(state, `the links of upgradeState go round at version '${version}'`)
    seen.add(version)
    current = applyLink(current, link)
  }
}

function applyLink(state: WorkflowState, link: StateUpgrade): WorkflowState {
  const { runId, version } = state
  const what = `upgradeState from version '${link.from}' to '${link.to}'`
  let upgraded: WorkflowState
  try {
    upgraded = link.up(state)
  } catch (cause) {
    throw failure(state, `${what} failed`, cause)
  }
  // A link that forgets to return, or returns a promise, would leave next to nothing of the snapshot.
  if (typeof upgraded?.pipelineContext !== 'object') throw failure(state, `${what} did not return a snapshot`)
  return { ...upgraded, runId, version, pipelineVersion: link.to }
}

// Where the chain may end: at a version that links lead to but none leads away from. Any other one is a missing link.
function checkEnd(state: WorkflowState, first: string, links: readonly StateUpgrade[]): WorkflowState {
  const ends = links.map(({ to }) => to).filter((to) => !links.some(({ from }) => from === to))
  if (links.length === 0 || ends.includes(state.pipelineVersion)) return state
  const known = ends.map((end) => `'${end}'`).join(', ')
  throw failure(
    state,
    `no upgrade of pipeline '${state.pipelineId}' leads from version '${state.pipelineVersion}' (stored: '${first}') to ${known}; add the missing link to upgradeState`,
  )
}

function failure(state: WorkflowState, message: string, cause?: unknown): StateBackendError {
  const details = { runId: state.runId, path: '$.pipelineVersion' }
  return new StateBackendError('DESERIALIZATION', message, cause === undefined ? details : { ...details, cause })
}
