/** What the commands draw from: small pools, so that they meet each other's records often. */
import {
  type CleanupOptions,
  type EvaluationInput,
  type RunEnd,
  type RunStart,
  type SpanInput,
  type StepInput,
  type StorableObject,
  WORKFLOW_STATUSES,
  type WorkflowStateInput,
  type WorkflowStatePatch,
} from '@flujo-state/core'
import fc from 'fast-check'
import { START_OF_TIME } from '../clock.js'

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** Two of them share a prefix, two are hostile. */
const RUN_IDS = ['run', 'run-1', '__proto__', '../\u00e9\ud83d\ude00']
/** One of them more often than the others: a run that has had many writes knows more. */
export const runId = fc.constantFrom('run', 'run', 'run', ...RUN_IDS)
export const parentRunId = fc.constantFrom('parent', 'run', 'PARENT')
export const KEYS = ['run', 'constructor', 'key/1']
export const key = fc.constantFrom(...KEYS)
export const pipelineName = fc.constantFrom('Orders', 'orders', 'Billing%')
const spanId = fc.constantFrom('a', 'b', 'c', '__proto__')
export const owner = fc.constantFrom('worker 1', 'worker 2')
export const status = fc.constantFrom(...WORKFLOW_STATUSES)

/** Halves and quarters: their sums are exact. */
const figure = fc.constantFrom(0, 0.25, 1.5, 1_000)
const count = fc.nat({ max: 3 })
const text = fc.constantFrom('', 'failed', 'NUL \u0000', '\ud800')
/** On and beside the edges of the windows. */
const time = fc
  .constantFrom(0, -1, 1, -HOUR, -DAY, -DAY - 1, -DAY + 1, -30 * DAY, -30 * DAY - 1, DAY)
  .map((offset) => new Date(START_OF_TIME + offset))

/** What the clock is moved by; now and then back. */
export const clockStep = fc.constantFrom(
  1,
  1_000,
  HOUR - 1,
  HOUR,
  HOUR + 1,
  DAY - 1,
  DAY,
  DAY + 1,
  30 * DAY,
  30 * DAY + 1,
  -1,
  -HOUR,
)
export const hours = fc.constantFrom(0, 1, 0.5, 24, 24 * 30)
export const leaseMs = fc.constantFrom(1, HOUR, DAY, 40 * DAY)

const item = fc.constantFrom<StorableObject>(
  {},
  { n: 1 },
  { n: '1' },
  { a: { b: [1, { c: null }] } },
  JSON.parse('{"__proto__":{"x":1}}'),
  { when: new Date(0), map: new Map([['a', new Set([1])]]), big: 1n, none: undefined },
)
export const payload = item
const anything = fc.constantFrom(null, 0, false, '', [], { ok: true }, Number.NaN)

type Fields = { readonly [field: string]: fc.Arbitrary<unknown> }

/** An object with all of these fields. */
export function all<T extends object>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record(fields as Fields, { noNullPrototype: true }) as fc.Arbitrary<unknown> as fc.Arbitrary<T>
}

/** An object with some of these fields. */
export function some<T extends object>(fields: Fields): fc.Arbitrary<T> {
  return fc.record(fields, { requiredKeys: [], noNullPrototype: true }) as fc.Arbitrary<unknown> as fc.Arbitrary<T>
}
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null, freq: 3 })

const optionalState = {
  lastStepOutput: anything,
  createdAt: time,
  updatedAt: time,
  totalSteps: count,
  errorMessage: maybe(text),
  executionTimeMs: maybe(figure),
  memoryUsageMb: maybe(figure),
  metadata: payload,
  isBackgroundTask: fc.boolean(),
  parentRunId: maybe(parentRunId),
  taskId: maybe(fc.constantFrom('task')),
  backgroundError: maybe(text),
}
const requiredState = {
  pipelineId: fc.constantFrom('p', 'P'),
  pipelineName,
  pipelineVersion: fc.constantFrom('1', '2'),
  currentStepIndex: count,
  pipelineContext: payload,
  status,
}
const stepHistory = fc.array(item, { maxLength: 3 })

export const state = fc
  .tuple(
    fc.record(requiredState, { noNullPrototype: true }),
    some<Partial<WorkflowStateInput>>({ ...optionalState, stepHistory }),
  )
  .map(([required, optional]): WorkflowStateInput => ({ ...required, ...optional }))

/** A patch replaces the history or adds to it, not both. */
export const patch = fc
  .tuple(
    some<WorkflowStatePatch>({ ...optionalState, ...requiredState }),
    fc.constantFrom('stepHistory', 'appendStepHistory', null),
    stepHistory,
  )
  .map(([patch, field, items]): WorkflowStatePatch => (field === null ? patch : { ...patch, [field]: items }))

