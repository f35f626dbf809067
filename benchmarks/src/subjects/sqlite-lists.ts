import { existsSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import type { WorkflowStatus } from '@flujo-state/core'
import type Database from 'better-sqlite3'
import type { ListControl, Listed, Stats } from './control.js'
import { openDatabase } from './sqlite-database.js'
import { RUN_COLUMNS, runSummaryOf, SUMMARY_COLUMNS, summaryOf } from './sqlite-rows.js'

type Query = Database.Statement<unknown[], unknown[]>

/** Where each list finds its rows in their order: what a programmer would make who needs just these lists. */
const INDEXES = {
  control_by_status: 'workflow_state (status, created_at, run_id)',
  control_by_pipeline: 'workflow_state (pipeline_name, created_at, run_id)',
  control_by_creation: 'workflow_state (created_at, run_id)',
  control_by_update: 'workflow_state (status, updated_at, run_id)',
  // All that a recount reads: it never touches the table.
  control_to_count: 'workflow_state (status, created_at, execution_time_ms)',
}

/** Prepared queries over a copy of the database that ours has filled, each with an index of its own. */
export class SQLiteLists implements ListControl {
  readonly #database: Database.Database
  readonly #newest: Query
  readonly #ofPipeline: Query
  readonly #behind: Query
  readonly #failed: Query
  readonly #withMetadata: Query
  readonly #stats: Database.Statement

  /** Copies the database the first time; it has been closed, so it is one file. */
  static async open(path: string, ours: string): Promise<SQLiteLists> {
    if (!existsSync(path)) await copyFile(ours, path)
    const database = await openDatabase(path, 'normal')
    for (const [name, columns] of Object.entries(INDEXES))
      database.exec(`CREATE INDEX IF NOT EXISTS ${name} ON ${columns}`)
    return new SQLiteLists(database)
  }

  private constructor(database: Database.Database) {
    this.#database = database
    const query = (sql: string) => database.prepare<unknown[], unknown[]>(sql).raw()
    const summaries = (index: keyof typeof INDEXES) =>
      `SELECT ${SUMMARY_COLUMNS} FROM workflow_state INDEXED BY ${index}`
    const newest = 'ORDER BY created_at DESC, run_id DESC LIMIT ?'
    this.#newest = query(`${summaries('control_by_status')} WHERE status = ? ${newest}`)
    this.#ofPipeline = query(`${summaries('control_by_pipeline')} WHERE pipeline_name = ? ${newest}`)
    this.#behind = query(`${summaries('control_by_creation')} WHERE (created_at, run_id) < (?, ?) ${newest}`)
    this.#failed = query(
      `${summaries('control_by_update')} WHERE status = 'failed' AND updated_at >= ? ORDER BY updated_at DESC, run_id DESC`,
    )
    // The plus keeps SQLite from an index on the expression, which ours may have made before the copy; the cross join has it
    // look at each snapshot in turn, and only for those that fit at the run.
    this.#withMetadata = query(
      `SELECT ${RUN_COLUMNS.map((name) => `runs.${name}`)} FROM workflow_state CROSS JOIN runs USING (run_id)
       WHERE +json_extract(workflow_state.metadata, ?) = ? ORDER BY runs.created_at DESC, runs.run_id DESC`,
    )
    this.#stats = database.prepare(
      `SELECT status, count(*) AS count, sum(created_at >= ?) AS recent, count(execution_time_ms) AS timed,
         total(execution_time_ms) AS time
       FROM workflow_state INDEXED BY control_to_count GROUP BY status`,
    )
  }

  newest(status: WorkflowStatus, limit: number): Listed[] {
    return this.#newest.all(status, limit).map(summaryOf)
  }

  newestOfPipeline(name: string, limit: number): Listed[] {
    return this.#ofPipeline.all(name, limit).map(summaryOf)
  }

  /** The page behind this snapshot. */
  behind({ createdAt, runId }: { readonly createdAt: Date; readonly runId: string }, limit: number): Listed[] {
    return this.#behind.all(createdAt.getTime(), runId, limit).map(summaryOf)
  }

  failedSince(time: number): Listed[] {
    return this.#failed.all(time).map(summaryOf)
  }

  /** The runs whose metadata has this text under this key. Every run has a snapshot here, whose metadata counts. */
  runsWith(key: string, text: string): Listed[] {
    return this.#withMetadata.all(`$.${key}`, text).map(runSummaryOf)
  }

  stats(recentFrom: number): Stats {
    const statusCounts = { running: 0, paused: 0, completed: 0, failed: 0, cancelled: 0 }
    let [totalWorkflows, recentWorkflows24h, timed, time] = [0, 0, 0, 0]
    for (const row of this.#stats.all(recentFrom) as Readonly<Record<string, unknown>>[]) {
      statusCounts[row.status as WorkflowStatus] = Number(row.count)
      totalWorkflows += Number(row.count)
      recentWorkflows24h += Number(row.recent)
      timed += Number(row.timed)
      time += Number(row.time)
    }
    return { totalWorkflows, statusCounts, recentWorkflows24h, averageExecutionTimeMs: timed === 0 ? 0 : time / timed }
  }

  close(): void {
    this.#database.close()
  }
}
