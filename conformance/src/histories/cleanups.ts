import type { StateBackend, WorkflowStateInput } from '@flujo-state/core'
import type { RuleContext } from '../context.js'
import { assertCountsAddUp } from './checks.js'
import { clientsOf, range, type Workload, type WorkloadOptions } from './clients.js'
import { History } from './history.js'

const CLIENTS = 4
const OLD = 24
const YOUNG = 4
const LONG_AGO = new Date('2020-01-01T00:00:00.000Z')
/** Young whatever clock a process goes by. */
const LATE = new Date('2200-01-01T00:00:00.000Z')

/** Cleanups at the same time, each client's twice: what they counted is together what is gone, and that is all that was old. */
export const cleanupCounts: Workload = {
  requires: ['cleanup', 'runs', 'steps'],
  async run(t, backends, options = {}) {
    await fill(t, backends, { status: 'completed' })
    const history = await inParallel(backends, options, 'cleanupOldWorkflows', (backend) =>
      backend.cleanupOldWorkflows(),
    )
    for (const backend of backends) {
      const left = await backend.listStates()
      assertCountsAddUp(t.assert, history.operations, OLD + YOUNG - left.length, 'runs deleted by cleanup')
      t.assert.equal(left.length, YOUNG, 'snapshots left')
      t.assert.equal((await backend.listRuns()).length, YOUNG, 'runs left')
    }
  },
}

/** Markings of stale tasks at the same time: what they counted is together what has failed, and that is all that was stale. */
export const staleCounts: Workload = {
  requires: ['backgroundTasks', 'runs', 'steps'],
  async run(t, backends, options = {}) {
    await fill(t, backends, { status: 'running', isBackgroundTask: true })
    const history = await inParallel(backends, options, 'cleanupStaleBackgroundTasks', (backend) =>
      backend.cleanupStaleBackgroundTasks(),
    )
    for (const backend of backends) {
      const failed = await backend.listBackgroundTasks({ status: 'failed' })
      assertCountsAddUp(t.assert, history.operations, failed.length, 'tasks marked as stale')
      t.assert.equal(failed.length, OLD, 'tasks that have failed')
      t.assert.equal((await backend.listRuns({ status: 'failed' })).length, OLD, 'runs that have failed')
    }
  },
}

async function fill(t: RuleContext, backends: readonly StateBackend[], fields: Partial<WorkflowStateInput>) {
  const write = async (n: number) => {
    const backend = backends[n % backends.length] as StateBackend
    const runId = `run-${n}`
    await backend.saveState(runId, t.gen.state({ ...fields, updatedAt: n < OLD ? LONG_AGO : LATE }))
    await backend.saveStepResult(t.gen.step(runId, 0))
  }
  await Promise.all(range(OLD + YOUNG).map(write))
}

async function inParallel(
  backends: readonly StateBackend[],
  options: WorkloadOptions,
  name: string,
  call: (backend: StateBackend) => Promise<number>,
): Promise<History<string, number>> {
  const history = new History<string, number>(options)
  const work = clientsOf(backends, CLIENTS).map(async (client) => {
    for (const _ of range(2)) await history.call(client.name, name, () => call(client.backend))
  })
  await Promise.all(work)
  return history
}
