import type { DurationStatistics, SpanStatistics } from '../models/trace.js'
import type { SpanRow } from '../records.js'
import type { SpanAggregate, SpanAggregateQuery } from '../state-store.js'

/** Collects ended spans into one aggregate per name and status. */
export class SpanAggregator {
  readonly #groups = new Map<string, { -readonly [K in keyof SpanAggregate]: SpanAggregate[K] }>()
  readonly #query: SpanAggregateQuery

  constructor(query: SpanAggregateQuery) {
    this.#query = query
  }

  add(span: SpanRow): void {
    const { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = this.#query
    if (span.endTime === null || span.startTime < from || span.startTime > to) return
    const duration = span.endTime - span.startTime
    // Names hold no control characters, so this key is unambiguous.
    const key = `${span.name}\n${span.status}`
    const group = this.#groups.get(key)
    if (group === undefined) {
      const { name, status } = span
      this.#groups.set(key, { name, status, count: 1, total: duration, min: duration, max: duration })
      return
    }
    group.count += 1
    group.total += duration
    group.min = Math.min(group.min, duration)
    group.max = Math.max(group.max, duration)
  }

  result(): SpanAggregate[] {
    return [...this.#groups.values()]
  }
}

/** The answer of `getSpanStatistics`. Built by entries, so that a name like `__proto__` is a key like others. */
export function spanStatistics(aggregates: readonly SpanAggregate[]): SpanStatistics {
  const byName = new Map<string, number>()
  const byStatus = new Map<string, number>()
  const durations = new Map<string, DurationStatistics>()
  let totalSpans = 0
  for (const { name, status, count, total, min, max } of aggregates) {
    totalSpans += count
    byName.set(name, (byName.get(name) ?? 0) + count)
    byStatus.set(status, (byStatus.get(status) ?? 0) + count)
    const old = durations.get(name) ?? { count: 0, total: 0, average: 0, min, max }
    const sum = { count: old.count + count, total: old.total + total }
    durations.set(name, {
      ...sum,
      average: sum.total / sum.count,
      min: Math.min(old.min, min),
      max: Math.max(old.max, max),
    })
  }
  return {
    totalSpans,
    byName: Object.fromEntries(byName),
    byStatus: Object.fromEntries(byStatus),
    durationByName: Object.fromEntries(durations),
  }
}
