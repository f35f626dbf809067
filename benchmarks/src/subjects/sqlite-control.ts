import { join } from 'node:path'
import type Database from 'better-sqlite3'
import type { PlainState, PlainStep } from '../content.js'
import type { Control, Entry, Loaded, StepChange } from './control.js'
import { type Durability, openDatabase, upsert } from './sqlite-database.js'
import { loadedOf, STATE_COLUMNS, STEP_COLUMNS, stateRow, stepRow } from './sqlite-rows.js'

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
  readonly #saveAll: (entries: readonly Entry[]) => void
  readonly #saveStepWithState: (step: PlainStep, change: StepChange) => void

  static async open(folder: string, durability: Durability): Promise<SQLiteControl> {
    return new SQLiteControl(await openDatabase(join(folder, 'control.db'), durability))
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
