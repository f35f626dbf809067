import type { Dump } from '../dump.js'
import { literal } from './literal.js'

type RunDump = Dump['runs'][string]
const NOTHING: RunDump = { state: null, run: null, steps: [], spans: [], lease: null }
/** As far back as `dump` asks for failures. */
const EVER = 24 * 366 * 4_000

export function runOf(dump: Dump, runId: string): RunDump {
  // Not every key that can be read is one of its own.
  return (Object.hasOwn(dump.runs, runId) ? dump.runs[runId] : undefined) ?? NOTHING
}

/** A dump in parts: the call that gives each of them, and what it gives. Which ids evaluations have is the store's business. */
export function partsOf(dump: Dump, runIds: readonly string[], keys: readonly string[]): Map<string, unknown> {
  const parts = new Map<string, unknown>()
  for (const runId of runIds) {
    const run = runOf(dump, runId)
    parts.set(`backend.loadState(${literal(runId)})`, run.state)
    parts.set(`backend.getRunDetails(${literal(runId)})`, run.run)
    parts.set(`backend.listRunSteps(${literal(runId)})`, run.steps)
    parts.set(`backend.getSpans(${literal(runId)})`, run.spans)
    parts.set(`backend.getLease(${literal(runId)})`, run.lease)
  }
  for (const key of keys)
    parts.set(
      `backend.getSystemState(${literal(key)})`,
      Object.hasOwn(dump.systemStates, key) ? dump.systemStates[key] : null,
    )
  parts.set('backend.listStates()', dump.states)
  parts.set('backend.listWorkflows()', dump.workflows)
  parts.set(`backend.getFailedWorkflows({ hoursBack: ${EVER} })`, dump.failedWorkflows)
  parts.set('backend.listBackgroundTasks()', dump.backgroundTasks)
  parts.set('backend.listRuns()', dump.runList)
  parts.set(
    '(await backend.listEvaluations({ limit: 1000 })).map(({ evaluationId, ...item }) => item)',
    dump.evaluations.map(({ evaluationId: _id, ...item }) => item),
  )
  parts.set('backend.getWorkflowStats()', dump.stats)
  parts.set('backend.getSpanStatistics()', dump.spanStatistics)
  return parts
}
