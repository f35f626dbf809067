/** What the main example claims, checked. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { StateBackend } from '@flujo-state/sqlite'
import { csv, folder, journalFile, runId } from './place.js'
import type { Ended } from './processes.js'
import { cleanOrders } from './sales/clean.js'
import { parseCsv } from './sales/csv.js'
import { aggregate, estimate } from './sales/figures.js'
import { renderReport } from './sales/report.js'

export interface Fact {
  readonly text: string
  readonly holds: boolean
  /** What was found, to be shown if it does not hold. */
  readonly found: string
}

function fact(text: string, found: unknown, expected: unknown): Fact {
  const [is, should] = [JSON.stringify(found), JSON.stringify(expected)]
  return { text, holds: is === should, found: `found ${is}, expected ${should}` }
}

/** How often each step was executed, by what the executions themselves have written. */
export function executions(run: string): Record<string, number> {
  const lines = existsSync(journalFile) ? readFileSync(journalFile, 'utf8').split('\n').filter(Boolean) : []
  const counts: Record<string, number> = {}
  for (const line of lines) {
    const [step = '', journalRun] = line.split(' ')
    if (journalRun === run) counts[step] = (counts[step] ?? 0) + 1
  }
  return counts
}

export async function afterTheKill(backend: StateBackend, { signal }: Ended): Promise<Fact[]> {
  const state = await backend.loadState(runId)
  const steps = await backend.listRunSteps(runId)
  const open = await backend.getSpans(runId, { status: 'running' })
  return [
    fact('the first worker was killed by SIGKILL', signal, 'SIGKILL'),
    fact('in the middle of estimate', open.map(({ name }) => name).sort(), ['Sales report', 'estimate']),
    fact(
      'three steps were finished and stored',
      steps.map(({ stepName }) => stepName),
      ['read', 'clean', 'aggregate'],
    ),
    fact('the run was left running, at step 4', [state?.status, state?.currentStepIndex], ['running', 3]),
  ]
}

export async function afterTheResume(backend: StateBackend, { code, signal }: Ended): Promise<Fact[]> {
  const state = await backend.loadState(runId)
  return [
    fact('the second worker resumed it and ended by itself', [code, signal], [0, null]),
    fact('no finished step ran twice, the killed one did', executions(runId), {
      read: 1,
      clean: 1,
      aggregate: 1,
      estimate: 2,
      report: 1,
      approve: 1,
    }),
    fact('it paused for approval', [state?.status, state?.currentStepIndex], ['paused', 5]),
    fact('nothing was published yet', existsSync(join(folder, 'published')), false),
  ]
}

export async function afterTheApproval(backend: StateBackend, { code, signal }: Ended): Promise<Fact[]> {
  const state = await backend.loadState(runId)
  const [task] = await backend.listBackgroundTasks({ parentRunId: runId })
  const published = join(folder, 'published', 'sales-2026-q3.md')
  const archived = join(folder, 'orders.csv.gz')
  const { approve, publish, report } = executions(runId)
  return [
    fact('a third process approved, and it completed', [code, signal, state?.status], [0, null, 'completed']),
    fact('only the step that had asked ran again', [report, approve, publish], [1, 2, 1]),
    fact(
      'the published report is that of an undisturbed run',
      existsSync(published) && readFileSync(published, 'utf8') === (await undisturbed()),
      true,
    ),
    fact('the background task archived the export', [task?.status, task?.taskId], ['completed', 'archive']),
    fact('byte for byte', existsSync(archived) && gunzipSync(readFileSync(archived)).equals(readFileSync(csv)), true),
    fact('the trace is one tree', (await backend.getTrace(runId))?.spanId, 'run'),
  ]
}

/** The report as it comes out without a runner, a database or a kill. */
async function undisturbed(): Promise<string> {
  const [, ...rows] = parseCsv(readFileSync(csv, 'utf8'))
  const { orders, rejected } = cleanOrders(rows)
  const figures = aggregate(orders, rejected)
  const intervals = []
  for await (const interval of estimate(figures.values)) intervals.push(interval)
  return renderReport(figures, intervals)
}
