import type { StateBackend } from '@flujo-state/core'
import type { RuleContext } from '../context.js'
import { METHODS, type Method } from '../fixtures/methods.js'
import { objectsIn, scramble } from '../fixtures/scramble.js'
import { type Rule, ruleFor } from '../rule.js'

const READS = Object.fromEntries(METHODS.filter(({ kind }) => kind === 'read').map((method) => [method.name, method]))

/** Records in which everything is empty that can be. */
async function fillBare(t: RuleContext, backend: StateBackend): Promise<void> {
  const { capabilities: has } = backend
  const task = { status: 'failed', isBackgroundTask: true } as const
  if (has.states) await backend.saveState('r', t.gen.state(task))
  if (has.runs) await backend.saveRunStart({ runId: 'r', status: 'failed' })
  if (has.traces) await backend.saveSpans('r', [{ spanId: 's', name: 's', startTime: 0 }])
  if (has.evaluations) await backend.persistEvaluation('r', { score: 1, metadata: {} })
  if (has.systemState) await backend.setSystemState('r', {})
}

export const isolationEmptyRules: readonly Rule[] = [
  ruleFor(
    'ISO-08',
    "What is empty is the caller's own too: changing an empty answer, or what is empty in one, changes no other.",
    { variantRequires: ({ group }: Method) => [group] },
    READS,
    async (t, method) => {
      const bare = await t.other()
      await fillBare(t, bare)
      for (const [what, backend, subject] of [
        ['nothing stored', t.backend, 'r'],
        ['empty records', bare, 'r'],
      ] as const) {
        // Twice, to have one that is changed and one that says what was right.
        const expected = structuredClone(await method.call(backend, subject))
        const changed = await method.call(backend, subject)
        t.assert.equal(changed, expected, `${what}: read twice`)
        const frozen = [...objectsIn(changed)].filter((object) => Object.isFrozen(object))
        t.assert.equal(frozen, [], `${what}: objects that cannot be changed`)
        scramble(changed)
        t.assert.equal(await method.call(backend, subject), expected, `${what}: read after the change`)
        const [first, second] = await Promise.all([method.call(backend, subject), method.call(backend, subject)])
        const shared = [...objectsIn(first)].filter((object) => objectsIn(second).has(object))
        t.assert.equal(shared, [], `${what}: objects that two reads at once share`)
      }
    },
  ),
]
