/** Writes that are on their way at the same time, and so may share a commit: each is answered for itself. */
import { isStateBackendError } from '@flujo-state/core'
import { save } from '../fixtures/workflows.js'
import { type Rule, rule } from '../rule.js'

export const groupedWriteRules: readonly Rule[] = [
  rule(
    'CON-40',
    'Of many writes at once each is answered for itself: one that is refused keeps no other from being made.',
    { requires: ['states'] },
    async (t) => {
      // Versions that tell the runs apart, in an order that is not that of the ids.
      const runIds = ['m', 'c', 'z', 'a', 'q', 'b']
      for (const [index, runId] of runIds.entries()) for (let n = 0; n <= index; n++) await save(t, runId)
      const calls = runIds.map((runId, index) =>
        t.backend.updateState(runId, { currentStepIndex: 9 }, { ifVersion: index % 2 === 0 ? index + 1 : 1_000 }),
      )
      const answers = await Promise.allSettled(calls)
      const told = answers.map((answer) =>
        answer.status === 'fulfilled' ? answer.value.version : codeOf(answer.reason),
      )
      t.assert.equal(told, [2, 'CONFLICT', 4, 'CONFLICT', 6, 'CONFLICT'], 'what the calls gave')
      const found = await Promise.all(runIds.map((runId) => t.backend.loadState(runId)))
      t.assert.equal(
        found.map((state) => [state?.version, state?.currentStepIndex === 9]),
        runIds.map((_, index) => (index % 2 === 0 ? [index + 2, true] : [index + 1, false])),
        'version, and whether it was written',
      )
    },
  ),

  rule(
    'CON-41',
    'Writes of one run that one instance is given without waiting are made in the order of the calls.',
    { level: 'should', requires: ['states'] },
    async (t) => {
      const writes = Array.from({ length: 10 }, (_, n) => save(t, 'a', { currentStepIndex: n }))
      await Promise.all(writes)
      t.assert.equal((await t.backend.loadState('a'))?.currentStepIndex, 9, 'the last save stays')
      const appends = Array.from({ length: 10 }, (_, n) => t.backend.updateState('a', { appendStepHistory: [{ n }] }))
      await Promise.all(appends)
      t.assert.equal(
        (await t.backend.loadState('a'))?.stepHistory,
        Array.from({ length: 10 }, (_, n) => ({ n })),
        'the history',
      )
    },
  ),
]

const codeOf = (error: unknown) => (isStateBackendError(error) ? error.code : String(error))
