import {
  type CommitOutcome,
  type CommitUnit,
  type Decide,
  type Encoded,
  type RunHead,
  type StateHead,
  type StatePatchRow,
  type StateRow,
  stepOf,
  type Write,
} from '@flujo-state/core'
import type { KnownHistories } from './known-histories.js'
import { LazyCounters } from './queries/counter.js'
import { NO_HEAD, type StoredHead } from './queries/head.js'
import type { Queries } from './queries/index.js'
import { CountChanges } from './queries/statistics.js'
import type { KnownState } from './queries/workflow-state.js'

/** A snapshot as it is stored before or after a write of its unit. */
interface Known extends KnownState {
  readonly row: KnownState['row'] & Pick<StateHead, 'version' | 'executionTimeMs'>
  readonly historyLength: number
  /** The items of the history; null: they would have to be read. */
  readonly history: readonly Encoded[] | null
}
/** Writes of one table that is not the snapshot's. */
type Beside = Exclude<
  Write,
  {
    kind: `${'put' | 'patch' | 'delete'}-state` | `${'replace' | 'append'}-history` | 'delete-run' | 'raise-counter'
  }
>

/** Applies units inside one write transaction, during which nobody else writes. */
export class Writer {
  readonly #queries: Queries
  readonly #decide: Decide
  readonly #now: number
  readonly #counted = new CountChanges()
  readonly #histories: KnownHistories
  readonly #counters: LazyCounters

  /** `now`: the store's time in milliseconds. */
  constructor(queries: Queries, histories: KnownHistories, decide: Decide, now: number) {
    this.#queries = queries
    this.#histories = histories
    this.#decide = decide
    this.#now = now
    this.#counters = new LazyCounters(queries.counters)
  }

  /** Reads the run's head, lets `decide` judge the unit, and writes what it says. @throws errors of the driver */
  apply(unit: CommitUnit): CommitOutcome {
    const stored = unit.runId === null ? NO_HEAD : this.#queries.heads.read(unit.runId)
    const { outcome, writes } = this.#decide(unit, this.#headFor(unit, stored), this.#now)
    const before = this.#known(stored)
    let known = before
    for (const write of writes) known = this.#write(write, known)
    this.#counted.note(before?.row ?? null, known?.row ?? null)
    if (unit.runId !== null && writes.some(mayChangeMetadata) && (stored.run !== null || writes.some(putsRun)))
      this.#queries.runs.copyStateMetadata(unit.runId)
    if (known?.history) this.#histories.keep(known.stored.runId, known.row.version, known.history)
    return outcome
  }

  /** Writes what is gathered of all units. To be called once, before the commit. */
  finish(): void {
    this.#queries.statistics.add(this.#counted)
  }

  #headFor(unit: CommitUnit, stored: StoredHead): RunHead {
    const stepId = unit.runId === null ? null : stepOf(unit)
    const step = unit.runId === null || stepId === null ? null : this.#queries.steps.cost(unit.runId, stepId)
    const { state, historyLength, run, lease } = stored
    return { state, historyLength, run, lease, step, counters: this.#counters }
  }

  #known({ state, historyLength }: StoredHead): Known | null {
    if (state === null) return null
    return { row: state, stored: state, historyLength, history: this.#histories.take(state.runId, state.version) }
  }

  /** `known` is the snapshot before the write; gives it after the write. */
  #write(write: Write, known: Known | null): Known | null {
    switch (write.kind) {
      case 'put-state':
        return this.#putState(write.row, write.history, known)
      case 'patch-state':
        return known && this.#patchState(write.set, known)
      case 'replace-history':
        return known && { ...known, ...this.#putHistory(known.stored.id, write.items, known) }
      case 'append-history':
        return known && this.#appendHistory(write.from, write.items, known)
      case 'delete-state':
        this.#deleteState(known)
        return null
      case 'delete-run':
        this.#deleteState(known)
        this.#deleteBeside(write.runId)
        return null
      case 'raise-counter':
        this.#queries.counters.raise(write.counter, write.to)
        this.#counters.forget()
        return known
      default:
        writeBeside(this.#queries, write)
        return known
    }
  }

  #putState(row: StateRow, items: readonly Encoded[], known: Known | null): Known {
    const stored = this.#queries.states.put(row, known)
    const { historyLength, history } = this.#putHistory(stored.id, items, known)
    return { row, stored, historyLength, history }
  }

  #patchState(set: StatePatchRow, known: Known): Known {
    return { ...known, row: { ...known.row, ...set }, stored: this.#queries.states.patch(set, known) }
  }

  /** Writes only what is new: callers that save the whole history again and again mostly lengthen it. */
  #putHistory(id: number, items: readonly Encoded[], known: Known | null) {
    const { histories } = this.#queries
    const length = known?.historyLength ?? 0
    if (length > 0) histories.replace(id, known?.history ?? histories.read(id), items)
    else histories.append(id, 0, items)
    return { historyLength: items.length, history: items }
  }

  #appendHistory(from: number, items: readonly Encoded[], known: Known): Known {
    this.#queries.histories.append(known.stored.id, from, items)
    return { ...known, historyLength: from + items.length, history: known.history && [...known.history, ...items] }
  }

  #deleteState(known: Known | null): void {
    if (known === null) return
    this.#queries.states.delete(known.stored)
    this.#queries.histories.delete(known.stored.id)
  }

  #deleteBeside(runId: string): void {
    const { runs, steps, traces, evaluations, claims } = this.#queries
    for (const table of [runs, steps, traces, evaluations, claims]) table.delete(runId)
  }
}

const putsRun = ({ kind }: Write) => kind === 'put-run'

/** Whether what readers get as the run's metadata may be another one after the write. */
function mayChangeMetadata(write: Write): boolean {
  if (write.kind === 'patch-state') return write.set.metadata !== undefined
  return write.kind === 'put-state' || write.kind === 'delete-state' || write.kind === 'put-run'
}

type Of<K extends Beside['kind']> = Extract<Beside, { kind: K }>

const writers: { readonly [K in Beside['kind']]: (queries: Queries, write: Of<K>) => void } = {
  'put-run': ({ runs }, { row }) => runs.put(row),
  'patch-run': ({ runs }, { runId, set }) => runs.patch(runId, set),
  'put-step': ({ steps }, { row }) => steps.put(row),
  'put-spans': ({ traces }, { rows }) => traces.put(rows),
  'delete-spans': ({ traces }, { runId }) => traces.delete(runId),
  'add-evaluation': ({ evaluations }, { row }) => evaluations.add(row),
  'put-lease': ({ claims }, { row }) => claims.put(row),
  'delete-lease': ({ claims }, { runId }) => claims.delete(runId),
  'put-system-state': ({ systemStates }, { row }) => systemStates.put(row),
}

function writeBeside<W extends Beside>(queries: Queries, write: W): void {
  const apply = writers[write.kind] as (queries: Queries, write: W) => void
  apply(queries, write)
}
