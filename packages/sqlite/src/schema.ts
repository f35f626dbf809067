/**
 * The tables, as queries know them. What makes them is `migrations/`; a test holds the two together. Times are integer
 * milliseconds since 1970 (UTC), payloads are the codec's texts. Payload columns stand last: SQLite reads a long row only as
 * far as it is asked to.
 */
import { STEP_STATUSES, TERMINAL_STATUSES, WORKFLOW_STATUSES } from '@flujo-state/core'
import { type SQL, sql } from 'drizzle-orm'
import {
  type AnySQLiteColumn,
  check,
  index,
  integer,
  primaryKey,
  real,
  sqliteTable,
  text,
  uniqueIndex,
} from 'drizzle-orm/sqlite-core'

const flag = (name: string) => integer(name, { mode: 'boolean' })
const oneOf = (column: AnySQLiteColumn, values: readonly string[]): SQL =>
  sql`${sql.identifier(column.name)} in (${sql.raw(values.map((value) => `'${value}'`).join(', '))})`

export const workflowState = sqliteTable(
  'workflow_state',
  {
    /** What the keys of the run's history begin with. */
    id: integer('id').primaryKey(),
    runId: text('run_id').notNull(),
    version: integer('version').notNull(),
    pipelineId: text('pipeline_id').notNull(),
    pipelineName: text('pipeline_name').notNull(),
    pipelineVersion: text('pipeline_version').notNull(),
    currentStepIndex: integer('current_step_index').notNull(),
    status: text('status', { enum: WORKFLOW_STATUSES }).notNull(),
    createdAt: integer('created_at').notNull(),
    updatedAt: integer('updated_at').notNull(),
    totalSteps: integer('total_steps').notNull(),
    executionTimeMs: real('execution_time_ms'),
    memoryUsageMb: real('memory_usage_mb'),
    isBackgroundTask: flag('is_background_task').notNull(),
    parentRunId: text('parent_run_id'),
    taskId: text('task_id'),
    errorMessage: text('error_message'),
    backgroundError: text('background_error'),
    /** Of which pieces the large payloads are made, as JSON; null: there is none. See `queries/large-value.ts`. */
    large: text('large'),
    metadata: text('metadata').notNull(),
    pipelineContext: text('pipeline_context').notNull(),
    lastStepOutput: text('last_step_output').notNull(),
  },
  (t) => [
    uniqueIndex('workflow_state_by_run').on(t.runId),
    index('workflow_state_by_created').on(t.createdAt, t.runId),
    index('workflow_state_by_status_created').on(t.status, t.createdAt, t.runId),
    index('workflow_state_by_pipeline_id').on(t.pipelineId, t.status, t.createdAt, t.runId),
    index('workflow_state_by_pipeline_name').on(t.pipelineName, t.status, t.createdAt, t.runId),
    index('workflow_state_by_pipeline_version').on(t.pipelineVersion, t.status, t.createdAt, t.runId),
    // Not of runs at work: it would have to be written again at every step.
    index('workflow_state_ended_by_updated')
      .on(t.status, t.updatedAt, t.runId)
      .where(oneOf(t.status, TERMINAL_STATUSES)),
    index('workflow_state_tasks_by_status').on(t.status, t.updatedAt, t.runId).where(sql`is_background_task = 1`),
    index('workflow_state_tasks_by_parent')
      .on(t.parentRunId, t.status, t.updatedAt, t.runId)
      .where(sql`is_background_task = 1`),
    check('workflow_state_status', oneOf(t.status, WORKFLOW_STATUSES)),
  ],
)

/**
 * The items of the snapshots' histories, apart from them: an append costs the same however long a history is. One tree of one
 * integer key, so that it also costs a single page: the snapshot's `id` in the upper 32 bits, the item's position in the lower.
 */
export const stateHistory = sqliteTable('state_history', {
  key: integer('key').primaryKey(),
  item: text('item').notNull(),
})

/** Pieces of large payloads, by the `id` of their snapshot. */
export const largeValues = sqliteTable(
  'large_values',
  {
    stateId: integer('state_id').notNull(),
    /** SHA-256 of the value in UTF-8, base64url. */
    hash: text('hash').notNull(),
    value: text('value').notNull(),
  },
  (t) => [uniqueIndex('large_values_by_hash').on(t.stateId, t.hash)],
)

/**
 * How many snapshots there are, of each status and in each period of creation, so that statistics count nothing: kept with
 * every change, in one tree of integer keys, so that it costs one or two pages. `queries/statistics.ts` makes the keys.
 */
export const workflowCounts = sqliteTable('workflow_counts', {
  key: integer('key').primaryKey(),
  /** Never 0: what there is none of has no row. */
  count: integer('count').notNull(),
  /** Of the row that counts execution times: their exact sum (`ExactSum`). */
  sum: text('sum'),
})

