import { COMMITS } from '../fixtures/commits.js'
import { claim, nextTurn, runOf, versionOf, wrong } from '../fixtures/runs.js'
import { ticks } from '../fixtures/workflows.js'
import { type Rule, rule, ruleFor } from '../rule.js'

const GROUPS = { requires: ['states', 'runs', 'steps', 'claims'] } as const

/** The field that spoils a commit's own part, and the path of the error. */
const OWN_FIELDS: Readonly<Record<string, readonly [field: string, payload: string]>> = {
  saveStepResult: ['stepName', 'output'],
  saveRunEnd: ['executionTimeMs', 'finalContext'],
}

/** Of each commit's own part: the output of the step, and the final context. */
const OWN_PARTS: Readonly<Record<string, readonly [output: unknown, finalContext: unknown]>> = {
  saveStepResult: ['of the step', null],
  saveRunEnd: [undefined, { of: 'the end' }],
}

const commitNames = Object.fromEntries(Object.keys(COMMITS).map((name) => [name, name]))
const commitOf = (name: string) => COMMITS[name] as (typeof COMMITS)[string]

export const atomicCommitRules: readonly Rule[] = [
  ruleFor(
    'ATM-01',
    'With state, both parts are written and the new version comes back.',
    GROUPS,
    commitNames,
    async (t, name) => {
      const commit = commitOf(name)
      await t.backend.saveState('r', t.gen.state({ metadata: { kept: true }, stepHistory: [{ n: 0 }] }))
      const before = await versionOf(t, 'r')
      const state = {
        currentStepIndex: 4,
        pipelineContext: { n: 4 },
        lastStepOutput: [4],
        appendStepHistory: [{ n: 1 }, { n: 2 }],
      }
      const written = await commit(t.backend, 'r', state)
      const found = t.assert.present(await t.backend.loadState('r'), 'the snapshot')
      t.assert.equal(written, { version: found.version }, 'the result')
      t.assert.ok(found.version > before, 'the version grew')
      t.assert.equal(
        [found.currentStepIndex, found.pipelineContext, found.lastStepOutput],
        [4, { n: 4 }, [4]],
        'the snapshot',
      )
      t.assert.equal(
        [found.stepHistory, found.metadata],
        [[{ n: 0 }, { n: 1 }, { n: 2 }], { kept: true }],
        'what it keeps',
      )
      const own = [(await t.backend.listRunSteps('r'))[0]?.output, (await runOf(t, 'r')).finalContext]
      t.assert.equal(own, OWN_PARTS[name], 'the step or the end')
    },
  ),

  ruleFor(
    'ATM-02',
    'With state, a run without a snapshot is NOT_FOUND and nothing is written, no placeholder either.',
    GROUPS,
    COMMITS,
    async (t, commit) => {
      await t.backend.saveRunStart({ runId: 'run only' })
      await t.backend.saveState('deleted', t.gen.state())
      await t.backend.deleteState('deleted')
      const before = await t.dump()
      for (const runId of ['unknown', 'run only', 'deleted']) {
        const error = await t.assert.rejects(() => commit(t.backend, runId, { currentStepIndex: 1 }), 'NOT_FOUND', {
          what: runId,
        })
        t.assert.equal(error.runId, runId, "the error's run id")
      }
      t.assert.equal(await t.dump(), before, 'the store afterwards')
    },
  ),

  ruleFor('ATM-03', 'With state, STALE_LEASE leaves both parts untouched.', GROUPS, COMMITS, async (t, commit) => {
    await t.backend.saveState('r', t.gen.state())
    const lease = await claim(t.backend, 'r')
    t.clock.set(lease.expiresAt)
    const next = await claim(t.backend, 'r', 'next')
    const before = await t.dump()
    await t.assert.rejects(() => commit(t.backend, 'r', { currentStepIndex: 1 }, { lease }), 'STALE_LEASE')
    t.assert.equal(await t.dump(), before, 'the store afterwards')
    await commit(t.backend, 'r', { currentStepIndex: 1 }, { lease: next })
    t.assert.equal((await t.backend.loadState('r'))?.currentStepIndex, 1, 'with the latest lease')
  }),

  rule(
    'ATM-04',
    'With state and a wrong ifVersion, CONFLICT leaves step and snapshot untouched.',
    GROUPS,
    async (t) => {
      const { version } = await t.backend.saveState('r', t.gen.state())
      const commit = commitOf('saveStepResult')
      const before = await t.dump()
      await t.assert.rejects(
        () => commit(t.backend, 'r', { currentStepIndex: 1 }, { ifVersion: version + 1 }),
        'CONFLICT',
      )
      t.assert.equal(await t.dump(), before, 'the store afterwards')
    },
  ),

  ruleFor(
    'ATM-05',
    'When either part is wrong, neither is written; the path says which.',
    GROUPS,
    commitNames,
    async (t, name) => {
      const commit = commitOf(name)
      const [field, payload] = OWN_FIELDS[name] ?? ['', '']
      await t.backend.saveState('r', t.gen.state())
      const before = await t.dump()
      const refused = async (code: 'VALIDATION' | 'SERIALIZATION', path: string, state: object, bad?: object) =>
        t.assert.rejects(() => commit(t.backend, 'r', wrong(state), {}, bad), code, { path, what: path })
      const good = { currentStepIndex: 1 }
      const deep = { deep: [() => 1] }
      await refused('VALIDATION', `$.${field}`, good, { [field]: {} })
      await refused('VALIDATION', '$.state.currentStepIndex', { currentStepIndex: -1 })
      await refused('VALIDATION', '$.state.unknown', { unknown: 1 })
      await refused('VALIDATION', '$.state.stepHistory[1]', { stepHistory: [{}, 1] })
      await refused('SERIALIZATION', `$.${payload}.deep[0]`, good, { [payload]: deep })
      await refused('SERIALIZATION', '$.state.pipelineContext.deep[0]', { pipelineContext: deep })
      await refused('SERIALIZATION', '$.state.appendStepHistory[1].deep[0]', { appendStepHistory: [{}, deep] })
      t.assert.equal(await t.dump(), before, 'the store afterwards')
    },
  ),

  rule(
    'ATM-11',
    'A reader sees the step and its snapshot together, never one without the other.',
    { ...GROUPS, needs: ['second'], timeoutMs: 20_000 },
    async (t) => {
      const second = await t.second()
      await t.backend.saveState('r', t.gen.state())
      let writing = true
      const steps = 30
      const write = async () => {
        try {
          for (let n = 1; n <= steps; n++)
            await t.backend.saveStepResult(t.gen.step('r', n), {
              state: { currentStepIndex: n, appendStepHistory: [{ n }] },
            })
        } finally {
          writing = false
        }
      }
      const read = async () => {
        for (let round = 0; writing; round++) {
          // At ever other points of a write in the same process; in between the turn that a write needs to go on.
          await ticks(round % 23)
          if (round % 5 === 4) await nextTurn()
          const first = (await second.listRunSteps('r')).length
          const state = t.assert.present(await second.loadState('r'), 'the snapshot')
          const last = (await second.listRunSteps('r')).length
          t.assert.equal(state.stepHistory.length, state.currentStepIndex, 'history and index of one snapshot')
          t.assert.ok(
            first <= state.currentStepIndex && state.currentStepIndex <= last,
            `${state.currentStepIndex} between ${first} and ${last}`,
          )
        }
      }
      await Promise.all([write(), read()])
      t.assert.equal((await second.listRunSteps('r')).length, steps)
    },
  ),

  ruleFor(
    'ATM-12',
    'Both parts are there after an instance was lost without a shutdown.',
    { ...GROUPS, needs: ['reopen'] },
    COMMITS,
    async (t, commit) => {
      await t.backend.saveState('r', t.gen.state())
      await commit(t.backend, 'r', { currentStepIndex: 8, appendStepHistory: [{ n: 1 }] })
      const before = await t.dump()
      const reopened = await t.abandon()
      t.assert.equal(await t.dump(reopened), before)
    },
  ),
]
