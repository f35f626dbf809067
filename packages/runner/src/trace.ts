import type { Span, SpanEvent, SpanInput, StepRecord, StorableObject } from '@flujo-state/core'
import { messageOf } from './check.js'

/** A span while it is worked on; saved as it is. */
export interface OpenSpan extends SpanInput {
  endTime: number | null
  status: string
  events: SpanEvent[]
}

const ROOT = 'run'

export function addEvent(span: OpenSpan, name: string, time: number, attributes: StorableObject = {}): void {
  span.events.push({ name, time, attributes })
}

/** An event with the fields that OpenTelemetry gives to exceptions. */
export function addException(span: OpenSpan, time: number, thrown: unknown, attributes: StorableObject = {}): void {
  const isError = thrown instanceof Error
  addEvent(span, 'exception', time, {
    'exception.type': isError ? thrown.name : typeof thrown,
    'exception.message': messageOf(thrown),
    ...(isError && thrown.stack !== undefined ? { 'exception.stacktrace': thrown.stack } : {}),
    ...attributes,
  })
}

export function closeSpan(span: OpenSpan, status: string, time: number): OpenSpan {
  span.status = status
  span.endTime = time
  return span
}

/** The span with a note in place of its events, one of which cannot be stored. */
export function withoutEvents(span: OpenSpan, why: string): OpenSpan {
  const note = { name: 'events left out', time: span.startTime, attributes: { why } }
  return { ...span, events: span.events.length > 0 ? [note] : [] }
}

/** The spans of one run: a root that stays open until the run ends, and below it one for each execution of a step. */
export class RunTrace {
  readonly root: OpenSpan
  readonly #executions: Map<string, number>

  private constructor(root: OpenSpan, executions: Map<string, number>) {
    this.root = root
    this.#executions = executions
  }

  static begin(name: string, time: number, attributes: StorableObject): RunTrace {
    return new RunTrace(newSpan(ROOT, null, name, time, attributes), new Map())
  }

  /** The trace of a run that is worked on again, and those of its stored spans that change by this. */
  static reopen(
    stored: readonly Span[],
    records: readonly StepRecord[],
    name: string,
    time: number,
    attributes: StorableObject,
  ) {
    const found = stored.find((span) => span.spanId === ROOT)
    const root: OpenSpan = found
      ? { ...found, status: 'running', endTime: null }
      : newSpan(ROOT, null, name, time, attributes)
    const steps = stored.filter((span) => span.parentSpanId === ROOT)
    const executions = new Map<string, number>()
    for (const { spanId } of steps) {
      const step = spanId.slice(0, spanId.lastIndexOf('.'))
      executions.set(step, (executions.get(step) ?? 0) + 1)
    }
    addEvent(root, 'resumed', time)
    const settled = steps.filter(isOpen).map((span) => settle(span, records, time))
    return { trace: new RunTrace(root, executions), changed: [...settled, root] }
  }

  openStep(name: string, stepIndex: number, time: number): OpenSpan {
    const step = `step-${stepIndex}`
    const execution = (this.#executions.get(step) ?? 0) + 1
    this.#executions.set(step, execution)
    return newSpan(`${step}.${execution}`, ROOT, name, time, { stepIndex, execution })
  }

  openPart(step: OpenSpan, number: number, name: string, time: number): OpenSpan {
    return newSpan(`${step.spanId}.${number}`, step.spanId, name, time, {})
  }
}

function newSpan(
  spanId: string,
  parentSpanId: string | null,
  name: string,
  startTime: number,
  attributes: StorableObject,
) {
  return { spanId, parentSpanId, name, startTime, endTime: null, status: 'running', attributes, events: [] } as OpenSpan
}

/** Those of a run's stored spans that change when it is given up: its open ones. */
export function abandonedSpans(
  stored: readonly Span[],
  records: readonly StepRecord[],
  time: number,
  message: string,
): OpenSpan[] {
  return stored
    .filter((span) => isOpen(span) || span.spanId === ROOT)
    .map((span) => {
      if (span.spanId !== ROOT) return settle(span, records, time)
      const root = closeSpan({ ...span }, 'failed', time)
      addEvent(root, 'abandoned', time, { message })
      return root
    })
}

const isOpen = (span: Span) => span.endTime === null && span.status === 'running'

/**
 * The span of an execution whose process died: with the end of the step's record, if that was saved just before. Else it is
 * not known when it ended: it gets no end, and does not count in statistics of durations.
 */
function settle(span: Span, records: readonly StepRecord[], time: number): OpenSpan {
  const saved = records.find(({ stepIndex, createdAt }) => {
    return stepIndex === span.attributes.stepIndex && createdAt.getTime() === Math.floor(span.startTime)
  })
  if (saved) return { ...span, status: saved.status, endTime: span.startTime + (saved.executionTimeMs ?? 0) }
  const found = { name: 'found interrupted', time, attributes: {} }
  return { ...span, status: 'interrupted', events: [...span.events, found] }
}
