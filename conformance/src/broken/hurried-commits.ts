/** What a hurried author gets wrong when several writes share a commit, or a write takes several steps. */
import type { CommitOutcome, CommitUnit, Decide, RunHead, Write } from '@flujo-state/core'
import { ReferenceStore } from '../reference-store.js'
import { afterwards, has, writing } from './altered-store.js'
import { type BrokenBackend, brokenBackend, brokenStore } from './broken-backend.js'

/** A store that is given the writes of one turn of the event loop together. */
abstract class Grouping extends ReferenceStore {
  override readonly groupsCommits = true
  protected decideAndApply(unit: CommitUnit, head: RunHead, decide: Decide): CommitOutcome {
    const { outcome, writes } = decide(unit, head, Date.now())
    for (const write of writes) this.apply(write)
    return outcome
  }
}

/** All heads are read before the first unit is applied. */
class HeadsReadFirst extends Grouping {
  override commit(units: readonly CommitUnit[], decide: Decide) {
    const heads = units.map((unit) => this.head(unit))
    return units.map((unit, index) => this.decideAndApply(unit, heads[index] as RunHead, decide))
  }
}

/** Two units that add to the history of one run both begin at the length it had before. */
class AppendsAtKnownLength extends Grouping {
  override commit(units: readonly CommitUnit[], decide: Decide) {
    const before = new Map(this.tables.histories.map(({ runId, items }) => [runId, items.length]))
    return units.map((unit) => {
      const { outcome, writes } = decide(unit, this.head(unit), Date.now())
      for (const write of writes) {
        if (write.kind !== 'append-history') this.apply(write)
        else {
          const kept = this.history(write.runId).slice(0, before.get(write.runId) ?? 0)
          this.putHistory(write.runId, [...kept, ...write.items])
        }
      }
      return outcome
    })
  }
}

/** One unit that is refused takes the whole commit with it. */
class AllOrNothing extends Grouping {
  override async commit(units: readonly CommitUnit[], decide: Decide) {
    const before = { ...this.tables, states: [...this.tables.states], runs: [...this.tables.runs] }
    const outcomes = await super.commit(units, decide)
    const refused = outcomes.find(({ ok }) => !ok)
    if (refused === undefined || units.length === 1) return outcomes
    Object.assign(this.tables, before)
    return units.map(() => refused)
  }
}

/** Outcomes come in the order of the run ids, by which the units were sorted. */
class SortedOutcomes extends Grouping {
  override commit(units: readonly CommitUnit[], decide: Decide) {
    const sorted = [...units].sort((a, b) => ((a.runId ?? '') < (b.runId ?? '') ? -1 : 1))
    return super.commit(sorted, decide)
  }
}

/** The last unit of a run comes first. */
class LastUnitFirst extends Grouping {
  override async commit(units: readonly CommitUnit[], decide: Decide) {
    return [...(await super.commit([...units].reverse(), decide))].reverse()
  }
}

/** Of several units of one run only the last is done: the others say that they were. */
class LastUnitOnly extends Grouping {
  override commit(units: readonly CommitUnit[], decide: Decide) {
    return units.map((unit, index) => {
      const later = units.slice(index + 1).some(({ runId }) => runId !== null && runId === unit.runId)
      return later
        ? decide(unit, this.head(unit), Date.now()).outcome
        : this.decideAndApply(unit, this.head(unit), decide)
    })
  }
}

/** Every hundredth unit of a commit falls between two statements. */
class HundredthLost extends Grouping {
  override commit(units: readonly CommitUnit[], decide: Decide) {
    return units.map((unit, index) =>
      index % 100 === 99
        ? decide(unit, this.head(unit), Date.now()).outcome
        : this.decideAndApply(unit, this.head(unit), decide),
    )
  }
}

/** A unit's writes are made one by one, and others may read in between. */
class WriteByWrite extends ReferenceStore {
  override async commit(units: readonly CommitUnit[], decide: Decide) {
    const outcomes: CommitOutcome[] = []
    for (const unit of units) {
      const { outcome, writes } = decide(unit, this.head(unit), Date.now())
      for (const write of writes) {
        await new Promise((resolve) => setImmediate(resolve))
        this.apply(write)
      }
      outcomes.push(outcome)
    }
    return outcomes
  }
}

