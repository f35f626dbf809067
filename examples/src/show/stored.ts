/** What a backend holds, for people: the lists that the main example ends with. */
import type { StateBackend } from '@flujo-state/sqlite'
import { duration, table } from './text.js'
import { waterfall } from './waterfall.js'

export async function runList(backend: StateBackend): Promise<string[]> {
  const runs = await backend.listWorkflows()
  return table(
    [
      { title: 'run', width: 20 },
      { title: 'pipeline', width: 12 },
      { title: 'status', width: 9 },
      { title: 'steps', width: 5, right: true },
      { title: 'worked', width: 8, right: true },
      { title: 'parent', width: 16 },
    ],
    runs.map(({ runId, pipelineName, status, currentStepIndex, totalSteps, executionTimeMs, parentRunId }) => [
      runId,
      pipelineName,
      status,
      `${currentStepIndex}/${totalSteps}`,
      duration(executionTimeMs),
      parentRunId ?? '-',
    ]),
  )
}

export async function stepList(backend: StateBackend, runId: string): Promise<string[]> {
  const steps = await backend.listRunSteps(runId)
  return table(
    [
      { title: '#', width: 2, right: true },
      { title: 'step', width: 10 },
      { title: 'status', width: 9 },
      { title: 'worked', width: 8, right: true },
      { title: 'output', width: 43 },
    ],
    steps.map(({ stepIndex, stepName, status, executionTimeMs, output, rawResponse }) => [
      String(stepIndex + 1),
      stepName,
      status,
      duration(executionTimeMs),
      rawResponse === null ? summary(output) : `answered ${summary(rawResponse[0])}`,
    ]),
  )
}

function summary(value: unknown): string {
  return Array.isArray(value) ? `${value.length} items: ${JSON.stringify(value[0])}` : (JSON.stringify(value) ?? '')
}

export async function traceOf(backend: StateBackend, runId: string): Promise<string[]> {
  const trace = await backend.getTrace(runId)
  return trace === null ? ['no spans'] : waterfall(trace)
}

export async function statistics(backend: StateBackend): Promise<string[]> {
  const { totalWorkflows, statusCounts, recentWorkflows24h, averageExecutionTimeMs } = await backend.getWorkflowStats()
  const counts = Object.entries(statusCounts).map(([status, count]) => `${count} ${status}`)
  const { durationByName } = await backend.getSpanStatistics({ pipelineName: 'Sales report' })
  const slowest = Object.entries(durationByName)
    .filter(([name]) => name !== 'Sales report')
    .sort(([, a], [, b]) => b.total - a.total)
    .slice(0, 3)
    .map(([name, { total }]) => `${name} ${duration(total)}`)
  return [
    `${totalWorkflows} workflows: ${counts.join(', ')}`,
    `${recentWorkflows24h} in the last 24 hours, ${duration(averageExecutionTimeMs)} of work on average`,
    `slowest steps: ${slowest.join(', ')}`,
  ]
}
