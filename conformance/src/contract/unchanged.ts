/** What is saved again mostly as it was: stores that write only what is new must still give back what was saved. */
import type { WorkflowStateInput } from '@flujo-state/core'
import type { RuleContext } from '../context.js'
import { save } from '../fixtures/workflows.js'
import { type Rule, rule, ruleFor } from '../rule.js'

const STATES = { requires: ['states'] } as const

/** Larger than what stores keep in one place: some put it apart, in pieces. */
const LARGE = 150_000

/** Text that is nowhere like itself, with characters of one to four bytes. */
function textOf(seed: number, length = LARGE): string {
  const characters = 'abcdefghij{}[]":,0123456789 é汉😀'
  const all = [...characters]
  let state = seed
  const text: string[] = []
  for (let units = 0; units < length; units += text.at(-1)?.length ?? 0) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
    text.push(all[(state >>> 16) % all.length] as string)
  }
  return text.join('')
}

const half = (text: string) => text.slice(0, LARGE / 2).toWellFormed()

/** What becomes of a large text. */
const CHANGES: Readonly<Record<string, (text: string) => string>> = {
  nothing: (text) => text,
  'one character at its beginning': (text) => `x${text.slice(1)}`,
  'more at its beginning': (text) => `more ${text}`,
  'one character in its middle': (text) => `${half(text)}x${text.slice(half(text).length + 1).toWellFormed()}`,
  'less in its middle': (text) => half(text) + text.slice(half(text).length + 5).toWellFormed(),
  'one character at its end': (text) => `${text.slice(0, -2).toWellFormed()}xx`,
  'more at its end': (text) => text + textOf(2, 1000),
  'the whole of it': () => textOf(3),
  'its size: it becomes small': () => 'small',
}

async function checkPayloads(t: RuleContext, runId: string, given: Partial<WorkflowStateInput>, what: string) {
  const { pipelineContext, lastStepOutput } = t.assert.present(await t.backend.loadState(runId), 'the snapshot')
  t.assert.equal({ pipelineContext, lastStepOutput }, given, what)
}

const item = (n: number | string) => ({ step: `step ${n}`, output: { n } })
const items = (...names: (number | string)[]) => names.map(item)

/** One history after the other, each saved over the one before. */
const HISTORIES: Readonly<Record<string, readonly ReturnType<typeof items>[]>> = {
  'one more item': [items(0, 1), items(0, 1, 2)],
  'one item less': [items(0, 1, 2), items(0, 1)],
  'another first item': [items(0, 1, 2), items('new', 1, 2)],
  'another item in the middle': [items(0, 1, 2), items(0, 'new', 2)],
  'another last item': [items(0, 1, 2), items(0, 1, 'new')],
  'an item in between': [items(0, 1, 2), items(0, 'new', 1, 2)],
  'the first item gone': [items(0, 1, 2), items(1, 2)],
  'an item twice': [items(0, 1), items(0, 0, 1)],
  'another order': [items(0, 1, 2), items(2, 1, 0)],
  'nothing, and then the same': [items(0, 1, 2), [], items(0, 1, 2)],
}

export const unchangedRules: readonly Rule[] = [
  ruleFor(
    'STA-34',
    'A large payload that is saved again with a change comes back as it was saved last.',
    STATES,
    CHANGES,
    async (t, change) => {
      const before = textOf(1)
      const first = { pipelineContext: { i: 1, doc: before }, lastStepOutput: before }
      const second = { pipelineContext: { i: 2, doc: change(before) }, lastStepOutput: change(before) }
      await save(t, 'r', first)
      await checkPayloads(t, 'r', first, 'saved')
      await save(t, 'r', second)
      await checkPayloads(t, 'r', second, 'saved again')
      await t.backend.updateState('r', { lastStepOutput: first.lastStepOutput })
      await checkPayloads(t, 'r', { ...second, lastStepOutput: before }, 'one of them updated')
      await t.backend.updateState('r', { pipelineContext: first.pipelineContext, currentStepIndex: 7 })
      await checkPayloads(t, 'r', first, 'both as they were')
    },
  ),

  rule(
    'STA-35',
    'Runs with the same large payload are apart: what happens to one happens to no other.',
    STATES,
    async (t) => {
      const same = { pipelineContext: { doc: textOf(1) }, lastStepOutput: textOf(1) }
      for (const runId of ['changed', 'deleted', 'kept']) await save(t, runId, same)
      await t.backend.updateState('changed', { pipelineContext: { doc: textOf(2) }, lastStepOutput: 'small' })
      await t.backend.deleteState('deleted')
      await checkPayloads(t, 'kept', same, 'the run that nobody touched')
      await save(t, 'deleted', same)
      await checkPayloads(t, 'deleted', same, 'saved anew')
    },
  ),

  ruleFor(
    'STA-36',
    'A history that is saved over another is the one that was given, whatever the two share.',
    STATES,
    HISTORIES,
    async (t, histories) => {
      for (const [n, stepHistory] of histories.entries()) {
        await save(t, 'saved', { stepHistory })
        t.assert.equal((await t.backend.loadState('saved'))?.stepHistory, stepHistory, `history ${n}, saved`)
        if (n === 0) await save(t, 'updated', { stepHistory })
        else await t.backend.updateState('updated', { stepHistory })
        t.assert.equal((await t.backend.loadState('updated'))?.stepHistory, stepHistory, `history ${n}, updated`)
      }
      const more = [...(histories.at(-1) ?? []), item('more')]
      await t.backend.updateState('saved', { appendStepHistory: [item('more')] })
      t.assert.equal((await t.backend.loadState('saved'))?.stepHistory, more, 'with an appended item')
      await save(t, 'saved', { stepHistory: more })
      t.assert.equal((await t.backend.loadState('saved'))?.stepHistory, more, 'the same saved again')
    },
  ),

  rule(
    'CON-53',
    'Instances that save the same run in turn never mix what they know of it: the last save is what is there.',
    { ...STATES, needs: ['second'] },
    async (t) => {
      const second = await t.second()
      const doc = textOf(1)
      const saves = [
        { by: t.backend, stepHistory: items(0, 1, 2), lastStepOutput: doc },
        { by: second, stepHistory: items(0, 'other'), lastStepOutput: `other ${doc}` },
        { by: t.backend, stepHistory: items(0, 1, 2, 3), lastStepOutput: doc },
        { by: second, stepHistory: items(0, 'other', 2), lastStepOutput: `other ${doc}` },
        { by: t.backend, stepHistory: items(0, 1, 2, 3, 4), lastStepOutput: `${doc} more` },
      ]
      for (const [n, { by, ...given }] of saves.entries()) {
        await by.saveState('r', t.gen.state(given))
        for (const reader of [t.backend, second]) {
          const { stepHistory, lastStepOutput } = t.assert.present(await reader.loadState('r'), 'the snapshot')
          t.assert.equal({ stepHistory, lastStepOutput }, given, `save ${n}`)
        }
      }
      await second.deleteState('r')
      await t.backend.saveState('r', t.gen.state({ stepHistory: items(0, 1, 2, 3, 4, 5) }))
      t.assert.equal((await second.loadState('r'))?.stepHistory, items(0, 1, 2, 3, 4, 5), 'after a deletion')
    },
  ),
]
