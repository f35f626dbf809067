/** What only shows when processes die or meet: broken forms of the reference file store. Pauses widen the gap in which it shows. */

import { setTimeout as wait } from 'node:timers/promises'
import type { CommitOutcome, CommitUnit, Decide, LeaseRow, RunHead, StoredState, Write } from '@flujo-state/core'
import { FILE, type ReferenceFileOptions, ReferenceFileStore } from '../reference-file.js'
import { Disk, writerOf } from '../reference-file-disk.js'
import { RevisionLock } from '../reference-file-lock.js'
import { ReferenceStore } from '../reference-store.js'
import { has } from './altered-store.js'

/** The whole process stands still. */
export function stand(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)
}

/** Not wrong, but slow for its first commits: between writing a file and giving it its name. */
class SlowRename extends ReferenceFileStore {
  protected readonly slowness: number = 250
  /** A kill comes early in the life of an instance. */
  protected slowCommits = 12
  protected override replaceBy(temporary: string): void {
    if (this.slowCommits-- > 0) stand(this.slowness)
    super.replaceBy(temporary)
  }
}

export class LeaksTimer extends ReferenceFileStore {
  override open() {
    setInterval(() => {}, 1_000)
    return super.open()
  }
}

export class TemporariesAreTables extends SlowRename {
  override open() {
    this.disk.make()
    for (const name of this.disk.list())
      if (writerOf(name) !== null && this.#holdsTables(name)) this.disk.rename(name, FILE)
    return super.open()
  }
  #holdsTables(name: string): boolean {
    try {
      this.parse(this.disk.read(name) as Buffer)
      return true
    } catch {
      return false
    }
  }
  protected override tidy(): void {}
}

class OneTemporary extends Disk {
  override writeTemporary(text: string): string {
    const name = super.writeTemporary(text)
    const isFree = this.link(name, 'tables.tmp')
    this.remove(name)
    if (!isFree) throw Object.assign(new Error('EEXIST: tables.tmp'), { code: 'EEXIST' })
    return 'tables.tmp'
  }
}
export class FixedTemporary extends SlowRename {
  protected override readonly disk: Disk
  constructor(folder: string, options?: ReferenceFileOptions) {
    super(folder, options)
    this.disk = new OneTemporary(folder, options?.onAccess)
  }
}

/** Later than any rule waits. */
const LATER_MS = 1_000
/** Nobody waits for it. */
const inTheBackground = (work: () => unknown) => {
  setTimeout(() => void Promise.resolve(work()).catch(() => {}), LATER_MS)
}

export class SystemStatesLater extends ReferenceFileStore {
  override commit(units: readonly CommitUnit[], decide: Decide) {
    if (!units.every((unit) => has(unit, 'put-system-state'))) return super.commit(units, decide)
    this.load()
    inTheBackground(() => super.commit(units, decide))
    return Promise.resolve(units.map((unit) => decide(unit, this.head(unit), Date.now()).outcome))
  }
}

export class WrittenLater extends ReferenceFileStore {
  override async commit(units: readonly CommitUnit[], decide: Decide) {
    this.load()
    // Into the tables in memory alone.
    const outcomes = [...(await ReferenceStore.prototype.commit.call(this, units, decide))]
    const nothing: Decide = () => ({ outcome: outcomes[0] as CommitOutcome, writes: [] })
    inTheBackground(() => super.commit(units.slice(0, 1), nothing))
    return outcomes
  }
}

export class NoPatience extends SlowRename {
  protected override readonly slowness = 2
  protected override slowCommits = Number.POSITIVE_INFINITY
  constructor(folder: string, options?: ReferenceFileOptions) {
    super(folder, { ...options, busyTimeoutMs: 0 })
  }
}

/** Judges leases by what it has read some time before it writes. */
abstract class LeasesJudgedBefore extends ReferenceFileStore {
  protected abstract isSuch(unit: CommitUnit): boolean

  override async commit(units: readonly CommitUnit[], decide: Decide) {
    if (!units.some((unit) => this.isSuch(unit))) return super.commit(units, decide)
    this.load()
    const leases = new Map(units.map((unit) => [unit, this.head(unit).lease]))
    await wait(50)
    return super.commit(units, (unit, head, time) => decide(unit, { ...head, lease: leases.get(unit) ?? null }, time))
  }
}
export class ClaimsJudgedBefore extends LeasesJudgedBefore {
  protected isSuch(unit: CommitUnit): boolean {
    return has(unit, 'claim')
  }
}
export class FencesJudgedBefore extends LeasesJudgedBefore {
  protected isSuch({ conditions }: CommitUnit): boolean {
    return conditions.some(({ kind }) => kind === 'fence')
  }
}

const YOUNG_MS = 50

/** Gives what it has read before, if that was a moment ago. */
export class ReadsFromMemory extends ReferenceFileStore {
  readonly #read = new Map<string, { readonly at: number; readonly state: Promise<StoredState | null> }>()

  override readState(runId: string) {
    const known = this.#read.get(runId)
    if (known && performance.now() - known.at < YOUNG_MS) return known.state
    const state = super.readState(runId)
    this.#read.set(runId, { at: performance.now(), state })
    return state
  }
  override commit(units: readonly CommitUnit[], decide: Decide) {
    this.#read.clear()
    return super.commit(units, decide)
  }
}

export class MadeInSteps extends ReferenceFileStore {
  override open() {
    this.disk.make()
    if (this.disk.read(FILE) === null) {
      this.disk.rename(this.disk.writeTemporary('not yet'), FILE)
      stand(200)
      this.disk.remove(FILE)
    }
    return super.open()
  }
}

export class MadeAnew extends ReferenceFileStore {
  override open() {
    this.disk.make()
    this.disk.remove(FILE)
    return super.open()
  }
}

export class LocksForEver extends SlowRename {
  protected override readonly lock: RevisionLock
  constructor(folder: string, options?: ReferenceFileOptions) {
    super(folder, { ...options, busyTimeoutMs: 500 })
    this.lock = new RevisionLock(this.disk, () => false)
  }
}

export class LocksOfTheLiving extends SlowRename {
  protected override readonly slowness = 5
  protected override slowCommits = Number.POSITIVE_INFINITY
  protected override readonly lock: RevisionLock
  constructor(folder: string, options?: ReferenceFileOptions) {
    super(folder, options)
    this.lock = new RevisionLock(this.disk, () => true)
  }
}

export class OwnFencesOnly extends ReferenceFileStore {
  readonly #own = new Map<string, LeaseRow>()

  protected override head(unit: CommitUnit): RunHead {
    const head = super.head(unit)
    const own = this.#own.get(unit.runId ?? '')
    return own ? { ...head, lease: own } : head
  }
  protected override apply(write: Write): void {
    if (write.kind === 'put-lease') this.#own.set(write.row.runId, write.row)
    if (write.kind === 'delete-lease' || write.kind === 'delete-run') this.#own.delete(write.runId)
    super.apply(write)
  }
}
