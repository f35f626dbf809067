import type * as core from '@flujo-state/core'
import type { Dump } from '../dump.js'
import type { Model } from './model.js'
import type { Record as RunRecord } from './snapshot-model.js'

const STATUSES = ['running', 'paused', 'completed', 'failed', 'cancelled'] as const
const HOUR = 3_600_000
/** As far back as `dump` asks for failures. */
const EVER = 24 * 366 * 4_000 * HOUR

/** What a dump of a store that agrees with the model shows. */
export function expectedDump(model: Model, now: Date): Dump {
  const records = [...model.records].filter(([, record]) => isThere(model, record))
  const summaries = records.flatMap(([runId, { state }]) => (state ? [summaryOf(model, runId, state)] : []))
  const byCreation = newestFirst(summaries, 'createdAt')
  const byUpdate = newestFirst(summaries, 'updatedAt')
  return {
    runs: Object.fromEntries(records.map(([runId, record]) => [runId, runDump(model, runId, record)])),
    systemStates: Object.fromEntries(model.systemStates),
    states: byCreation.map(({ runId, status, createdAt, updatedAt }) => ({ runId, status, createdAt, updatedAt })),
    workflows: byCreation,
    failedWorkflows: byUpdate.filter(({ status, updatedAt }) => status === 'failed' && +updatedAt >= +now - EVER),
    backgroundTasks: byUpdate.filter(({ isBackgroundTask }) => isBackgroundTask),
    runList: newestFirst(
      records.flatMap(([, record]) => runSummary(record)),
      'createdAt',
    ),
    evaluations: evaluations(model),
    stats: stats(summaries, now),
    spanStatistics: spanStatistics(records.flatMap(([, { spans }]) => [...spans.values()])),
  }
}

const isThere = (model: Model, { state, run, lease }: RunRecord) =>
  state !== null || run !== null || model.isLive(lease)

function summaryOf(model: Model, runId: string, state: NonNullable<RunRecord['state']>): core.WorkflowSummary {
  const { pipelineContext: _c, lastStepOutput: _o, stepHistory: _h, ...summary } = state
  return { ...summary, version: model.versions.get(runId) ?? Number.NaN }
}

/** By code points, which is the order of the UTF-8 bytes. */
function compareText(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

function newestFirst<T extends { readonly runId: string; readonly createdAt: Date; readonly updatedAt: Date }>(
  items: readonly T[],
  by: 'createdAt' | 'updatedAt',
): T[] {
  return [...items].sort((a, b) => +b[by] - +a[by] || compareText(b.runId, a.runId))
}

function runSummary({ run, state, steps, givenCost }: RunRecord): core.RunSummary[] {
  if (!run) return []
  const { finalContext: _left, ...rest } = run
  const sum = steps.reduce((total, { costUsd }) => total + (costUsd ?? 0), 0)
  return [{ ...rest, totalCostUsd: givenCost ?? sum, metadata: state?.metadata ?? run.metadata }]
}

function runDump(model: Model, runId: string, record: RunRecord): Dump['runs'][string] {
  const { state, run, steps, spans, lease } = record
  const [summary] = runSummary(record)
  return {
    state: state && { ...state, version: model.versions.get(runId) ?? Number.NaN },
    run: run && summary ? { ...summary, finalContext: run.finalContext } : null,
    // Sorting is stable: ties stay in the order of first saving.
    steps: [...steps].sort((a, b) => a.stepIndex - b.stepIndex),
    spans: [...spans.values()].sort((a, b) => a.startTime - b.startTime || compareText(a.spanId, b.spanId)),
    lease: model.isLive(lease) ? lease : null,
  }
}

// Newest first, ties latest saved first: the order of saving, turned round, and stable.
function evaluations(model: Model): core.Evaluation[] {
  const latestFirst = model.evaluations.map((item, index) => ({ ...item, evaluationId: String(index) })).reverse()
  return latestFirst.sort((a, b) => +b.createdAt - +a.createdAt)
}

function stats(summaries: readonly core.WorkflowSummary[], now: Date): core.WorkflowStats {
  const count = (items: readonly core.WorkflowSummary[]) =>
    Object.fromEntries(
      STATUSES.map((status) => [status, items.filter((item) => item.status === status).length]),
    ) as core.StatusCounts
  const times = summaries.flatMap(({ executionTimeMs }) => executionTimeMs ?? [])
  return {
    totalWorkflows: summaries.length,
    statusCounts: count(summaries),
    recentWorkflows24h: summaries.filter(({ createdAt }) => +createdAt >= +now - 24 * HOUR).length,
    averageExecutionTimeMs: times.length === 0 ? 0 : times.reduce((a, b) => a + b) / times.length,
    backgroundStatusCounts: count(summaries.filter(({ isBackgroundTask }) => isBackgroundTask)),
  }
}

function spanStatistics(spans: readonly core.Span[]): core.SpanStatistics {
  const ended = spans.filter(({ endTime }) => endTime !== null)
  const tally = (keys: readonly string[]) =>
    Object.fromEntries([...new Set(keys)].map((key) => [key, keys.filter((other) => other === key).length]))
  const names = ended.map(({ name }) => name)
  return {
    totalSpans: ended.length,
    byName: tally(names),
    byStatus: tally(ended.map(({ status }) => status)),
    durationByName: Object.fromEntries(
      [...new Set(names)].map((name) => [name, durations(ended.filter((span) => span.name === name))]),
    ),
  }
}

function durations(spans: readonly core.Span[]): core.DurationStatistics {
  const all = spans.map(({ startTime, endTime }) => (endTime ?? 0) - startTime)
  const total = all.reduce((a, b) => a + b, 0)
  return { count: all.length, total, average: total / all.length, min: Math.min(...all), max: Math.max(...all) }
}
