/** Never edited after a release: what changes later is a migration of its own. */
export const sql = `
create table workflow_state (
  id integer primary key not null,
  run_id text not null,
  version integer not null,
  pipeline_id text not null,
  pipeline_name text not null,
  pipeline_version text not null,
  current_step_index integer not null,
  status text not null,
  created_at integer not null,
  updated_at integer not null,
  total_steps integer not null,
  execution_time_ms real,
  memory_usage_mb real,
  is_background_task integer not null,
  parent_run_id text,
  task_id text,
  error_message text,
  background_error text,
  large text,
  metadata text not null,
  pipeline_context text not null,
  last_step_output text not null,
  constraint workflow_state_status check (status in ('running', 'paused', 'completed', 'failed', 'cancelled'))
) strict;
create unique index workflow_state_by_run on workflow_state (run_id);
create index workflow_state_by_created on workflow_state (created_at, run_id);
create index workflow_state_by_status_created on workflow_state (status, created_at, run_id);
create index workflow_state_by_pipeline_id on workflow_state (pipeline_id, status, created_at, run_id);
create index workflow_state_by_pipeline_name on workflow_state (pipeline_name, status, created_at, run_id);
create index workflow_state_by_pipeline_version on workflow_state (pipeline_version, status, created_at, run_id);
create index workflow_state_ended_by_updated on workflow_state (status, updated_at, run_id)
  where status in ('completed', 'failed', 'cancelled');
create index workflow_state_tasks_by_status on workflow_state (status, updated_at, run_id)
  where is_background_task = 1;
create index workflow_state_tasks_by_parent on workflow_state (parent_run_id, status, updated_at, run_id)
  where is_background_task = 1;

create table state_history (
  key integer primary key not null,
  item text not null
) strict;

create table large_values (
  state_id integer not null,
  hash text not null,
  value text not null
) strict;
create unique index large_values_by_hash on large_values (state_id, hash);

create table workflow_counts (
  key integer primary key not null,
  count integer not null,
  sum text
) strict;

create table runs (
  run_id text primary key not null,
  pipeline_id text not null,
  pipeline_name text not null,
  pipeline_version text not null,
  status text not null,
  created_at integer not null,
  updated_at integer not null,
  ended_at integer,
  execution_time_ms real,
  memory_usage_mb real,
  total_steps integer not null,
  total_cost_usd real,
  step_costs text not null,
  placeholder integer not null,
  error_message text,
  state_metadata text,
  metadata text not null,
  final_context text,
  constraint runs_status check (status in ('running', 'paused', 'completed', 'failed', 'cancelled'))
) strict;
create index runs_by_created on runs (created_at, run_id);
create index runs_by_status_created on runs (status, created_at, run_id);
create index runs_by_pipeline_name on runs (pipeline_name, status, created_at, run_id);
create index runs_by_status_updated on runs (status, updated_at, run_id);
create index runs_placeholders on runs (updated_at, run_id) where placeholder = 1;

create table steps (
  id integer primary key not null,
  run_id text not null,
  execution_id text not null,
  step_name text not null,
  step_index integer not null,
  status text not null,
  cost_usd real,
  token_counts integer,
  execution_time_ms real,
  created_at integer not null,
  error_message text,
  input text not null,
  output text not null,
  raw_response text not null,
  constraint steps_status check (status in ('running', 'paused', 'completed', 'failed', 'cancelled', 'skipped'))
) strict;
create unique index steps_by_execution on steps (run_id, execution_id);

create table spans (
  run_id text not null,
  span_id text not null,
  parent_span_id text,
  name text not null,
  start_time real not null,
  end_time real,
  status text not null,
  attributes text not null,
  events text not null,
  primary key (run_id, span_id)
) strict;
create index spans_ended on spans (start_time, name, status, end_time) where end_time is not null;

create table evaluations (
  sequence integer primary key not null,
  run_id text not null,
  score real not null,
  step_name text,
  created_at integer not null,
  feedback text,
  metadata text
) strict;
create index evaluations_by_created on evaluations (created_at, sequence);
create index evaluations_by_run on evaluations (run_id, created_at, sequence);

create table system_state (
  key text primary key not null,
  updated_at integer not null,
  value text not null
) strict;

create table leases (
  run_id text primary key not null,
  owner text not null,
  fence integer not null,
  expires_at integer not null
) strict;

create table counters (
  name text primary key not null,
  value integer not null
) strict;

create view workflow_state_readable as select
  run_id, status, pipeline_name, pipeline_id, pipeline_version, current_step_index, total_steps,
  ${iso('created_at')}, ${iso('updated_at')},
  execution_time_ms, memory_usage_mb, is_background_task, parent_run_id, task_id, error_message, background_error,
  (select count(*) from state_history where key between s.id << 32 and (s.id << 32) + 4294967295) as history_length,
  version, metadata, pipeline_context, last_step_output
from workflow_state s;

create view state_history_readable as select
  s.run_id, h.key & 4294967295 as position, h.item
from workflow_state s join state_history h on h.key between s.id << 32 and (s.id << 32) + 4294967295;

create view runs_readable as select
  run_id, status, pipeline_name, pipeline_id, pipeline_version,
  ${iso('created_at')}, ${iso('updated_at')}, ${iso('ended_at')},
  execution_time_ms, memory_usage_mb, total_steps,
  coalesce(total_cost_usd, (select total(value) from json_each(step_costs))) as total_cost_usd,
  error_message, placeholder, coalesce(state_metadata, metadata) as metadata, final_context
from runs;

create view steps_readable as select
  run_id, step_index, step_name, status, ${iso('created_at')},
  execution_time_ms, cost_usd, token_counts, error_message, execution_id, input, output, raw_response
from steps;

create view spans_readable as select
  run_id, span_id, parent_span_id, name, status,
  ${iso('start_time')}, ${iso('end_time')}, end_time - start_time as duration_ms, attributes, events
from spans;

create view evaluations_readable as select
  run_id, score, step_name, feedback, ${iso('created_at')}, metadata
from evaluations;

create view system_state_readable as select key, value, ${iso('updated_at')} from system_state;

create view leases_readable as select
  run_id, owner, fence, ${iso('expires_at')}, expires_at > strftime('%s', 'now') * 1000 as live
from leases;
`

/** Milliseconds as ISO 8601 text (UTC), under their own name. */
function iso(column: string): string {
  return `strftime('%Y-%m-%dT%H:%M:%fZ', ${column} / 1000.0, 'unixepoch') as ${column}`
}
