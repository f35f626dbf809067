/**
 * Everything of one run in memory, for stores that keep whole runs (maps, files, documents): rows as they are, changed only
 * through `applyWrite`, which works in place.
 */
import type { Encoded, EvaluationRow, LeaseRow, RunRow, SpanRow, StateRow, StepRow } from '../records.js'
import type { Counters, RunHead, Write } from '../state-store.js'

export interface RunImage {
  state: StateRow | null
  history: Encoded[]
  run: RunRow | null
  /** In the order of first saving. */
  steps: Map<string, StepRow>
  spans: Map<string, SpanRow>
  evaluations: EvaluationRow[]
  lease: LeaseRow | null
}

export function emptyImage(): RunImage {
  return { state: null, history: [], run: null, steps: new Map(), spans: new Map(), evaluations: [], lease: null }
}

/** Whether nothing is stored under the run's id. */
export function isEmptyImage(image: RunImage): boolean {
  return image.state === null && image.run === null && image.lease === null
}

/** The head of a run for `decide`; `stepId` is `stepOf(unit)`. */
export function headOf(image: RunImage | undefined, stepId: string | null, counters: Counters): RunHead {
  if (image === undefined) return { state: null, historyLength: 0, run: null, lease: null, step: null, counters }
  const step = (stepId !== null && image.steps.get(stepId)) || null
  return { state: image.state, historyLength: image.history.length, run: image.run, lease: image.lease, step, counters }
}

/** The run's steps by `stepIndex`, then in the order of first saving. */
export function stepsInOrder(image: RunImage): StepRow[] {
  return [...image.steps.values()].sort((a, b) => a.stepIndex - b.stepIndex)
}

/** Applies a write of this run to its image, in place. Store-wide writes (system state, counters) change nothing here. */
export function applyWrite(image: RunImage, write: Write): void {
  switch (write.kind) {
    case 'put-state':
      image.state = write.row
      image.history = [...write.history]
      return
    case 'patch-state':
      if (image.state) image.state = { ...image.state, ...write.set }
      return
    case 'replace-history':
      image.history = [...write.items]
      return
    case 'append-history':
      // Not by spreading: as arguments, a hundred thousand items overflow the stack.
      for (const item of write.items) image.history.push(item)
      return
    case 'delete-state':
      image.state = null
      image.history = []
      return
    case 'put-run':
      image.run = write.row
      return
    case 'patch-run':
      if (image.run) image.run = { ...image.run, ...write.set }
      return
    case 'put-step':
      image.steps.set(write.row.executionId, write.row)
      return
    case 'put-spans':
      for (const row of write.rows) image.spans.set(row.spanId, row)
      return
    case 'delete-spans':
      image.spans.clear()
      return
    case 'add-evaluation':
      image.evaluations.push(write.row)
      return
    case 'put-lease':
      image.lease = write.row
      return
    case 'delete-lease':
      image.lease = null
      return
    case 'delete-run':
      Object.assign(image, emptyImage())
      return
    case 'put-system-state':
    case 'raise-counter':
      return
  }
}
