import { join } from 'node:path'
import type { PlainState } from '../content.js'
import type { Peer } from './peers.js'

interface Attempt {
  readonly id: string
  readonly output: PlainState | null
}
interface Backend {
  /** Of node:sqlite. */
  readonly db: { exec(sql: string): void }
  createWorkflowRun(run: object): Promise<{ readonly id: string }>
  claimWorkflowRun(claim: object): Promise<{ readonly id: string } | null>
  createStepAttempt(step: object): Promise<Attempt>
  completeStepAttempt(step: object): Promise<Attempt>
  getStepAttempt(step: object): Promise<Attempt | null>
  countWorkflowRuns(): Promise<{ readonly running: number }>
  stop(): Promise<void>
}
interface OpenWorkflow {
  readonly BackendSqlite: { connect(path: string): Backend }
}

const workerId = 'benchmark'
const HOUR = 3_600_000

/** What it saves is the output of a step, in two commits: the step begins, and is completed. It keeps no snapshot that grows. */
export const openWorkflow: Peer = {
  name: 'OpenWorkflow SQLite',
  places: ['sqlite full', 'sqlite normal'],
  keepsSnapshots: false,
  async open(load, folder, synchronous) {
    const { BackendSqlite } = await load<OpenWorkflow>('openworkflow/sqlite')
    const backend = BackendSqlite.connect(join(folder, 'openworkflow.db'))
    backend.db.exec(`PRAGMA synchronous = ${synchronous}`)
    const runs = new Map<string, Promise<string>>()
    const attempts = new Map<string, string>()
    const runOf = (runId: string) => {
      const run = runs.get(runId) ?? startRun(backend, runId)
      runs.set(runId, run)
      return run
    }
    return {
      async save(runId, state) {
        const workflowRunId = await runOf(runId)
        const step = { workflowRunId, workerId, stepName: 'save', kind: 'function', config: {}, context: null }
        const { id } = await backend.createStepAttempt(step)
        await backend.completeStepAttempt({ workflowRunId, workerId, stepAttemptId: id, output: state })
        attempts.set(runId, id)
      },
      async load(runId) {
        const stepAttemptId = attempts.get(runId)
        return stepAttemptId === undefined ? null : ((await backend.getStepAttempt({ stepAttemptId }))?.output ?? null)
      },
      count: async () => (await backend.countWorkflowRuns()).running,
      close: () => backend.stop(),
    }
  },
}

/** A run as a worker has it: made and claimed. */
async function startRun(backend: Backend, runId: string): Promise<string> {
  const nothing = { version: null, input: null, context: null, availableAt: null, deadlineAt: null }
  const parents = { parentStepAttemptNamespaceId: null, parentStepAttemptId: null }
  await backend.createWorkflowRun({ workflowName: runId, idempotencyKey: null, config: {}, ...nothing, ...parents })
  const claimed = await backend.claimWorkflowRun({ workerId, leaseDurationMs: 24 * HOUR })
  if (claimed === null) throw new Error('the run could not be claimed')
  return claimed.id
}
