/**
 * A worker as a process of its own. `main.ts` starts three of them, one after the other:
 *   worker.ts work           works on the run: begins it, or resumes it if it is there
 *   worker.ts approve NAME   answers the question that the run waits with
 */
import { setTimeout } from 'node:timers/promises'
import { type ProgressEvent, type RunResult, resumeWorkflow, runWorkflow } from '@flujo-state/runner'
import { isStateBackendError, SQLiteBackend } from '@flujo-state/sqlite'
import { csv, database, folder, leaseMs, runId } from './place.js'
import { sales } from './sales/workflow.js'

const [action, by = 'somebody'] = process.argv.slice(2)
const backend = new SQLiteBackend(database)
const options = { backend, runId, leaseMs, handleSignals: true, onProgress }

async function work(): Promise<RunResult> {
  const exists = (await backend.loadState(runId)) !== null
  return exists
    ? onceFree(() => resumeWorkflow(sales, options))
    : runWorkflow(sales, { ...options, input: { csv, folder } })
}

/** Waits until the lease of the worker before has ended: while it lives, that worker may be alive. */
async function onceFree(resume: () => Promise<RunResult>): Promise<RunResult> {
  for (;;) {
    try {
      return await resume()
    } catch (error) {
      if (!isStateBackendError(error, 'RUN_CLAIMED') || error.lease === undefined) throw error
      const ms = Math.max(0, error.lease.expiresAt.getTime() - Date.now())
      console.log(`RUN_CLAIMED by ${error.lease.owner}: its lease ends in ${ms} ms, waiting`)
      await setTimeout(ms + 1)
    }
  }
}

function onProgress(event: ProgressEvent): void {
  const line = lineOf(event)
  // The archive works beside the report: its lines say whose they are.
  if (line !== null) console.log(event.runId === runId ? line : `${line} (${event.workflowName}, in the background)`)
}

function lineOf(event: ProgressEvent): string | null {
  switch (event.type) {
    case 'run-started':
      return `run ${event.runId} begins, ${event.totalSteps} steps`
    case 'run-resumed':
      return `run ${event.runId} goes on with step ${event.stepIndex + 1} of ${event.totalSteps}`
    case 'step-started':
      return `${event.stepIndex + 1}/${event.totalSteps} ${event.stepName} …`
    case 'log':
      return `    ${event.message}`
    case 'step-completed':
      return `${event.stepIndex + 1}/${event.totalSteps} ${event.stepName} done in ${Math.ceil(event.executionTimeMs)} ms`
    case 'run-paused':
      return `paused in ${event.stepName}: ${event.reason}`
    case 'run-failed':
      return `failed: ${event.errorMessage}`
    case 'run-completed':
      return 'completed'
    default:
      return null
  }
}

if (action !== 'work' && action !== 'approve') throw new Error(`Unknown action "${action}". Known: work, approve NAME.`)
const result =
  action === 'work' ? await work() : await resumeWorkflow(sales, { ...options, data: { approved: true, by } })
await Promise.allSettled(result.backgroundTasks.map((task) => task.result))
await backend.shutdown()
if (result.status === 'failed') process.exitCode = 1
