/** Counts of snapshots that are kept, not counted: what they cost to read does not depend on how many snapshots there are. */
import {
  type CountedState,
  ExactSum,
  type StateCounts,
  WORKFLOW_STATUSES,
  type WorkflowStatus,
} from '@flujo-state/core'
import { eq, getTableColumns, type SQL, sql } from 'drizzle-orm'
import { like, selection } from '../rows.js'
import { workflowCounts } from '../schema.js'
import { placeholders, type Query, type RecordQuery, type Statements } from '../statement.js'

/**
 * Creation times are counted in periods of three lengths, each 2^16 times the one before: 1 ms, 66 s, 50 days. So what was created
 * since a time is the sum of at most 2^16 rows of each length, mostly of a few hundred. Whatever the year, there are less than
 * 2^48 periods since 1970.
 */
const LEVELS = [0, 1, 2] as const
const PERIODS = 2 ** 16
const LAST_PERIOD = 2 ** 48
const keyOfPeriod = (level: number, period: number) => level * 2 ** 49 + period

/** Behind all periods, so that it stands on one page with the latest long ones, which every new snapshot changes. */
const TOTALS = 2 ** 51
const STATUSES: Record<WorkflowStatus, number> = { running: 0, paused: 1, completed: 2, failed: 3, cancelled: 4 }
const keyOfStatus = (status: WorkflowStatus, isTask: boolean) => TOTALS + STATUSES[status] * 2 + Number(isTask)
const TIMED = TOTALS + 100

/** What a transaction changes in the counts. */
export class CountChanges {
  readonly counts = new Map<number, number>()
  /** Execution times that came, and, negative, those that went. */
  readonly times: number[] = []

  /** A snapshot is now another one; null: there was or is none. */
  note(from: CountedState | null, to: CountedState | null): void {
    if (from?.status !== to?.status || from?.isBackgroundTask !== to?.isBackgroundTask) {
      if (from) this.#add(keyOfStatus(from.status, from.isBackgroundTask), -1)
      if (to) this.#add(keyOfStatus(to.status, to.isBackgroundTask), 1)
    }
    if (from?.executionTimeMs !== to?.executionTimeMs) {
      if (from) this.#addTime(from.executionTimeMs, -1)
      if (to) this.#addTime(to.executionTimeMs, 1)
    }
    if (from?.createdAt !== to?.createdAt) {
      if (from) this.#addCreated(from.createdAt, -1)
      if (to) this.#addCreated(to.createdAt, 1)
    }
  }

  #addTime(time: number | null, by: 1 | -1): void {
    if (time === null) return
    this.#add(TIMED, by)
    this.times.push(by * time)
  }
  #addCreated(time: number, by: 1 | -1): void {
    for (const level of LEVELS) this.#add(keyOfPeriod(level, Math.floor(time / PERIODS ** level)), by)
  }
  #add(key: number, by: 1 | -1): void {
    this.counts.set(key, (this.counts.get(key) ?? 0) + by)
  }
}

const t = workflowCounts
const columns = getTableColumns(t)
const createdSince = { count: like(t.count, sql.join(LEVELS.map(countOfLevel), sql` + `)) }

export class StatisticsQueries {
  readonly #totals
  readonly #createdSince: RecordQuery<{ readonly count: number }>
  readonly #sum: RecordQuery<{ readonly sum: string | null }>
  readonly #add: Query
  readonly #dropEmpty: Query

  constructor(statements: Statements) {
    const byKey = eq(t.key, sql.placeholder('key'))
    this.#totals = statements.records(columns, sql`select ${selection(columns)} from ${t} where ${t.key} >= ${TOTALS}`)
    this.#createdSince = statements.records(createdSince, sql`select ${selection(createdSince)}`)
    this.#sum = statements.records({ sum: t.sum }, sql`select ${t.sum} from ${t} where ${byKey}`)
    this.#add = statements.query((db) =>
      db
        .insert(t)
        .values(placeholders(columns))
        .onConflictDoUpdate({
          target: t.key,
          set: { count: sql`${t.count} + excluded.count`, sum: sql`excluded.sum` },
        }),
    )
    this.#dropEmpty = statements.query((db) => db.delete(t).where(sql`${byKey} and ${t.count} = 0`))
  }

  read(recentFrom: number): StateCounts {
    const totals = new Map(this.#totals.all({}).map((row) => [row.key, row]))
    const byStatus = WORKFLOW_STATUSES.flatMap((status) =>
      [false, true].map((isBackgroundTask) => {
        const count = totals.get(keyOfStatus(status, isBackgroundTask))?.count ?? 0
        return { status, isBackgroundTask, count }
      }),
    )
    const recent = this.#createdSince.first(rangesFrom(recentFrom))?.count ?? 0
    const timed = totals.get(TIMED)
    const total = new ExactSum(timed?.sum ?? undefined).total()
    return { byStatus, recent, executionTime: { count: timed?.count ?? 0, total } }
  }

  add({ counts, times }: CountChanges): void {
    for (const [key, by] of counts) {
      const sum = key === TIMED ? this.#sumWith(times) : null
      if (by === 0 && sum === null) continue
      this.#add.run({ key, count: by, sum })
      if (by < 0) this.#dropEmpty.run({ key })
    }
  }

  #sumWith(times: readonly number[]): string {
    const sum = new ExactSum(this.#sum.first({ key: TIMED })?.sum ?? undefined)
    for (const time of times) sum.add(time)
    return sum.toString()
  }
}

function countOfLevel(level: number): SQL {
  const range = sql`${t.key} between ${sql.placeholder(`from${level}`)} and ${sql.placeholder(`to${level}`)}`
  return sql`(select coalesce(sum(${t.count}), 0) from ${t} where ${range})`
}

/** The keys of the periods that together are all time since `from`: short ones to the end of a longer one, then longer ones. */
function rangesFrom(from: number): Record<string, number> {
  const ranges: Record<string, number> = {}
  let first = from
  for (const level of LEVELS) {
    const longer = Math.floor(first / PERIODS)
    const last = level === 2 ? LAST_PERIOD : longer * PERIODS + PERIODS - 1
    ranges[`from${level}`] = keyOfPeriod(level, first)
    ranges[`to${level}`] = keyOfPeriod(level, last)
    first = longer + 1
  }
  return ranges
}
