import { createStateBackend, defineCapabilities } from '@flujo-state/core'
import { expect, it } from 'vitest'
import type { Harness } from '../src/harness.js'
import { referenceHarness } from '../src/reference.js'
import { ReferenceStore, Tables } from '../src/reference-store.js'
import { type Rule, rule } from '../src/rule.js'
import { runRules } from '../src/run.js'

const passing = (id: string, options: Parameters<typeof rule>[2] = {}) =>
  rule(id, 'It passes.', options, async (t) => t.assert.equal(await t.backend.loadState('a'), null))
const failing = (id: string) =>
  rule(id, 'It fails.', {}, async (t) => t.assert.equal(await t.backend.loadState('a'), 1))

async function judge(rules: readonly Rule[], harness: Harness = referenceHarness(), only?: string) {
  const { levels, marks } = await runRules(rules, harness, { only })
  return {
    levels: levels.filter(({ reached }) => reached).map(({ level }) => level),
    marks: marks.filter(({ reached }) => reached).map(({ mark }) => mark),
    hindrances: levels.find(({ level }) => level === 'full')?.hindrances,
  }
}

const all = [passing('STA-01'), passing('LST-01'), passing('RUN-01'), passing('DUR-01', { needs: ['reopen'] })]

it('every level and the marks of the hooks are reached when everything passes', async () => {
  expect(await judge(all)).toEqual({ levels: ['core', 'admin', 'full'], marks: ['persistent'], hindrances: [] })
})

it('a failure keeps the levels of its area, and those above, from being reached', async () => {
  const { levels, hindrances } = await judge([...all, failing('PAG-01')])
  expect(levels).toEqual(['core'])
  expect(hindrances).toEqual([{ kind: 'failed', names: ['PAG-01'] }])
  expect((await judge([...all, failing('GEN-01')])).levels).toEqual([])
})

it('so does an expected failure; one of what only should be does not', async () => {
  const harness = { ...referenceHarness(), expectFail: { 'PAG-01': 'slow', 'PAG-02': 'gone' } }
  const { levels, hindrances } = await judge([...all, failing('PAG-01')], harness)
  expect(levels).toEqual(['core'])
  expect(hindrances).toEqual([{ kind: 'expected-failure', names: ['PAG-01'] }])
  const should = rule('PAG-03', 'It may fail.', { level: 'should' }, (t) => failing('PAG-03').run(t, null))
  expect((await judge([...all, should])).levels).toEqual(['core', 'admin', 'full'])
})

it('a hook that is missing without a reason keeps the level from being reached, one with a reason does not', async () => {
  const { create } = referenceHarness()
  const without = await judge(all, { name: 'x', create })
  expect(without).toEqual({
    levels: ['core', 'admin'],
    marks: [],
    hindrances: [{ kind: 'not-run', names: ['DUR-01'] }],
  })
  const excused = await judge(all, { name: 'x', create, without: { reopen: 'it is gone then' } })
  expect(excused).toMatchObject({ levels: ['core', 'admin', 'full'], marks: [] })
})

it('what the backend declares is a reason too', async () => {
  const forgetful = class extends ReferenceStore {
    override readonly capabilities = defineCapabilities({ persistence: 'none', multiInstance: 'none' })
  }
  const harness: Harness = {
    name: 'forgetful',
    create: ({ clock }) => createStateBackend(new forgetful(new Tables()), { clock }),
  }
  const needy = [...all, passing('CON-05', { needs: ['second'] }), passing('SHD-04', { needs: ['spawn'] })]
  expect(await judge(needy, harness)).toMatchObject({ levels: ['core', 'admin', 'full'], marks: [] })
  const { cases } = await runRules(needy, harness)
  const notRun = cases.filter(({ outcome }) => outcome === 'not-run')
  expect(notRun.map(({ id, reason, excused }) => [id, reason?.split(':')[0], excused])).toEqual([
    ['DUR-01', 'declares persistence none', true],
    ['CON-05', 'declares multiInstance none', true],
    ['SHD-04', 'declares persistence none', true],
  ])
})

it('a group declared missing is fine above the levels that ask for it', async () => {
  const lacking = (group: 'stats' | 'runs'): Harness => {
    const store = class extends ReferenceStore {
      override readonly capabilities = defineCapabilities({
        persistence: 'crash',
        multiInstance: 'process',
        missing: [group],
      })
    }
    const create: Harness['create'] = ({ clock }) => createStateBackend(new store(new Tables()), { clock })
    return { name: group, create, reopen: create }
  }
  expect((await judge(all, lacking('runs'))).levels).toEqual(['core', 'admin', 'full'])
  const { levels, hindrances } = await judge(all, lacking('stats'))
  expect(levels).toEqual(['core'])
  expect(hindrances).toEqual([{ kind: 'absent', names: ['stats'] }])
})

it('a part of the rules reaches nothing', async () => {
  const { levels, marks, hindrances } = await judge(all, referenceHarness(), 'STA')
  expect({ levels, marks }).toEqual({ levels: ['core'], marks: [] })
  expect(hindrances).toEqual([{ kind: 'left-out', names: ['LST', 'RUN', 'DUR'] }])
})

it('the digest of the rules is another when a rule is missing or changed', async () => {
  const digest = async (rules: readonly Rule[]) => (await runRules(rules, referenceHarness())).rulesetDigest
  const digests: string[] = []
  // One after the other: a run watches its process.
  for (const rules of [all, all.slice(1), [failing('STA-01'), ...all.slice(1)], all]) digests.push(await digest(rules))
  expect(new Set(digests).size).toBe(3)
  expect(digests[0]).toBe(digests[3])
  expect(digests[0]).toMatch(/^sha256:[0-9a-f]{64}$/)
})
