/** Counts of snapshots that are kept, not counted: what they cost to read does not depend on how many snapshots there are. */
import { type CountedState, ExactSum, StateBackendError, type StateCounts, WORKFLOW_STATUSES } from '@flujo-state/core'
import { eq, getTableColumns, type SQL, sql } from 'drizzle-orm'
import { like, selection } from '../rows.js'
import { workflowCounts, workflowCreated } from '../schema.js'
import { placeholders, type Query, type RecordQuery, type Statements } from '../statement.js'

const { id, ...totals } = getTableColumns(workflowCounts)
type Totals = { readonly [K in keyof typeof totals]: (typeof totals)[K]['_']['data'] }
type Count = Exclude<keyof Totals, 'time'>

/** A period is 2^16 times as long as the one before: the first is a millisecond, the third is 50 days. */
const TIMES = 2 ** 16
const LEVELS = [0, 1, 2] as const
/** The number of the period of this level that a time is in. */
const periodOf = (time: number, level: number) => Math.floor(time / TIMES ** level)
/** The key of a period. Numbers of periods are smaller than 2^48, whatever the year. */
const keyOf = (period: number, level: number) => level * 2 ** 49 + period
const LAST_PERIOD = 2 ** 48

/** What a transaction changes in the counts. */
export class CountChanges {
  readonly counts = new Map<Count, number>()
  /** By the keys of `workflow_created`. */
  readonly created = new Map<number, number>()
  /** Execution times that came, and, negative, those that went. */
  readonly times: number[] = []

  /** A snapshot is now another one; null: there was or is none. */
  note(from: CountedState | null, to: CountedState | null): void {
    if (from?.status !== to?.status || from?.isBackgroundTask !== to?.isBackgroundTask) {
      this.#count(from, -1)
      this.#count(to, 1)
    }
    if (from?.executionTimeMs !== to?.executionTimeMs) {
      this.#time(from, -1)
      this.#time(to, 1)
    }
    if (from?.createdAt !== to?.createdAt) {
      this.#create(from, -1)
      this.#create(to, 1)
    }
  }

  #count(state: CountedState | null, by: 1 | -1): void {
    if (state === null) return
    add(this.counts, state.status, by)
    if (state.isBackgroundTask) add(this.counts, `${state.status}Tasks`, by)
  }
  #time(state: CountedState | null, by: 1 | -1): void {
    if (state === null || state.executionTimeMs === null) return
    add(this.counts, 'timed', by)
    this.times.push(by * state.executionTimeMs)
  }
  #create(state: CountedState | null, by: 1 | -1): void {
    if (state === null) return
    for (const level of LEVELS) add(this.created, keyOf(periodOf(state.createdAt, level), level), by)
  }
}

function add<K>(changes: Map<K, number>, key: K, by: number): void {
  changes.set(key, (changes.get(key) ?? 0) + by)
}

const c = workflowCreated

export class StatisticsQueries {
  readonly #read: RecordQuery<Totals>
  readonly #write: Query
  readonly #recent: RecordQuery<{ readonly count: number }>
  readonly #addCreated: Query
  readonly #dropEmpty: Query

  constructor(statements: Statements) {
    const row = eq(id, 1)
    this.#read = statements.records(totals, sql`select ${selection(totals)} from ${workflowCounts} where ${row}`)
    const sets = Object.entries(totals).map(([name, { name: column }]) => {
      return sql`${sql.identifier(column)} = ${sql.placeholder(name)}`
    })
    this.#write = statements.query(() => sql`update ${workflowCounts} set ${sql.join(sets, sql`, `)} where ${row}`)
    const recent = { count: like(c.count, sql.join(LEVELS.map(countOfLevel), sql` + `)) }
    this.#recent = statements.records(recent, sql`select ${selection(recent)}`)
    const byKey = sql`${c.key} = ${sql.placeholder('key')}`
    this.#addCreated = statements.query((db) =>
      db
        .insert(c)
        .values(placeholders(getTableColumns(c)))
        .onConflictDoUpdate({ target: c.key, set: { count: sql`${c.count} + excluded.count` } }),
    )
    this.#dropEmpty = statements.query((db) => db.delete(c).where(sql`${byKey} and ${c.count} = 0`))
  }

  read(recentFrom: number): StateCounts {
    const totals = this.#totals()
    const byStatus = WORKFLOW_STATUSES.flatMap((status) => {
      const tasks = totals[`${status}Tasks`]
      return [
        { status, isBackgroundTask: false, count: totals[status] - tasks },
        { status, isBackgroundTask: true, count: tasks },
      ]
    })
    const recent = this.#recent.first(rangesFrom(recentFrom))?.count ?? 0
    return { byStatus, recent, executionTime: { count: totals.timed, total: new ExactSum(totals.time).total() } }
  }

  #totals(): Totals {
    const totals = this.#read.first({})
    if (totals !== null) return totals
    throw new StateBackendError('CORRUPT', 'the row of workflow_counts is gone; restore the store from a backup')
  }

  add({ counts, created, times }: CountChanges): void {
    if ([...counts.values()].some((by) => by !== 0) || times.length > 0) this.#addTotals(counts, times)
    for (const [key, by] of created) {
      if (by === 0) continue
      this.#addCreated.run({ key, count: by })
      if (by < 0) this.#dropEmpty.run({ key })
    }
  }

  #addTotals(counts: ReadonlyMap<Count, number>, times: readonly number[]): void {
    const totals: Record<Count, number> & { time: string } = { ...this.#totals() }
    for (const [name, by] of counts) totals[name] += by
    if (times.length > 0) {
      const time = new ExactSum(totals.time)
      for (const value of times) time.add(value)
      totals.time = time.toString()
    }
    this.#write.run(totals)
  }
}

function countOfLevel(level: number): SQL {
  const range = sql`${c.key} between ${sql.placeholder(`from${level}`)} and ${sql.placeholder(`to${level}`)}`
  return sql`(select coalesce(sum(${c.count}), 0) from ${c} where ${range})`
}

/** The rows that together are all times from `from` on: what is left of its longer periods, each in the shorter ones. */
function rangesFrom(from: number): Record<string, number> {
  const ranges: Record<string, number> = {}
  let first = from
  for (const level of LEVELS) {
    const longer = periodOf(first, 1)
    const isLast = level === LEVELS.length - 1
    ranges[`from${level}`] = keyOf(first, level)
    ranges[`to${level}`] = keyOf(isLast ? LAST_PERIOD : longer * TIMES + TIMES - 1, level)
    first = longer + 1
  }
  return ranges
}
