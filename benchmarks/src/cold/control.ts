// The same by hand: import, open a fresh file with the same tables and indexes, save once with a prepared statement of Drizzle.
const begin = performance.now()
const { runId, state, path, schema, report } = await import('./task.js')
const { default: Database } = await import('better-sqlite3')
const { sql } = await import('drizzle-orm')
const { drizzle } = await import('drizzle-orm/better-sqlite3')
const { integer, real, sqliteTable, text } = await import('drizzle-orm/sqlite-core')

const workflowState = sqliteTable('workflow_state', {
  runId: text('run_id').primaryKey(),
  version: integer('version').notNull(),
  pipelineId: text('pipeline_id').notNull(),
  pipelineName: text('pipeline_name').notNull(),
  pipelineVersion: text('pipeline_version').notNull(),
  currentStepIndex: integer('current_step_index').notNull(),
  status: text('status').notNull(),
  createdAt: integer('created_at').notNull(),
  updatedAt: integer('updated_at').notNull(),
  totalSteps: integer('total_steps').notNull(),
  executionTimeMs: real('execution_time_ms'),
  isBackgroundTask: integer('is_background_task').notNull(),
  metadata: text('metadata').notNull(),
  pipelineContext: text('pipeline_context').notNull(),
  lastStepOutput: text('last_step_output').notNull(),
})

const database = new Database(path)
database.pragma('journal_mode = WAL')
database.pragma('synchronous = FULL')
database.transaction(() => {
  for (const statement of schema) database.exec(statement)
})()
const place = (name: string) => sql.placeholder(name)
const save = drizzle(database)
  .insert(workflowState)
  .values({
    runId: place('runId'),
    version: 1,
    pipelineId: place('pipelineId'),
    pipelineName: place('pipelineName'),
    pipelineVersion: place('pipelineVersion'),
    currentStepIndex: place('currentStepIndex'),
    status: place('status'),
    createdAt: place('createdAt'),
    updatedAt: place('createdAt'),
    totalSteps: place('totalSteps'),
    executionTimeMs: place('executionTimeMs'),
    isBackgroundTask: 0,
    metadata: place('metadata'),
    pipelineContext: place('pipelineContext'),
    lastStepOutput: place('lastStepOutput'),
  })
  .onConflictDoUpdate({
    target: workflowState.runId,
    set: {
      status: sql`excluded.status`,
      currentStepIndex: sql`excluded.current_step_index`,
      updatedAt: sql`excluded.updated_at`,
      metadata: sql`excluded.metadata`,
      pipelineContext: sql`excluded.pipeline_context`,
      lastStepOutput: sql`excluded.last_step_output`,
    },
  })
  .prepare()
save.run({
  ...state,
  runId,
  createdAt: state.createdAt.getTime(),
  metadata: JSON.stringify(state.metadata),
  pipelineContext: JSON.stringify(state.pipelineContext),
  lastStepOutput: JSON.stringify(state.lastStepOutput),
})
report(performance.now() - begin)
database.close()
