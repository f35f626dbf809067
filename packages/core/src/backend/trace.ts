import type { z } from 'zod'
import { type WriteOptions, writeOptions } from '../models/claim.js'
import {
  type Span,
  type SpanFilter,
  type SpanInput,
  type SpanNode,
  type SpanNodeInput,
  type SpanStatistics,
  type SpanStatisticsFilter,
  spanFilter,
  type spanInput,
  spanInputs,
  spanStatisticsFilter,
} from '../models/trace.js'
import type { SpanRow } from '../records.js'
import { SpanAggregator, spanStatistics } from '../rules/span-statistics.js'
import { buildForest, bySpanOrder, coveringTimes, SYNTHETIC_ROOT } from '../rules/span-tree.js'
import type { MaybePromise, SpanAggregate, SpanAggregateQuery, StateStore } from '../state-store.js'
import { all, settle, whenDone } from '../store/maybe-promise.js'
import type { Change } from '../store/unit.js'
import type { Call } from './call.js'
import { check, checkId } from './check.js'
import { writeConditions } from './conditions.js'
import type { Kernel } from './kernel.js'
import { flattenTrace, type PlacedSpan } from './trace-input.js'
import { walk } from './walk.js'

export async function saveTrace(
  kernel: Kernel,
  call: Call,
  runIdInput: string,
  root: SpanNodeInput,
  optionsInput: WriteOptions = {},
): Promise<void> {
  const runId = checkId(runIdInput, 'runId')
  const spans = flattenTrace(root)
  await commitSpans(kernel, call, runId, spans, true, optionsInput)
}

export async function saveSpans(
  kernel: Kernel,
  call: Call,
  runIdInput: string,
  spansInput: readonly SpanInput[],
  optionsInput: WriteOptions = {},
): Promise<void> {
  const runId = checkId(runIdInput, 'runId')
  const spans = check(spanInputs, spansInput)
  const placed = spans.map((span, index) => ({
    span,
    parentSpanId: span.parentSpanId ?? null,
    path: () => `$[${index}]`,
  }))
  await commitSpans(kernel, call, runId, placed, false, optionsInput)
}

async function commitSpans(
  kernel: Kernel,
  call: Call,
  runId: string,
  spans: readonly PlacedSpan[],
  replace: boolean,
  optionsInput: WriteOptions,
): Promise<void> {
  const conditions = writeConditions(runId, check(writeOptions, optionsInput))
  const rows = all(spans.map((placed) => encodeSpan(kernel, call, runId, placed)))
  // An empty batch changes nothing, but a stale lease is still told.
  const changes = whenDone(rows, (rows): Change[] =>
    rows.length > 0 || replace ? [{ kind: 'save-spans', rows, replace }] : [],
  )
  await kernel.commit(runId, conditions, changes)
  call.rows = spans.length
}

type CheckedSpan = z.output<typeof spanInput>

function encodeSpan(
  kernel: Kernel,
  call: Call,
  runId: string,
  { span, parentSpanId, path }: PlacedSpan,
): MaybePromise<SpanRow> {
  return settle<SpanRow>({
    runId,
    spanId: span.spanId,
    parentSpanId,
    name: span.name,
    startTime: span.startTime,
    endTime: span.endTime ?? null,
    status: span.status ?? 'running',
    attributes: kernel.encode(
      call,
      span.attributes ?? {},
      { runId, field: 'attributes' },
      () => `${path()}.attributes`,
    ),
    events: kernel.encode(call, eventsOf(span), { runId, field: 'events' }, () => `${path()}.events`),
  })
}

function eventsOf({ events = [] }: CheckedSpan): Span['events'] {
  return events.map(({ name, time, attributes = {} }) => ({ name, time, attributes }))
}

export async function getSpans(
  kernel: Kernel,
  call: Call,
  runIdInput: string,
  filterInput: SpanFilter = {},
): Promise<Span[]> {
  const runId = checkId(runIdInput, 'runId')
  const { status, name } = check(spanFilter, filterInput)
  const rows = await kernel.read((store) => store.readSpans(runId))
  const wanted = rows.filter(
    (row) => (status === undefined || row.status === status) && (name === undefined || row.name === name),
  )
  return kernel.list(call, wanted.sort(bySpanOrder), (row) => decodeSpan(kernel, call, row))
}

function decodeSpan(kernel: Kernel, call: Call, row: SpanRow): MaybePromise<Span> {
  const { runId } = row
  return settle<Span>({
    spanId: row.spanId,
    parentSpanId: row.parentSpanId,
    name: row.name,
    startTime: row.startTime,
    endTime: row.endTime,
    status: row.status,
    attributes: kernel.decode(call, row.attributes, { runId, field: 'attributes' }) as MaybePromise<Span['attributes']>,
    events: kernel.decode(call, row.events, { runId, field: 'events' }) as MaybePromise<Span['events']>,
  })
}

export async function getTrace(kernel: Kernel, call: Call, runIdInput: string): Promise<SpanNode | null> {
  const runId = checkId(runIdInput, 'runId')
  const rows = await kernel.read((store) => store.readSpans(runId))
  const nodes = (await kernel.list(call, rows, (row) => decodeSpan(kernel, call, row))) as SpanNode[]
  const { roots, childrenOf } = buildForest(nodes)
  for (const node of nodes) node.children = childrenOf.get(node.spanId) ?? []
  const [first, ...others] = roots
  if (first === undefined || others.length === 0) return first ?? null
  const children = [first, ...others]
  return { ...SYNTHETIC_ROOT, parentSpanId: null, ...coveringTimes(children), attributes: {}, events: [], children }
}

export async function getSpanStatistics(
  kernel: Kernel,
  call: Call,
  filterInput: SpanStatisticsFilter = {},
): Promise<SpanStatistics> {
  const { pipelineName, timeRange } = check(spanStatisticsFilter, filterInput)
  const query: SpanAggregateQuery = { pipelineName, from: timeRange?.[0], to: timeRange?.[1] }
  const aggregates = await kernel.read((store) => store.aggregateSpans?.(query) ?? aggregateByReading(store, query))
  call.rows = 1
  return spanStatistics(aggregates)
}

// Every run with spans has a run record.
async function aggregateByReading(store: StateStore, query: SpanAggregateQuery): Promise<SpanAggregate[]> {
  const aggregator = new SpanAggregator(query)
  const { pipelineName } = query
  for await (const runs of walk((page) => store.listRuns({ order: 'createdAt', pipelineName, ...page })))
    for (const { runId } of runs) for (const span of await store.readSpans(runId)) aggregator.add(span)
  return aggregator.result()
}