export const runs = sqliteTable(
  'runs',
  {
    runId: text('run_id').primaryKey().notNull(),
    pipelineId: text('pipeline_id').notNull(),
    pipelineName: text('pipeline_name').notNull(),
    pipelineVersion: text('pipeline_version').notNull(),
    status: text('status', { enum: WORKFLOW_STATUSES }).notNull(),
    createdAt: integer('created_at').notNull(),
    updatedAt: integer('updated_at').notNull(),
    endedAt: integer('ended_at'),
    executionTimeMs: real('execution_time_ms'),
    memoryUsageMb: real('memory_usage_mb'),
    totalSteps: integer('total_steps').notNull(),
    totalCostUsd: real('total_cost_usd'),
    stepCosts: text('step_costs').notNull(),
    placeholder: flag('placeholder').notNull(),
    errorMessage: text('error_message'),
    /** The metadata of the snapshot, which readers get; null if there is no snapshot. A copy, so that lists need no join. */
    stateMetadata: text('state_metadata'),
    metadata: text('metadata').notNull(),
    finalContext: text('final_context'),
  },
  (t) => [
    index('runs_by_created').on(t.createdAt, t.runId),
    index('runs_by_status_created').on(t.status, t.createdAt, t.runId),
    index('runs_by_pipeline_name').on(t.pipelineName, t.status, t.createdAt, t.runId),
    index('runs_by_status_updated').on(t.status, t.updatedAt, t.runId),
    index('runs_placeholders').on(t.updatedAt, t.runId).where(sql`placeholder = 1`),
    check('runs_status', oneOf(t.status, WORKFLOW_STATUSES)),
  ],
)

export const steps = sqliteTable(
  'steps',
  {
    /** In the order of first saving. */
    id: integer('id').primaryKey(),
    runId: text('run_id').notNull(),
    executionId: text('execution_id').notNull(),
    stepName: text('step_name').notNull(),
    stepIndex: integer('step_index').notNull(),
    status: text('status', { enum: STEP_STATUSES }).notNull(),
    costUsd: real('cost_usd'),
    tokenCounts: integer('token_counts'),
    executionTimeMs: real('execution_time_ms'),
    createdAt: integer('created_at').notNull(),
    errorMessage: text('error_message'),
    input: text('input').notNull(),
    output: text('output').notNull(),
    rawResponse: text('raw_response').notNull(),
  },
  (t) => [
    uniqueIndex('steps_by_execution').on(t.runId, t.executionId),
    check('steps_status', oneOf(t.status, STEP_STATUSES)),
  ],
)

export const spans = sqliteTable(
  'spans',
  {
    runId: text('run_id').notNull(),
    spanId: text('span_id').notNull(),
    parentSpanId: text('parent_span_id'),
    name: text('name').notNull(),
    /** Epoch milliseconds, fractions allowed. */
    startTime: real('start_time').notNull(),
    endTime: real('end_time'),
    status: text('status').notNull(),
    attributes: text('attributes').notNull(),
    events: text('events').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.runId, t.spanId] }),
    // What the statistics read, and nothing else: they never touch the table.
    index('spans_ended').on(t.startTime, t.name, t.status, t.endTime).where(sql`end_time is not null`),
  ],
)

export const evaluations = sqliteTable(
  'evaluations',
  {
    sequence: integer('sequence').primaryKey(),
    runId: text('run_id').notNull(),
    score: real('score').notNull(),
    stepName: text('step_name'),
    createdAt: integer('created_at').notNull(),
    feedback: text('feedback'),
    metadata: text('metadata'),
  },
  (t) => [
    index('evaluations_by_created').on(t.createdAt, t.sequence),
    index('evaluations_by_run').on(t.runId, t.createdAt, t.sequence),
  ],
)

export const systemState = sqliteTable('system_state', {
  key: text('key').primaryKey().notNull(),
  updatedAt: integer('updated_at').notNull(),
  value: text('value').notNull(),
})

export const leases = sqliteTable('leases', {
  runId: text('run_id').primaryKey().notNull(),
  owner: text('owner').notNull(),
  fence: integer('fence').notNull(),
  expiresAt: integer('expires_at').notNull(),
})

/** Store-wide numbers that only grow. */
export const counters = sqliteTable('counters', {
  name: text('name', { enum: ['version', 'fence', 'evaluation'] })
    .primaryKey()
    .notNull(),
  value: integer('value').notNull(),
})

/** Which migrations were applied: the one table that is not made by a migration. */
export const ledger = sqliteTable('flujo_state_migrations', {
  number: integer('number').primaryKey(),
  name: text('name').notNull(),
  /** SHA-256 of the migration's SQL, hexadecimal. */
  hash: text('hash').notNull(),
  appliedAt: integer('applied_at').notNull(),
})

/** All tables that migrations make. */
export const tables = {
  workflowState,
  stateHistory,
  largeValues,
  workflowCounts,
  runs,
  steps,
  spans,
  evaluations,
  systemState,
  leases,
  counters,
}
