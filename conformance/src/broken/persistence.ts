import { referenceHarness } from '../reference.js'
import { ReferenceStore, Tables } from '../reference-store.js'
import { type BrokenBackend, brokenBackend, brokenStore } from './broken-backend.js'

/** Something goes wrong with the storage between two instances. */
function brokenReopening(
  name: string,
  wrong: string,
  breaks: readonly string[],
  damage: (tables: Tables) => void,
): BrokenBackend {
  const known = new WeakSet<Tables>()
  const harness = referenceHarness(name, (tables) => {
    if (known.has(tables)) damage(tables)
    known.add(tables)
    return new ReferenceStore(tables)
  })
  return { name, wrong, breaks, harness }
}
/** What was deleted from each storage. */
const deleted = new WeakMap<Tables, Tables['runs']>()

export const brokenPersistence: readonly BrokenBackend[] = [
  brokenReopening('memory-only', 'nothing is there after reopening', ['DUR-01', 'DUR-02'], (tables) =>
    Object.assign(tables, new Tables()),
  ),
  brokenReopening('forgets-evaluations', 'evaluations are gone after reopening', ['DUR-01', 'DUR-02'], (tables) => {
    tables.evaluations = []
  }),
  brokenReopening(
    'counters-start-again',
    'versions and fences begin again after reopening',
    ['DUR-13', 'MDL-02'],
    (tables) => {
      tables.counters = { version: 0, fence: 0, evaluation: tables.counters.evaluation }
    },
  ),
  brokenReopening('leases-forgotten', 'claims end with the instance', ['DUR-01', 'DUR-14'], (tables) => {
    tables.leases = []
  }),
  brokenReopening('history-checkpointed-short', 'reopening keeps ten items of a history', ['DUR-15'], (tables) => {
    tables.histories = tables.histories.map(({ runId, items }) => ({ runId, items: items.slice(0, 10) }))
  }),
  brokenReopening(
    'last-state-torn',
    'reopening loses the snapshot that was written last',
    ['DUR-01', 'DUR-02', 'ATM-12'],
    (tables) => Object.assign(tables, { states: tables.states.slice(0, -1) }),
  ),
  brokenBackend('ack-before-write', 'a save resolves before it is made', ['CON-04', 'SHD-03'], ({ backend }) => ({
    saveState: async (...args) => {
      setImmediate(() => void backend.saveState(...args).catch(() => {}))
      return { version: 1 }
    },
  })),
  brokenStore(
    'deletes-not-persisted',
    'a deleted run returns with the next instance',
    ['DUR-12', 'MDL-02'],
    class extends ReferenceStore {
      protected override deleteRun(runId: string) {
        const gone = this.tables.runs.filter((run) => run.runId === runId)
        deleted.set(this.tables, [...(deleted.get(this.tables) ?? []), ...gone])
        super.deleteRun(runId)
      }
      override open() {
        const missing = (deleted.get(this.tables) ?? []).filter(
          ({ runId }) => !this.tables.runs.some((run) => run.runId === runId),
        )
        this.tables.runs.push(...missing)
      }
    },
  ),
]
