import { join } from 'node:path'
import type { WorkflowStatus } from '@flujo-state/core'
import { SQLiteBackend } from '@flujo-state/sqlite'
import Database from 'better-sqlite3'
import type { PlainState, PlainStep } from '../content.js'
import type { Control, Entry, Loaded, Stats, StepChange } from './control.js'

export type Durability = 'full' | 'normal'
type Row = Readonly<Record<string, unknown>>

const DAY = 86_400_000

/**
 * Statements of better-sqlite3, prepared once, on the tables and indexes of our own databases: their SQL is copied from a
 * database that the backend has just made, so the control can never fall behind the schema.
 */
export class SQLiteControl implements Control {
  readonly #database: Database.Database
  readonly #saveState: Database.Statement
  readonly #saveStep: Database.Statement
  readonly #appendHistory: Database.Statement
  readonly #changeState: Database.Statement
  readonly #load: Database.Statement
  readonly #newest: Database.Statement
  readonly #stats: Database.Statement
  readonly #saveAll: (entries: readonly Entry[]) => void
  readonly #saveStepWithState: (step: PlainStep, change: StepChange) => void

  static async open(folder: string, durability: Durability): Promise<SQLiteControl> {
    const schema = await schemaOfOurs(join(folder, 'schema.db'))
    const database = new Database(join(folder, 'control.db'))
    database.pragma('journal_mode = WAL')
    database.pragma(`synchronous = ${durability === 'full' ? 'FULL' : 'NORMAL'}`)
    for (const sql of schema) database.exec(sql)
    return new SQLiteControl(database)
  }