/** A snapshot is deleted and inserted, and others may read in between. */
class DeleteThenInsert extends ReferenceStore {
  override async commit(units: readonly CommitUnit[], decide: Decide) {
    const outcomes: CommitOutcome[] = []
    for (const unit of units) {
      const { outcome, writes } = decide(unit, this.head(unit), Date.now())
      for (const write of writes) {
        if (write.kind === 'put-state') {
          this.apply({ kind: 'delete-state', runId: write.row.runId })
          await null
        }
        this.apply(write)
      }
      outcomes.push(outcome)
    }
    return outcomes
  }
}

const isVersion = (write: Write) => write.kind === 'raise-counter' && write.counter === 'version'

export const hurriedCommits: readonly BrokenBackend[] = [
  brokenStore(
    'heads-read-first',
    'what a grouped commit decides by was read before its first unit',
    ['CON-15', 'CON-16', 'VER-12', 'CLM-18'],
    HeadsReadFirst,
  ),
  brokenStore(
    'appends-overwrite',
    'of two updates that share a commit the later loses the history of the earlier',
    ['CON-15'],
    AppendsAtKnownLength,
  ),
  brokenStore(
    'all-or-nothing',
    'a unit that is refused takes its neighbours with it',
    ['CON-40', 'VER-12', 'CON-16'],
    AllOrNothing,
  ),
  brokenStore(
    'outcomes-sorted',
    'outcomes of a grouped commit come in another order than its units',
    ['CON-40'],
    SortedOutcomes,
  ),
  brokenStore(
    'last-unit-first',
    'the units of a commit are done from the last to the first',
    ['CON-41'],
    LastUnitFirst,
  ),
  brokenStore('last-unit-only', 'of several units of one run only the last is done', ['CON-15'], LastUnitOnly),
  brokenStore('hundredth-unit-lost', 'every hundredth unit of a commit is lost', ['CON-01', 'CON-17'], HundredthLost),
  brokenStore('write-by-write', 'others may read between the writes of one unit', ['ATM-11'], WriteByWrite),
  brokenStore(
    'delete-then-insert',
    'a snapshot that is replaced is missing for a moment',
    ['CON-03'],
    DeleteThenInsert,
  ),
  brokenStore(
    'versions-begin-again-by-deleteState',
    'deleteState forgets the version, so that an old one fits again',
    ['VER-10'],
    class extends ReferenceStore {
      override commit(units: readonly CommitUnit[], decide: Decide) {
        return super.commit(units, (unit, head, now) => {
          const { outcome, writes } = decide(unit, head, now)
          return { outcome, writes: has(unit, 'delete-state') ? writes.filter((write) => !isVersion(write)) : writes }
        })
      }
    },
  ),
  brokenStore(
    'evicts-the-oldest',
    'no more than 64 snapshots are kept: the one saved first goes, also when it runs',
    ['CON-01'],
    afterwards((_unit, tables) => {
      if (tables.states.length > 64) tables.states = tables.states.slice(-64)
    }),
  ),
  brokenStore(
    'history-cap-100',
    'a history keeps its last 100 items',
    ['STA-32'],
    writing((write, { histories }) => {
      if (write.kind !== 'append-history') return write
      const old = histories.find(({ runId }) => runId === write.runId)?.items ?? []
      return { kind: 'replace-history', runId: write.runId, items: [...old, ...write.items].slice(-100) }
    }),
  ),
  brokenBackend('patch-null-is-omitted', 'null in an update is taken for left out', ['STA-23'], ({ backend }) => ({
    updateState: async (runId, patch, options) => {
      if (typeof patch !== 'object' || patch === null) return backend.updateState(runId, patch, options)
      const given = Object.entries(patch).filter(([, value]) => value !== null)
      return backend.updateState(runId, Object.fromEntries(given), options)
    },
  })),
]
