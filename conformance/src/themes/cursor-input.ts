/** Cursors that no list has given. */
import { cursorOf } from '@flujo-state/core'
import { wrong } from '../fixtures/runs.js'
import { LISTS } from '../fixtures/walkable-lists.js'
import { type Rule, ruleFor } from '../rule.js'

const GROUPS = { requires: ['states', 'runs', 'backgroundTasks', 'evaluations'] } as const

const valid = { state: 'r.0.0.a', evaluation: 'e.0.1' }
/** One millisecond before the year 1, one after the year 9999: no Date of the contract. */
const TOO_EARLY = -62_135_596_800_001
const TOO_LATE = 253_402_300_800_000
const MALFORMED: readonly unknown[] = [
  '',
  'x',
  'r',
  'e',
  ` ${valid.state}`,
  `${valid.evaluation} `,
  'r.1.2.',
  'r.a.2.x',
  'e.1.0',
  'e..',
  'r.1.2.%',
  '{"runId":"a"}',
  '😀',
  'r.1.2.a%00',
  `x${valid.state}`,
  `x${valid.evaluation}`,
  `${valid.evaluation}.1`,
  'r.1.2.a\nb',
  'r.1.2.%61',
  'r.1.x.a',
  'e.x.1',
  'r.1.1e3.a',
  'e.0x1.1',
  'e.1.01',
  'e.1.NaN',
  'e.1.9007199254740992',
  `r.${TOO_EARLY}.1.a`,
  `r.1.${TOO_LATE}.a`,
  `e.${TOO_LATE}.1`,
  null,
  7,
  {},
  ['r.0.0.a'],
]

export const cursorInputRules: readonly Rule[] = [
  ruleFor('CUR-06', 'A malformed cursor is VALIDATION at $.after.', GROUPS, LISTS, async (t, list) => {
    await list.add(t, 'a', 0)
    for (const after of MALFORMED)
      await t.assert.rejects(() => list.list(t, { after: wrong(after) }), 'VALIDATION', {
        path: '$.after',
        what: String(after),
      })
  }),

  ruleFor('CUR-07', 'The cursor of another kind of list is VALIDATION at $.after.', GROUPS, LISTS, async (t, list) => {
    await t.backend.persistEvaluation('a', { score: 1 })
    await t.backend.saveState('a', t.gen.state())
    const [evaluation, state] = [(await t.backend.listEvaluations())[0], (await t.backend.listStates())[0]]
    const other = list === LISTS.listEvaluations ? state : evaluation
    const after = cursorOf(t.assert.present(other, 'an item of another list'))
    await t.assert.rejects(() => list.list(t, { after }), 'VALIDATION', { path: '$.after' })
  }),
]
