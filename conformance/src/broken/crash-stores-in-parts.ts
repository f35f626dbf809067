/** Broken forms of the reference file store that do in several steps what is one. */
import { setTimeout as wait } from 'node:timers/promises'
import type { CommitOutcome, CommitUnit, Decide } from '@flujo-state/core'
import { FILE, ReferenceFileStore } from '../reference-file.js'
import { has } from './altered-store.js'
import { stand } from './crash-stores.js'

/** A store that makes several commits of a unit. */
abstract class InParts extends ReferenceFileStore {
  protected abstract readonly pauseMs: number
  protected abstract partsOf(unit: CommitUnit): readonly CommitUnit[]

  override async commit(units: readonly CommitUnit[], decide: Decide) {
    const outcomes: CommitOutcome[] = []
    for (const unit of units) {
      let last: CommitOutcome | undefined
      for (const part of this.partsOf(unit)) {
        if (last) await wait(this.pauseMs)
        last = (await super.commit([part], decide))[0]
        if (!last?.ok) break
      }
      if (last) outcomes.push(last)
    }
    return outcomes
  }
}

export class SpansOneByOne extends InParts {
  protected readonly pauseMs = 3
  protected partsOf(unit: CommitUnit): readonly CommitUnit[] {
    const [change] = unit.changes
    if (unit.changes.length !== 1 || change?.kind !== 'save-spans' || change.rows.length < 2) return [unit]
    return change.rows.map((row, index) => ({
      ...unit,
      changes: [{ ...change, rows: [row], replace: change.replace && index === 0 }],
    }))
  }
}

export class StepThenState extends InParts {
  protected readonly pauseMs = 150
  protected partsOf(unit: CommitUnit): readonly CommitUnit[] {
    if (!has(unit, 'save-step') || !has(unit, 'update-state')) return [unit]
    const isStep = ({ kind }: CommitUnit['changes'][number]) => kind === 'save-step'
    return [
      { ...unit, changes: unit.changes.filter(isStep) },
      { ...unit, conditions: [], changes: unit.changes.filter((change) => !isStep(change)) },
    ]
  }
}

/** Writes the file in its place, the first half and then the rest. */
export class WrittenInPlace extends ReferenceFileStore {
  #slowCommits = 12
  protected override replaceBy(temporary: string): void {
    const text = this.disk.read(temporary)?.toString() ?? ''
    const half = this.disk.writeTemporary(text.slice(0, text.length / 2))
    this.disk.rename(half, FILE)
    if (this.#slowCommits-- > 0) stand(200)
    super.replaceBy(temporary)
  }
}
