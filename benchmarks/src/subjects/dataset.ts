/** Many runs with a snapshot each, for lists and counts: small facts by arithmetic, so that a million need no memory. */
import { WORKFLOW_STATUSES, type WorkflowStatus } from '@flujo-state/core'
import { Content } from '../content.js'
import { type Entry, recount, type Stats } from './control.js'

export interface Row {
  readonly runId: string
  readonly createdAt: Date
  readonly status: WorkflowStatus
  readonly pipelineName: string
  readonly executionTimeMs: number | null
  readonly metadata: { readonly customer: string; readonly order: string }
}

const HOUR = 3_600_000
const DAY = 24 * HOUR
/** All rows lie within less than a day: the time of reading decides how many of them are recent. */
const SPAN = 20 * HOUR
const BEGIN = Date.UTC(2026, 0, 1)
const PIPELINES = 20
/** How many runs share a customer, and how many an order. */
const SHARED_BY = 50
const SIZE = 300

export class Dataset {
  readonly rows: number

  constructor(rows: number) {
    this.rows = rows
  }

  row(index: number): Row {
    const groups = Math.max(1, Math.round(this.rows / SHARED_BY))
    const status = WORKFLOW_STATUSES[scattered(index, 1) % WORKFLOW_STATUSES.length] ?? 'running'
    return {
      runId: `run-${String(index).padStart(7, '0')}`,
      createdAt: new Date(this.#timeOf(index)),
      status,
      pipelineName: pipelineName(scattered(index, 2)),
      executionTimeMs: status === 'completed' ? scattered(index, 3) % 60_000 : null,
      metadata: {
        customer: `customer-${scattered(index, 4) % groups}`,
        order: `order-${scattered(index, 5) % groups}`,
      },
    }
  }

  /** Newest first. */
  *newest(): Generator<Row> {
    for (let index = this.rows - 1; index >= 0; index--) yield this.row(index)
  }

  /** The snapshots to save. */
  *entries(): Generator<Entry> {
    const content = new Content()
    for (let index = 0; index < this.rows; index++) {
      const { runId, createdAt, ...facts } = this.row(index)
      yield { runId, state: { ...content.state(SIZE, createdAt.getTime()), ...facts, updatedAt: createdAt } }
    }
  }

  /** The time at which exactly this share of the rows was created in the last 24 hours. */
  timeWhenRecent(share: number): number {
    return this.#timeOf(this.rows - Math.round(this.rows * share)) + DAY
  }

  stats(now: number): Stats {
    return recount(this.newest(), recentFrom(now))
  }

  #timeOf(index: number): number {
    return BEGIN + Math.floor((index * SPAN) / this.rows)
  }
}

export const recentFrom = (now: number): number => now - DAY
export const pipelineName = (number: number): string => `pipeline ${number % PIPELINES}`

/** The first `limit` that fit. */
export function first<T>(rows: Iterable<T>, fits: (row: T) => boolean, limit: number): T[] {
  const found: T[] = []
  for (const row of rows) {
    if (found.length === limit) break
    if (fits(row)) found.push(row)
  }
  return found
}

/** A number without a pattern, the same for the same index and purpose. */
function scattered(index: number, purpose: number): number {
  let mixed = Math.imul(index + 0x9e3779b9, 0x85ebca6b + 2 * purpose)
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 13)) >>> 0
}
