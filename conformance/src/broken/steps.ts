/** Step records that are kept or listed wrongly. */
import type { StepRow } from '@flujo-state/core'
import { ReferenceStore } from '../reference-store.js'
import { changing, doing, writing } from './altered-store.js'
import { type BrokenBackend, brokenBackend, brokenStore } from './broken-backend.js'

/** A store that lists the steps of a run its own way. */
function listing(change: (rows: StepRow[]) => StepRow[]) {
  return class extends ReferenceStore {
    override async readSteps(runId: string) {
      return change([...(await super.readSteps(runId))])
    }
  }
}

/** A store that keeps something else of a step. */
const keeping = (change: (row: StepRow) => Partial<StepRow>) =>
  writing((write) => (write.kind === 'put-step' ? { ...write, row: { ...write.row, ...change(write.row) } } : write))

let attempts = 0

export const brokenSteps: readonly BrokenBackend[] = [
  brokenStore(
    'steps-text-order',
    'step 10 comes before step 9',
    ['STP-02'],
    listing((rows) => rows.sort((a, b) => (String(a.stepIndex) < String(b.stepIndex) ? -1 : 1))),
  ),
  brokenStore(
    'steps-in-order-of-saving',
    'steps come in the order of saving',
    ['STP-02'],
    class extends ReferenceStore {
      override readSteps(runId: string) {
        return this.tables.steps.filter((row) => row.runId === runId)
      }
    },
  ),
  brokenStore(
    'attempts-by-id',
    'steps with one index come by their execution ids',
    ['STP-13'],
    listing((rows) => rows.sort((a, b) => a.stepIndex - b.stepIndex || (a.executionId < b.executionId ? -1 : 1))),
  ),
  brokenStore(
    'attempts-by-last-saving',
    'a step that is saved again moves behind the others of its index',
    ['STP-13'],
    writing((write, tables) => {
      if (write.kind !== 'put-step') return write
      const { runId, executionId } = write.row
      tables.steps = tables.steps.filter((row) => row.runId !== runId || row.executionId !== executionId)
      return write
    }),
  ),
  brokenStore(
    'steps-duplicate',
    'a step that is saved again is there twice',
    ['STP-04', 'STP-14'],
    keeping(({ executionId }) => ({ executionId: `${executionId} ${++attempts}` })),
  ),
  brokenStore(
    'steps-keyed-by-index',
    'attempts with ids of their own replace one another',
    ['STP-13', 'STP-14', 'STP-15'],
    keeping(({ stepIndex }) => ({ executionId: String(stepIndex) })),
  ),
  brokenStore(
    'steps-merged',
    'a step that is saved again keeps what is left out',
    ['STP-04'],
    writing((write, { steps }) => {
      if (write.kind !== 'put-step') return write
      const { runId, executionId, errorMessage } = write.row
      const old = steps.find((row) => row.runId === runId && row.executionId === executionId)
      return { ...write, row: { ...write.row, errorMessage: errorMessage ?? old?.errorMessage ?? null } }
    }),
  ),
  brokenStore(
    'steps-cap',
    'never gives more than 1,000 steps',
    ['STP-12'],
    listing((rows) => rows.slice(0, 1_000)),
  ),
  brokenStore(
    'step-clock-wall',
    "a step is dated by the computer's clock",
    ['STP-08'],
    changing((change) =>
      change.kind === 'save-step'
        ? { ...change, row: { ...change.row, createdAt: change.row.createdAt ?? Date.now() } }
        : change,
    ),
  ),
  brokenStore(
    'zero-is-null',
    'a figure of 0 is kept as null',
    ['STP-07'],
    keeping(({ costUsd, tokenCounts }) => ({ costUsd: costUsd || null, tokenCounts: tokenCounts || null })),
  ),
  brokenStore(
    'durations-rounded',
    'executionTimeMs of a step is rounded',
    ['STP-01', 'STP-07'],
    keeping(({ executionTimeMs }) => ({ executionTimeMs: executionTimeMs && Math.round(executionTimeMs) })),
  ),
  brokenStore(
    'step-index-int32',
    'step indexes have 32 bits',
    ['STP-02'],
    keeping(({ stepIndex }) => ({ stepIndex: stepIndex | 0 })),
  ),
  brokenBackend(
    'falsy-output-null',
    'an output of 0, false or an empty text is kept as null',
    ['STP-06'],
    ({ backend }) => ({
      listRunSteps: async (runId) => {
        const steps = await backend.listRunSteps(runId)
        return steps.map((step) => ({ ...step, output: step.output || null }))
      },
    }),
  ),
  brokenBackend(
    'bad-steps-cleaned',
    'a step that cannot be stored is stored without what cannot be',
    ['STP-09', 'ERR-03'],
    ({ backend }) => ({
      saveStepResult: ((...[step, options]: Parameters<typeof backend.saveStepResult>) =>
        backend
          .saveStepResult(step, options)
          .catch(() =>
            backend.saveStepResult({ ...step, input: null, output: null, rawResponse: null }, options),
          )) as typeof backend.saveStepResult,
    }),
  ),
  brokenStore(
    'steps-move-the-run',
    'a failed step fails its run',
    ['STP-16', 'STP-17'],
    doing((unit) => {
      const failed = unit.changes.some((change) => change.kind === 'save-step' && change.row.status === 'failed')
      return failed ? { ...unit, changes: [...unit.changes, { kind: 'end-run', set: { status: 'failed' } }] } : unit
    }),
  ),
  brokenStore(
    'steps-prefix',
    'the steps of a run are those of all runs whose ids begin so',
    ['STP-03', 'STP-10'],
    class extends ReferenceStore {
      override readSteps(runId: string) {
        const rows = this.tables.steps.filter((row) => row.runId.startsWith(runId))
        return rows.sort((a, b) => a.stepIndex - b.stepIndex)
      }
    },
  ),
]
