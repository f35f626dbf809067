/** Ways to make a store wrong in one place: in what it is asked, in what it sees, or in what it writes. */
import type { Change, CommitOutcome, CommitUnit, Condition, Decide, RunHead, Write } from '@flujo-state/core'
import { ReferenceStore, type Tables } from '../reference-store.js'

/** A class of stores: named, so that the compiler need not describe each one. */
export type Store = new (tables: Tables) => ReferenceStore

/** A store that does another piece of work than it was asked for. */
export function doing(change: (unit: CommitUnit) => CommitUnit): Store {
  return class extends ReferenceStore {
    override commit(units: readonly CommitUnit[], decide: Decide) {
      return super.commit(units.map(change), decide)
    }
  }
}

/** A store that does another change than it was asked for, or none. */
export function changing(change: (change: Change) => Change | null): Store {
  return doing((unit) => ({ ...unit, changes: unit.changes.flatMap((each) => change(each) ?? []) }))
}

/** A store that passes over some conditions. */
export function unlessCondition(passedOver: (condition: Condition, unit: CommitUnit) => boolean): Store {
  return doing((unit) => ({ ...unit, conditions: unit.conditions.filter((each) => !passedOver(each, unit)) }))
}

/** A store that takes a run for another than it is when it decides about it. */
export function seeing(change: (head: RunHead, unit: CommitUnit, tables: Tables) => Partial<RunHead>): Store {
  return class extends ReferenceStore {
    protected override head(unit: CommitUnit): RunHead {
      const head = super.head(unit)
      return { ...head, ...change(head, unit, this.tables) }
    }
  }
}

/** A store that makes other writes than were decided. */
export function writing(change: (write: Write, tables: Tables) => Write | readonly Write[]): Store {
  return class extends ReferenceStore {
    protected override apply(write: Write): void {
      for (const each of [change(write, this.tables)].flat()) super.apply(each)
    }
  }
}

/** A store that does something more after each unit. */
export function afterwards(more: (unit: CommitUnit, tables: Tables, outcome: CommitOutcome) => void): Store {
  return class extends ReferenceStore {
    override async commit(units: readonly CommitUnit[], decide: Decide) {
      const outcomes = await super.commit(units, decide)
      for (const [index, unit] of units.entries()) {
        const outcome = outcomes[index]
        if (outcome) more(unit, this.tables, outcome)
      }
      return outcomes
    }
  }
}

export const has = (unit: CommitUnit, ...kinds: readonly Change['kind'][]) =>
  unit.changes.some(({ kind }) => kinds.includes(kind))
