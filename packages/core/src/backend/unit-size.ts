import type { Encoded } from '../records.js'
import type { Change, CommitUnit } from '../store/unit.js'

/** About how many characters a unit writes: the payloads, without the small fields. */
export function sizeOf(unit: CommitUnit): number {
  let size = 0
  for (const change of unit.changes) size += sizeOfChange(change)
  return size
}

function sizeOfChange(change: Change): number {
  switch (change.kind) {
    case 'save-state':
      return lengthOf(change.draft.pipelineContext, change.draft.lastStepOutput) + lengthOfAll(change.history)
    case 'update-state': {
      const { set, history, append } = change
      return lengthOf(set.pipelineContext, set.lastStepOutput) + lengthOfAll(history ?? []) + lengthOfAll(append ?? [])
    }
    case 'save-step':
      return lengthOf(change.row.input, change.row.output, change.row.rawResponse)
    case 'end-run':
      return lengthOf(change.set.finalContext)
    case 'save-spans':
      return change.rows.reduce((size, { attributes, events }) => size + attributes.length + events.length, 0)
    default:
      return 0
  }
}

const lengthOfAll = (texts: readonly Encoded[]) => texts.reduce((length, text) => length + text.length, 0)
const lengthOf = (...texts: (Encoded | null | undefined)[]) => lengthOfAll(texts.map((text) => text ?? ''))
