/** Stores that write only what is new, and take for unchanged what is not. */
import type { Encoded, StateRow, Write } from '@flujo-state/core'
import { ReferenceStore, type Tables } from '../reference-store.js'
import { writing } from './altered-store.js'
import { type BrokenBackend, brokenStore } from './broken-backend.js'

const LARGE = 64 * 1024

/** A store that keeps a large payload that looks like the one it has. */
const keepingIf = (isSame: (old: Encoded, given: Encoded) => boolean) =>
  writing((write, { states }) => {
    if (write.kind !== 'put-state') return write
    const old = states.find(({ runId }) => runId === write.row.runId)
    const kept = (given: Encoded, stored: Encoded | undefined) =>
      stored !== undefined && given.length > LARGE && isSame(stored, given) ? stored : given
    const { pipelineContext, lastStepOutput } = write.row
    return {
      ...write,
      row: {
        ...write.row,
        pipelineContext: kept(pipelineContext, old?.pipelineContext),
        lastStepOutput: kept(lastStepOutput, old?.lastStepOutput),
      },
    }
  })

/** Large values are kept once for all runs, and go with the first run that does not need them any more. */
class SharedLargeValues extends ReferenceStore {
  protected override apply(write: Write): void {
    const before = this.tables.states
    super.apply(write)
    if (write.kind !== 'delete-state') return
    const gone = before.find(({ runId }) => runId === write.runId)
    const lose = (row: StateRow) =>
      gone !== undefined && row.pipelineContext.length > LARGE && row.pipelineContext === gone.pipelineContext
        ? { ...row, pipelineContext: '{}' }
        : row
    this.tables.states = this.tables.states.map(lose)
  }
}

/** A history of which only what comes behind a beginning is written. */
const writingBehind = (same: (stored: readonly Encoded[], given: readonly Encoded[]) => number) =>
  class extends ReferenceStore {
    protected override putHistory(runId: string, given: readonly Encoded[]): void {
      const stored = this.history(runId)
      const kept = same(stored, given)
      super.putHistory(runId, [...stored.slice(0, kept), ...given.slice(kept)])
    }
  }

/** Each instance remembers the history that it saved last, and writes what comes behind that. */
class RememberedHistories extends ReferenceStore {
  readonly #saved = new Map<string, readonly Encoded[]>()

  protected override apply(write: Write): void {
    super.apply(
      write.kind === 'put-state' ? { ...write, history: this.#addedTo(write.row.runId, write.history) } : write,
    )
  }

  #addedTo(runId: string, history: readonly Encoded[]): readonly Encoded[] {
    const known = this.#saved.get(runId) ?? []
    this.#saved.set(runId, history)
    const isLonger = known.every((item, n) => item === history[n])
    return isLonger ? [...this.history(runId).slice(0, known.length), ...history.slice(known.length)] : history
  }
}

export const brokenUnchanged: readonly BrokenBackend[] = [
  brokenStore(
    'large-payloads-compared-by-size',
    'a large payload as long as the one before is taken for the same',
    ['STA-34[one character at its beginning]', 'STA-34[one character at its end]'],
    keepingIf((old, given) => old.length === given.length),
  ),
  brokenStore(
    'large-payloads-compared-by-their-beginning',
    'a large payload that begins like the one before is taken for the same',
    ['STA-34[more at its end]'],
    keepingIf((old, given) => old.slice(0, LARGE) === given.slice(0, LARGE)),
  ),
  brokenStore(
    'large-payloads-shared-by-runs',
    'a large payload goes with the first of the runs that have it',
    ['STA-35'],
    SharedLargeValues,
  ),
  brokenStore(
    'histories-compared-by-length',
    'of a history only the items behind the length it had are written',
    ['STA-36[another first item]', 'STA-36[another order]'],
    writingBehind((stored, given) => Math.min(stored.length, given.length)),
  ),
  brokenStore(
    'histories-compared-by-their-first-item',
    'a history that begins like the one before is taken for a longer one',
    ['STA-36[another item in the middle]', 'STA-36[an item in between]'],
    writingBehind((stored, given) => (stored[0] === given[0] ? Math.min(stored.length, given.length) : 0)),
  ),
  brokenStore(
    'histories-remembered',
    'an instance adds to the history that it saved last itself, whoever has written since',
    ['CON-53'],
    RememberedHistories as new (
      tables: Tables,
    ) => ReferenceStore,
  ),
]
