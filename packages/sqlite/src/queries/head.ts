import type { LeaseRow, RunHead, RunSummaryRow, StateHead } from '@flujo-state/core'
import { eq, getTableColumns, sql } from 'drizzle-orm'
import { selection } from '../rows.js'
import { leases, runs, workflowState } from '../schema.js'
import type { RecordQuery, Statements } from '../statement.js'
import type { Stored } from './large-value.js'
import { historyLength } from './state-history.js'
import type { KnownState } from './workflow-state.js'

const {
  pipelineContext: _context,
  lastStepOutput: _output,
  metadata: _metadata,
  currentStepIndex: _currentStepIndex,
  taskId: _taskId,
  backgroundError: _backgroundError,
  ...stateColumns
} = getTableColumns(workflowState)
const { finalContext: _finalContext, stateMetadata: _shownToReaders, ...runFields } = getTableColumns(runs)
const stateFields = { ...stateColumns, historyLength: historyLength(workflowState.id) }
const leaseFields = getTableColumns(leases)

/** What is stored of a run before a unit is applied, and what its snapshot has in indexed columns. */
export interface StoredHead extends Pick<RunHead, 'historyLength' | 'run' | 'lease'> {
  readonly state: StoredState | null
}
type StoredState = StateHead & KnownState['row'] & Stored & Pick<RunHead, 'historyLength'>
export const NO_HEAD: StoredHead = { state: null, historyLength: 0, run: null, lease: null }

export class HeadQueries {
  readonly #state: RecordQuery<StoredState>
  readonly #run: RecordQuery<RunSummaryRow>
  readonly #lease: RecordQuery<LeaseRow>

  // Three statements, not one that joins: the columns of a record that is not there cost as much as others, and most are not.
  constructor(statements: Statements) {
    const of = (table: typeof workflowState | typeof runs | typeof leases) =>
      sql`from ${table} where ${eq(table.runId, sql.placeholder('runId'))}`
    this.#state = statements.records(stateFields, sql`select ${selection(stateFields)} ${of(workflowState)}`)
    this.#run = statements.records(runFields, sql`select ${selection(runFields)} ${of(runs)}`)
    this.#lease = statements.records(leaseFields, sql`select ${selection(leaseFields)} ${of(leases)}`)
  }

  read(runId: string): StoredHead {
    const asked = { runId }
    const state = this.#state.first(asked)
    const historyLength = state?.historyLength ?? 0
    return { state, historyLength, run: this.#run.first(asked), lease: this.#lease.first(asked) }
  }
}
