import type { LeaseRow, RunSummaryRow, StateHead } from '@flujo-state/core'
import { getTableColumns, sql } from 'drizzle-orm'
import { readerOf, selection } from '../rows.js'
import { leases, runs, workflowState } from '../schema.js'
import type { Query, Statements } from '../statement.js'
import { historyLength } from './state-history.js'
import type { IndexedState } from './workflow-state.js'

const {
  pipelineContext: _context,
  lastStepOutput: _output,
  metadata: _metadata,
  currentStepIndex: _currentStepIndex,
  taskId: _taskId,
  backgroundError: _backgroundError,
  ...stateColumns
} = getTableColumns(workflowState)
const { finalContext: _finalContext, ...runColumns } = getTableColumns(runs)
const asked = sql`asked.run_id`

const stateFields = { ...stateColumns, historyLength: historyLength(asked) }
const leaseFields = getTableColumns(leases)
const runAt = Object.keys(stateFields).length
const leaseAt = runAt + Object.keys(runColumns).length

/** What is stored of a run before a unit is applied, and what its snapshot has in indexed columns. */
export interface StoredHead {
  readonly state: (StateHead & IndexedState) | null
  readonly run: RunSummaryRow | null
  readonly lease: LeaseRow | null
}
export const NO_HEAD: StoredHead = { state: null, run: null, lease: null }

const readState = readerOf(stateFields)
const readRun = readerOf(runColumns)
const readLease = readerOf(leaseFields)

export class HeadQueries {
  readonly #read: Query

  constructor(statements: Statements) {
    const joined = [workflowState, runs, leases].map((table) => sql`left join ${table} on ${table.runId} = ${asked}`)
    const selected = sql.join([stateFields, runColumns, leaseFields].map(selection), sql`, `)
    this.#read = statements.query(
      () => sql`select ${selected} from (select ${sql.placeholder('runId')} as run_id) as asked ${sql.join(joined, sql` `)}`,
    )
  }

  /** One statement for all three records. */
  read(runId: string): StoredHead {
    const values = this.#read.first({ runId })
    if (values === undefined) return NO_HEAD
    return {
      state: values[0] === null ? null : readState(values),
      run: values[runAt] === null ? null : readRun(values, runAt),
      lease: values[leaseAt] === null ? null : readLease(values, leaseAt),
    }
  }
}