/** The `state` of a step or an end. Its status would have to be the end's own, and its times are those of the call. */
export const statePatch = fc.option(
  fc
    .tuple(
      some<WorkflowStatePatch>({
        lastStepOutput: anything,
        currentStepIndex: count,
        pipelineContext: payload,
        metadata: payload,
      }),
      stepHistory,
    )
    .map(([patch, appendStepHistory]): { state?: WorkflowStatePatch } => ({ state: { ...patch, appendStepHistory } })),
  { nil: {} as { state?: WorkflowStatePatch } },
)

const figures = {
  executionTimeMs: maybe(figure),
  memoryUsageMb: maybe(figure),
  totalSteps: count,
  errorMessage: maybe(text),
  metadata: payload,
}

export const runStart = some<Omit<RunStart, 'runId'>>({
  pipelineId: fc.constantFrom('p'),
  pipelineName,
  pipelineVersion: fc.constantFrom('1', '2'),
  status,
  createdAt: time,
  updatedAt: time,
  ...figures,
})
export const runEnd = some<RunEnd>({
  status,
  updatedAt: time,
  totalCostUsd: maybe(figure),
  finalContext: maybe(payload),
  ...figures,
}).chain((end) =>
  // Only a run that has ended has an end.
  end.status === undefined || end.status === 'running' || end.status === 'paused'
    ? fc.constant(end)
    : some<RunEnd>({ endedAt: maybe(time) }).map((times) => ({ ...end, ...times })),
)

export const step = fc
  .tuple(
    all({ stepName: fc.constantFrom('load', 'sum'), stepIndex: fc.constantFrom(0, 1, 9, 10) }),
    some<Partial<StepInput>>({
      status: fc.constantFrom(...WORKFLOW_STATUSES, 'skipped' as const),
      input: anything,
      output: anything,
      rawResponse: anything,
      errorMessage: maybe(text),
      costUsd: maybe(figure),
      tokenCounts: maybe(count),
      executionTimeMs: maybe(figure),
      createdAt: time,
      executionId: fc.constantFrom('0', 'again'),
    }),
  )
  .map(([required, optional]): Omit<StepInput, 'runId'> => ({ ...required, ...optional }))

const spanFields = { name: fc.constantFrom('work', '__proto__'), startTime: fc.constantFrom(0, 1, 1.5, -1) }
const optionalSpan = {
  endTime: maybe(fc.constantFrom(2, 2.25)),
  status: fc.constantFrom('completed', 'failed'),
  attributes: payload,
  events: fc.constantFrom([], [{ name: 'e', time: 1.5, attributes: {} }]),
}
const span = (spanId: fc.Arbitrary<string>) =>
  fc
    .tuple(fc.record({ spanId, ...spanFields }), some<Partial<SpanInput>>(optionalSpan))
    .map(([required, optional]): SpanInput => ({ ...required, ...optional }))

export const spans = fc.array(
  fc.tuple(span(spanId), maybe(spanId)).map(([span, parentSpanId]) => ({ ...span, parentSpanId })),
  { maxLength: 3 },
)
export const trace = fc
  .tuple(
    span(fc.constantFrom('root')),
    fc.uniqueArray(span(spanId), { maxLength: 3, selector: ({ spanId }) => spanId }),
  )
  .map(([root, children]) => ({ ...root, children }))

export const evaluation = fc
  .tuple(
    fc.constantFrom(0, 0.5, -1),
    some<Partial<EvaluationInput>>({
      feedback: maybe(text),
      stepName: maybe(fc.constantFrom('load')),
      metadata: maybe(payload),
    }),
  )
  .map(([score, optional]): EvaluationInput => ({ score, ...optional }))

/** Which lease a write is made under: none, the latest that was given, or the first, which is stale as a rule. */
export const lease = fc.constantFrom('none', 'none', 'none', 'latest', 'older')
export type LeaseChoice = 'none' | 'latest' | 'older'
/** Which version a write expects. */
export const version = fc.constantFrom('none', 'none', 'none', 'current', 'stale', 'zero')
export type VersionChoice = 'none' | 'current' | 'stale' | 'zero'

export const days = fc.constantFrom(0, 1, 30, 1 / 24)
export const cleanup = fc
  .tuple(
    all({ daysOld: days }),
    some<CleanupOptions>({ statuses: fc.uniqueArray(status, { maxLength: 3 }), dryRun: fc.boolean() }),
  )
  .map(([required, optional]): CleanupOptions => ({ ...required, ...optional }))

export const statuses = fc.oneof(status, fc.uniqueArray(status, { maxLength: 3 }))
export const page = some<{ limit?: number; offset?: number }>({ limit: count, offset: count })
export const bounds = some<{ createdAfter?: Date; createdBefore?: Date }>({
  createdAfter: time,
  createdBefore: time,
})
