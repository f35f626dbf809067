import { z } from 'zod'
import { finite, identifier, time } from './common.js'
import { nameFilter } from './paging.js'
import { type StoredObject, storableObject } from './storable.js'

const spanEvent = z.strictObject({
  name: identifier,
  /** Epoch milliseconds, fractions allowed. */
  time: finite,
  attributes: storableObject.optional(),
})

const spanFields = {
  spanId: identifier,
  parentSpanId: identifier.nullish(),
  name: identifier,
  startTime: finite,
  endTime: finite.nullish(),
  status: identifier.optional(),
  attributes: storableObject.optional(),
  events: z.array(spanEvent).optional(),
}
export const spanInput = z.strictObject(spanFields)
export const spanInputs = z.array(spanInput)

/** One node of a tree, its children unchecked: `rules/span-tree.ts` walks them with a loop, so that any depth works. */
export const spanNodeInput = z.strictObject({ ...spanFields, children: z.array(z.unknown()).optional() })

export type SpanInput = z.input<typeof spanInput>
/** What `saveTrace` takes: a span and, by position, its children. */
export interface SpanNodeInput extends SpanInput {
  children?: readonly SpanNodeInput[] | undefined
}

export interface SpanEvent {
  name: string
  /** Epoch milliseconds, fractions allowed. */
  time: number
  attributes: StoredObject
}

export interface Span {
  spanId: string
  parentSpanId: string | null
  name: string
  /** Epoch milliseconds, fractions allowed. */
  startTime: number
  /** Null while the span is open. */
  endTime: number | null
  status: string
  attributes: StoredObject
  events: SpanEvent[]
}

export interface SpanNode extends Span {
  children: SpanNode[]
}

export const spanFilter = z.strictObject({ status: nameFilter, name: nameFilter })
export type SpanFilter = z.input<typeof spanFilter>

const instant = z.union([finite, time])
export const spanStatisticsFilter = z.strictObject({
  /** The run's current pipeline name. */
  pipelineName: nameFilter,
  /** Both ends inclusive, on `startTime`; epoch milliseconds or Dates. */
  timeRange: z
    .tuple([instant, instant])
    .refine(([from, to]) => from <= to, 'must not end before it begins')
    .optional(),
})
export type SpanStatisticsFilter = z.input<typeof spanStatisticsFilter>

export interface DurationStatistics {
  count: number
  /** Milliseconds, as the others. */
  total: number
  average: number
  min: number
  max: number
}

/** Of ended spans. Any name is an own key, also `__proto__`; ask `Object.hasOwn` for names that may be missing. */
export interface SpanStatistics {
  totalSpans: number
  byName: Record<string, number>
  byStatus: Record<string, number>
  durationByName: Record<string, DurationStatistics>
}
