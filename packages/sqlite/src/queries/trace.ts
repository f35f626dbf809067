import type { SpanAggregate, SpanAggregateQuery, SpanRow } from '@flujo-state/core'
import { eq, getTableColumns, type SQL, sql } from 'drizzle-orm'
import { like, selection } from '../rows.js'
import { counters, runs, spans } from '../schema.js'
import { placeholders, type Query, type RecordQuery, replacements, type Statements } from '../statement.js'

const t = spans
const columns = getTableColumns(t)
const { runId: _run, spanId: _span, ...values } = columns

const duration = sql`${t.endTime} - ${t.startTime}`
const group = {
  name: t.name,
  status: t.status,
  count: like(counters.value, sql`count(*)`),
  /** Null where an infinity meets its opposite. */
  total: like(t.endTime, sql`total(${duration})`),
  min: like(t.startTime, sql`min(${duration})`),
  max: like(t.startTime, sql`max(${duration})`),
}

export class TraceQueries {
  readonly #read: RecordQuery<SpanRow>
  readonly #put: Query
  readonly #delete: Query
  readonly #aggregate
  readonly #aggregateOfPipeline

  constructor(statements: Statements) {
    const byRun = eq(t.runId, sql.placeholder('runId'))
    this.#read = statements.records(columns, sql`select ${selection(columns)} from ${t} where ${byRun}`)
    this.#put = statements.query((db) =>
      db
        .insert(t)
        .values(placeholders(columns))
        .onConflictDoUpdate({ target: [t.runId, t.spanId], set: replacements(values) }),
    )
    this.#delete = statements.query((db) => db.delete(t).where(byRun))
    this.#aggregate = statements.records(group, aggregate(sql`${t} indexed by spans_ended`, sql`true`))
    const ofPipeline = sql`${runs} cross join ${t} on ${t.runId} = ${runs.runId}`
    this.#aggregateOfPipeline = statements.records(
      group,
      aggregate(ofPipeline, eq(runs.pipelineName, sql.placeholder('pipelineName'))),
    )
  }

  read(runId: string): SpanRow[] {
    return this.#read.all({ runId })
  }

  put(rows: readonly SpanRow[]): void {
    for (const row of rows) this.#put.run(row)
  }

  delete(runId: string): void {
    this.#delete.run({ runId })
  }

  /** Of ended spans, by name and status. */
  aggregate({ pipelineName, from = -Number.MAX_VALUE, to = Number.MAX_VALUE }: SpanAggregateQuery): SpanAggregate[] {
    const query = pipelineName === undefined ? this.#aggregate : this.#aggregateOfPipeline
    const groups = query.all({ pipelineName, from, to })
    return groups.map((group) => ({ ...group, total: group.total ?? Number.NaN }))
  }
}

function aggregate(from: SQL, condition: SQL): SQL {
  const ended = sql`${t.endTime} is not null`
  const started = sql`${t.startTime} >= ${sql.placeholder('from')} and ${t.startTime} <= ${sql.placeholder('to')}`
  return sql`select ${selection(group)} from ${from} where ${condition} and ${ended} and ${started} group by ${t.name}, ${t.status}`
}