  private constructor(database: Database.Database) {
    this.#database = database
    // created_at of a snapshot never changes: leaving it out spares the indexes.
    this.#saveState = upsert(database, 'workflow_state', STATE_COLUMNS, ['run_id'], ['created_at'])
    this.#saveStep = upsert(database, 'steps', STEP_COLUMNS, ['run_id', 'execution_id'], ['created_at'])
    this.#appendHistory = database.prepare(
      'INSERT INTO state_history (key, item) VALUES ((SELECT id << 32 FROM workflow_state WHERE run_id = ?) + ?, ?)',
    )
    this.#changeState = database.prepare(
      'UPDATE workflow_state SET current_step_index = ?, last_step_output = ?, updated_at = ? WHERE run_id = ?',
    )
    this.#load = database.prepare(`SELECT ${STATE_COLUMNS} FROM workflow_state WHERE run_id = ?`).raw()
    this.#newest = database
      .prepare(
        `SELECT ${SUMMARY_COLUMNS} FROM workflow_state WHERE status = ? ORDER BY created_at DESC, run_id DESC LIMIT ?`,
      )
      .raw()
    this.#stats = database.prepare(
      `SELECT status, count(*) AS count, sum(created_at >= ?) AS recent, count(execution_time_ms) AS timed,
         total(execution_time_ms) AS time
       FROM workflow_state GROUP BY status`,
    )
    this.#saveAll = database.transaction((entries: readonly Entry[]) => {
      for (const { runId, state } of entries) this.save(runId, state)
    }).immediate
    this.#saveStepWithState = database.transaction((step: PlainStep, change: StepChange) =>
      this.#writeStep(step, change),
    ).immediate
  }

  save(runId: string, state: PlainState): void {
    this.#saveState.run(stateRow(runId, state))
  }

  saveAll(entries: readonly Entry[]): void {
    this.#saveAll(entries)
  }

  load(runId: string): Loaded | null {
    const row = this.#load.get(runId) as unknown[] | undefined
    return row === undefined ? null : loadedOf(row)
  }

  newest(status: WorkflowStatus, limit: number) {
    return (this.#newest.all(status, limit) as unknown[][]).map(summaryOf)
  }

  stats(): Stats {
    const statusCounts = { running: 0, paused: 0, completed: 0, failed: 0, cancelled: 0 }
    let [totalWorkflows, recentWorkflows24h, timed, time] = [0, 0, 0, 0]
    for (const row of this.#stats.all(Date.now() - DAY) as Row[]) {
      statusCounts[row.status as WorkflowStatus] = Number(row.count)
      totalWorkflows += Number(row.count)
      recentWorkflows24h += Number(row.recent)
      timed += Number(row.timed)
      time += Number(row.time)
    }
    return { totalWorkflows, statusCounts, recentWorkflows24h, averageExecutionTimeMs: timed === 0 ? 0 : time / timed }
  }

  saveStep(step: PlainStep, change: StepChange): void {
    this.#saveStepWithState(step, change)
  }

  #writeStep(step: PlainStep, { currentStepIndex, lastStepOutput, item }: StepChange): void {
    this.#saveStep.run(stepRow(step))
    this.#appendHistory.run(step.runId, step.stepIndex, JSON.stringify(item))
    this.#changeState.run(currentStepIndex, JSON.stringify(lastStepOutput), Date.now(), step.runId)
  }

  count(): number {
    return Number(this.#database.prepare('SELECT count(*) FROM workflow_state').pluck().get())
  }

  countSteps(runId: string): number {
    return Number(this.#database.prepare('SELECT count(*) FROM steps WHERE run_id = ?').pluck().get(runId))
  }

  close(): void {
    this.#database.close()
  }
}

/** The SQL of the tables and indexes that the backend makes. Views and triggers are no business of the control. */
async function schemaOfOurs(path: string): Promise<string[]> {
  const backend = new SQLiteBackend(path)
  await backend.open()
  await backend.shutdown()
  const database = new Database(path, { readonly: true })
  try {
    const rows = database.prepare(
      `SELECT sql FROM sqlite_schema WHERE type IN ('table', 'index') AND sql IS NOT NULL AND name NOT LIKE 'sqlite_%'
       ORDER BY type DESC`,
    )
    return rows.pluck().all() as string[]
  } finally {
    database.close()
  }
}

/** Inserts a whole row, or changes all but the key and what is `fixed`. Values go by position, the fastest way. */
function upsert(
  database: Database.Database,
  table: string,
  columns: readonly string[],
  key: readonly string[],
  fixed: readonly string[],
) {
  const changed = columns.filter((name) => !key.includes(name) && !fixed.includes(name))
  return database.prepare(
    `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})
     ON CONFLICT (${key.join(', ')}) DO UPDATE SET ${changed.map((name) => `${name} = excluded.${name}`).join(', ')}`,
  )
}

const STATE_COLUMNS =
  `run_id version pipeline_id pipeline_name pipeline_version current_step_index status created_at updated_at total_steps
  execution_time_ms memory_usage_mb is_background_task parent_run_id task_id error_message background_error metadata
  pipeline_context last_step_output`.split(/\s+/)
const SUMMARY_COLUMNS = STATE_COLUMNS.slice(0, -2)

/** A snapshot's row. Our tables have no column for a whole history: with one, it shares the column of the context. */
function stateRow(runId: string, state: PlainState): unknown[] {
  const { pipelineContext, stepHistory: wholeHistory } = state
  return [
    runId,
    1,
    state.pipelineId,
    state.pipelineName,
    state.pipelineVersion,
    state.currentStepIndex,
    state.status,
    state.createdAt.getTime(),
    Date.now(),
    state.totalSteps ?? 0,
    state.executionTimeMs ?? null,
    null,
    0,
    null,
    null,
    null,
    null,
    JSON.stringify(state.metadata),
    JSON.stringify(wholeHistory.length === 0 ? pipelineContext : { pipelineContext, wholeHistory }),
    JSON.stringify(state.lastStepOutput),
  ]
}

// Written out twice on purpose: `{ ...summary, more }` would cost the control a microsecond a row.
function summaryOf(row: readonly unknown[]) {
  return {
    runId: row[0] as string,
    version: row[1],
    pipelineId: row[2],
    pipelineName: row[3],
    pipelineVersion: row[4],
    currentStepIndex: row[5],
    status: row[6],
    createdAt: new Date(row[7] as number),
    updatedAt: new Date(row[8] as number),
    totalSteps: row[9],
    executionTimeMs: row[10],
    memoryUsageMb: row[11],
    isBackgroundTask: row[12] === 1,
    parentRunId: row[13],
    taskId: row[14],
    errorMessage: row[15],
    backgroundError: row[16],
    metadata: JSON.parse(row[17] as string),
  }
}

function loadedOf(row: readonly unknown[]): Loaded {
  const context = JSON.parse(row[18] as string)
  const isWhole = context.wholeHistory !== undefined
  const loaded = {
    runId: row[0],
    version: row[1],
    pipelineId: row[2],
    pipelineName: row[3],
    pipelineVersion: row[4],
    currentStepIndex: row[5],
    status: row[6],
    createdAt: new Date(row[7] as number),
    updatedAt: new Date(row[8] as number),
    totalSteps: row[9],
    executionTimeMs: row[10],
    memoryUsageMb: row[11],
    isBackgroundTask: row[12] === 1,
    parentRunId: row[13],
    taskId: row[14],
    errorMessage: row[15],
    backgroundError: row[16],
    metadata: JSON.parse(row[17] as string),
    pipelineContext: isWhole ? context.pipelineContext : context,
    lastStepOutput: JSON.parse(row[19] as string),
    stepHistory: isWhole ? context.wholeHistory : [],
  }
  return loaded
}

const STEP_COLUMNS =
  `run_id execution_id step_name step_index status cost_usd token_counts execution_time_ms created_at error_message
  input output raw_response`.split(/\s+/)

function stepRow(step: PlainStep): unknown[] {
  const { runId, stepName, stepIndex, costUsd = null, executionTimeMs = null } = step
  const output = JSON.stringify(step.output)
  const executionId = String(stepIndex)
  const now = Date.now()
  return [
    runId,
    executionId,
    stepName,
    stepIndex,
    'completed',
    costUsd,
    null,
    executionTimeMs,
    now,
    null,
    'null',
    output,
    'null',
  ]
}
