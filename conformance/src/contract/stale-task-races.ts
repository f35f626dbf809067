/** Stale tasks that somebody writes while they are marked. */
import { isStateBackendError, type WorkflowStateInput, type WorkflowStatePatch } from '@flujo-state/core'
import type { RuleContext } from '../context.js'
import { DAY, fromNow, HOUR, save, ticks } from '../fixtures/workflows.js'
import { type Rule, rule, ruleFor } from '../rule.js'

const TASKS = { requires: ['states', 'backgroundTasks'] } as const
const WITH_CLAIMS = { requires: ['states', 'backgroundTasks', 'claims'] } as const
const running = { status: 'running', isBackgroundTask: true } as const

/** A running task last updated two days ago. */
export function staleTask(t: RuleContext, runId: string, fields: Partial<WorkflowStateInput> = {}) {
  return save(t, runId, { ...running, createdAt: fromNow(t, -3 * DAY), updatedAt: fromNow(t, -2 * DAY), ...fields })
}

/** What a task looks like when it finishes while others call it stale. */
const finished = (runId: string) =>
  ({ status: 'completed', lastStepOutput: `result of ${runId}`, currentStepIndex: 9 }) as const

async function assertFinished(t: RuleContext, runId: string): Promise<void> {
  const { status, lastStepOutput, currentStepIndex } = t.assert.present(await t.backend.loadState(runId), runId)
  t.assert.equal({ status, lastStepOutput, currentStepIndex }, finished(runId), runId)
}

/** What makes a stale task one that is not. Only one thing in most of them, so that each is judged. */
const LIVELY: Readonly<Record<string, (t: RuleContext) => WorkflowStatePatch>> = {
  'a sign of life': () => ({ currentStepIndex: 3 }),
  'a sign of life as old as the edge': (t) => ({ updatedAt: fromNow(t, -DAY) }),
  'it has paused': (t) => ({ status: 'paused', updatedAt: fromNow(t, -2 * DAY + 1) }),
  'it is no background task any more': (t) => ({ isBackgroundTask: false, updatedAt: fromNow(t, -2 * DAY + 1) }),
}

export const staleTaskRaceRules: readonly Rule[] = [
  rule(
    'BGT-13',
    'A task that finishes while another instance marks stale tasks keeps its own result.',
    { ...TASKS, needs: ['second'] },
    async (t) => {
      const other = await t.second()
      for (let n = 0; n < 25; n++) {
        const runId = `task ${n}`
        await staleTask(t, runId)
        const marking = other.cleanupStaleBackgroundTasks()
        await ticks(n)
        await t.backend.saveState(runId, t.gen.state({ ...running, ...finished(runId) }))
        t.assert.ok((await marking) <= 1, 'at most the one task is marked')
        await assertFinished(t, runId)
      }
      t.assert.equal(await other.cleanupStaleBackgroundTasks({ staleHours: 0 }), 0, 'nothing is left to mark')
    },
  ),

  rule(
    'BGT-24',
    'A task that finishes under its lease while stale tasks are marked keeps its result and its lease.',
    WITH_CLAIMS,
    async (t) => {
      for (let n = 0; n < 25; n++) {
        const runId = `task ${n}`
        await staleTask(t, runId)
        const lease = await t.backend.claimRun(runId, { owner: 'worker', leaseMs: HOUR })
        const marking = t.backend.cleanupStaleBackgroundTasks()
        await ticks(n)
        await t.assert.resolves(t.backend.updateState(runId, finished(runId), { lease }), 'the write under the lease')
        t.assert.equal(await marking, 0, 'the count')
        await assertFinished(t, runId)
        t.assert.equal(await t.backend.getLease(runId), lease, 'the lease')
      }
    },
  ),

  ruleFor(
    'BGT-25',
    'A task that is written while stale tasks are marked is marked before that, or not at all.',
    TASKS,
    LIVELY,
    async (t, patchOf) => {
      for (let n = 0; n < 30; n++) {
        const runId = `task ${n}`
        const { version: ifVersion } = await staleTask(t, runId)
        const marking = t.backend.cleanupStaleBackgroundTasks()
        await ticks(n)
        const cameFirst = await t.backend.updateState(runId, patchOf(t), { ifVersion }).then(
          () => true,
          (error) => !isStateBackendError(error, 'CONFLICT'),
        )
        t.assert.equal(
          await marking,
          cameFirst ? 0 : 1,
          `the count, when the write ${cameFirst ? 'was first' : 'lost'}`,
        )
        const { status, backgroundError } = t.assert.present(await t.backend.loadState(runId), runId)
        t.assert.equal([status === 'failed', backgroundError !== null], [!cameFirst, !cameFirst], 'marked')
        await t.backend.deleteState(runId)
      }
    },
  ),

  rule('BGT-26', 'A task that is deleted while stale tasks are marked stays deleted.', TASKS, async (t) => {
    for (let n = 0; n < 30; n++) {
      await staleTask(t, 'task')
      const marking = t.backend.cleanupStaleBackgroundTasks()
      await ticks(n)
      await t.backend.deleteState('task')
      const count = await t.assert.resolves(marking, 'marking')
      t.assert.ok(count <= 1, `at most the one task is counted: ${count}`)
      t.assert.equal(await t.backend.loadState('task'), null)
    }
  }),
]
