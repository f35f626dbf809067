import type { z } from 'zod'
import type { WorkflowStatePatch } from '../models/workflow-state.js'
import { check, reading } from './check.js'
import type { CheckedPatch } from './state-codec.js'
import { checkPatch } from './workflow-state.js'

/** Checks the options of a write that may carry a snapshot patch: the patch apart from the others, null if there is none. */
export function splitState<S extends z.ZodType>(
  schema: S,
  runId: string,
  input: { readonly state?: WorkflowStatePatch | undefined },
): { options: z.output<S>; patch: CheckedPatch | null } {
  const isObject = typeof input === 'object' && input !== null && !Array.isArray(input)
  const { state, ...others } = isObject
    ? reading(
        () => [],
        () => ({ state: undefined, ...input }),
      )
    : { state: undefined }
  const options = check(schema, isObject ? others : input)
  return { options, patch: state === undefined ? null : checkPatch(runId, state, ['state']) }
}
