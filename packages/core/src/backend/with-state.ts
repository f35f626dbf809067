import type { CheckedPatch } from './state-codec.js'
import { checkPatch } from './workflow-state.js'

/** Checks the patch that the options of a write may carry; null if there is none. */
export function patchOf(runId: string, { state }: { readonly state?: unknown }): CheckedPatch | null {
  return state === undefined ? null : checkPatch(runId, state, () => ['state'])
}
