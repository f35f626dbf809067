import {
  type CommitOutcome,
  type CommitUnit,
  type Counters,
  type Decide,
  type Encoded,
  type RunHead,
  type StateRow,
  stepOf,
  type Write,
} from '@flujo-state/core'
import { NO_HEAD, type StoredHead } from './queries/head.js'
import type { Queries } from './queries/index.js'
import { CountChanges } from './queries/statistics.js'

type KnownState = StoredHead['state']
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
  #counters: Counters | null = null
  /** Read when a decision asks for them: most do not. */
  readonly #lazyCounters: Counters

  /** `now`: the store's time in milliseconds. */
  constructor(queries: Queries, decide: Decide, now: number) {
    this.#queries = queries
    this.#decide = decide
    this.#now = now
    const counters = () => {
      this.#counters ??= queries.counters.read()
      return this.#counters
    }
    this.#lazyCounters = {
      get version() {
        return counters().version
      },
      get fence() {
        return counters().fence
      },
      get evaluation() {
        return counters().evaluation
      },
    }
  }

  /** Reads the run's head, lets `decide` judge the unit, and writes what it says. @throws errors of the driver */
  apply(unit: CommitUnit): CommitOutcome {
    const stored = unit.runId === null ? NO_HEAD : this.#queries.heads.read(unit.runId)
    const { outcome, writes } = this.#decide(unit, this.#headFor(unit, stored), this.#now)
    let { state } = stored
    for (const write of writes) state = this.#write(write, state)
    this.#counted.note(stored.state, state)
    if (unit.runId !== null && writes.some(mayChangeMetadata) && (stored.run !== null || writes.some(putsRun)))
      this.#queries.runs.copyStateMetadata(unit.runId)
    return outcome
  }

  /** Writes what is gathered of all units. To be called once, before the commit. */
  finish(): void {
    this.#queries.statistics.add(this.#counted)
  }

  #headFor(unit: CommitUnit, stored: StoredHead): RunHead {
    const stepId = unit.runId === null ? null : stepOf(unit)
    const step = unit.runId === null || stepId === null ? null : this.#queries.steps.cost(unit.runId, stepId)
    return { ...stored, step, counters: this.#lazyCounters }
  }

  /** `state` is the snapshot as it is stored before the write; gives it as it is stored after. */
  #write(write: Write, state: KnownState): KnownState {
    const { states, histories } = this.#queries
    switch (write.kind) {
      case 'put-state':
        return this.#putState(write.row, write.history, state)
      case 'patch-state':
        return state && { ...state, ...states.patch(write.set, state), ...write.set }
      case 'replace-history':
        if (state) histories.replace(state.id, write.items, state.historyLength)
        return state && { ...state, historyLength: write.items.length }
      case 'append-history':
        if (state) histories.append(state.id, write.from, write.items)
        return state && { ...state, historyLength: write.from + write.items.length }
      case 'delete-state':
        this.#deleteState(state)
        return null
      case 'delete-run':
        this.#deleteState(state)
        this.#deleteBeside(write.runId)
        return null
      case 'raise-counter':
        this.#queries.counters.raise(write.counter, write.to)
        this.#counters = null
        return state
      default:
        writeBeside(this.#queries, write)
        return state
    }
  }

  #putState(row: StateRow, history: readonly Encoded[], stored: KnownState): KnownState {
    const now = this.#queries.states.put(row, stored)
    this.#queries.histories.replace(now.id, history, stored?.historyLength ?? 0)
    return { ...row, ...now, historyLength: history.length }
  }

  #deleteState(state: KnownState): void {
    if (state === null) return
    this.#queries.states.delete(state)
    this.#queries.histories.delete(state.id)
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
