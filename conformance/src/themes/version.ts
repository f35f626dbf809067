import type { StateBackend, VersionedOptions, Written } from '@flujo-state/core'
import { createGenerators } from '../fixtures/generators.js'
import { outcomes, versionOf, wrong } from '../fixtures/runs.js'
import { type Rule, rule, ruleFor } from '../rule.js'

const STATES = { requires: ['states'] } as const
const STATES_AND_STEPS = { requires: ['states', 'steps'] } as const
const gen = createGenerators()

type Write = (backend: StateBackend, runId: string, options: VersionedOptions, n?: number) => Promise<Written>

/** The writes that take `ifVersion` and change the snapshot. */
const WRITES: Readonly<Record<string, Write>> = {
  saveState: (b, id, options, n = 1) => b.saveState(id, gen.state({ currentStepIndex: n }), options),
  updateState: (b, id, options, n = 1) => b.updateState(id, { currentStepIndex: n }, options),
  'saveStepResult with state': (b, id, options, n = 1) =>
    b.saveStepResult(gen.step(id, n), { ...options, state: { currentStepIndex: n } }),
}

export const versionRules: readonly Rule[] = [
  ruleFor(
    'VER-01',
    'A snapshot write gives the new version, which loads and lists show.',
    STATES_AND_STEPS,
    WRITES,
    async (t, write) => {
      await t.backend.saveState('r', t.gen.state())
      const written = await write(t.backend, 'r', {})
      t.assert.equal(written, { version: await versionOf(t, 'r') }, 'the result and loadState')
      t.assert.equal((await t.backend.listWorkflows())[0]?.version, written.version, 'listWorkflows')
      t.assert.ok(
        Number.isSafeInteger(written.version) && written.version >= 1,
        `an integer from 1 on, got ${written.version}`,
      )
    },
  ),

  ruleFor(
    'VER-02',
    'Every snapshot write makes the version grow, also one that changes no value.',
    STATES_AND_STEPS,
    WRITES,
    async (t, write) => {
      let { version } = await t.backend.saveState('r', t.gen.state())
      for (const n of [1, 2, 2, 2]) {
        const { version: next } = await write(t.backend, 'r', {}, n)
        t.assert.ok(next > version, `${next} after ${version}`)
        version = next
      }
    },
  ),

  ruleFor(
    'VER-03',
    'A write whose ifVersion is the current version passes.',
    STATES_AND_STEPS,
    WRITES,
    async (t, write) => {
      let { version } = await t.backend.saveState('r', t.gen.state())
      for (const n of [1, 2, 3]) {
        t.assert.equal(await versionOf(t, 'r'), version)
        const written = await t.assert.resolves(write(t.backend, 'r', { ifVersion: version }, n), `write ${n}`)
        version = written.version
      }
      t.assert.equal((await t.backend.loadState('r'))?.currentStepIndex, 3)
    },
  ),

  ruleFor(
    'VER-04',
    'A write whose ifVersion is another version is CONFLICT and changes nothing.',
    STATES_AND_STEPS,
    WRITES,
    async (t, write) => {
      const { version: old } = await t.backend.saveState('r', t.gen.state())
      const { version } = await t.backend.updateState('r', { currentStepIndex: 7 })
      const before = await t.dump()
      for (const ifVersion of [0, old, version + 1, Number.MAX_SAFE_INTEGER]) {
        const error = await t.assert.rejects(() => write(t.backend, 'r', { ifVersion }), 'CONFLICT', {
          what: `${ifVersion}`,
        })
        t.assert.equal(error.runId, 'r', "the error's run id")
      }
      t.assert.equal(await t.dump(), before, 'the store afterwards')
    },
  ),

  rule('VER-05', 'ifVersion 0 means that there must be no snapshot yet.', STATES, async (t) => {
    await t.backend.saveState('r', t.gen.state({ currentStepIndex: 1 }), { ifVersion: 0 })
    await t.assert.rejects(() => t.backend.saveState('r', t.gen.state(), { ifVersion: 0 }), 'CONFLICT')
    t.assert.equal((await t.backend.loadState('r'))?.currentStepIndex, 1)
    await t.backend.deleteState('r')
    await t.backend.saveState('r', t.gen.state({ currentStepIndex: 2 }), { ifVersion: 0 })
    t.assert.equal((await t.backend.loadState('r'))?.currentStepIndex, 2, 'after a deletion')
  }),

  rule(
    'VER-06',
    'Any other ifVersion is CONFLICT where there is no snapshot, also that of a deleted one.',
    STATES,
    async (t) => {
      await t.assert.rejects(() => t.backend.saveState('r', t.gen.state(), { ifVersion: 1 }), 'CONFLICT')
      const { version } = await t.backend.saveState('r', t.gen.state())
      await t.backend.deleteState('r')
      await t.assert.rejects(() => t.backend.saveState('r', t.gen.state(), { ifVersion: version }), 'CONFLICT')
      t.assert.equal(await t.backend.loadState('r'), null)
    },
  ),

  rule(
    'VER-07',
    'ifVersion without state asks about the snapshot; on CONFLICT the step is not written.',
    STATES_AND_STEPS,
    async (t) => {
      const { version } = await t.backend.saveState('r', t.gen.state())
      t.assert.equal(
        await t.backend.saveStepResult(t.gen.step('r', 0), { ifVersion: version }),
        undefined,
        'the result',
      )
      await t.assert.rejects(() => t.backend.saveStepResult(t.gen.step('r', 1), { ifVersion: version + 1 }), 'CONFLICT')
      await t.assert.rejects(
        () => t.backend.saveStepResult(t.gen.step('unknown', 1), { ifVersion: version }),
        'CONFLICT',
      )
      await t.backend.saveStepResult(t.gen.step('new', 0), { ifVersion: 0 })
      const indexes = async (runId: string) => (await t.backend.listRunSteps(runId)).map(({ stepIndex }) => stepIndex)
      t.assert.equal([await indexes('r'), await indexes('unknown'), await indexes('new')], [[0], [], [0]])
    },
  ),

  rule(
    'VER-11',
    'The version in the input is ignored: a loaded snapshot can be saved back as it is.',
    STATES,
    async (t) => {
      await t.backend.saveState('r', t.gen.fullState())
      const loaded = t.assert.present(await t.backend.loadState('r'), 'the snapshot')
      const { version } = await t.backend.saveState('r', loaded)
      t.assert.ok(version > loaded.version, 'the version grew')
      const input: Parameters<StateBackend['saveState']>[1] = { ...loaded, version: 'nonsense' }
      await t.assert.resolves(t.backend.saveState('r', input), 'a save with any version in the input')
      await t.backend.updateState('r', { version: -1, currentStepIndex: 9 })
      t.assert.ok((await versionOf(t, 'r')) > version, 'the version is the store’s')
    },
  ),

  ruleFor(
    'VER-17',
    'A wrong ifVersion is VALIDATION, and so is one where it does not belong.',
    STATES_AND_STEPS,
    { negative: -1, fractional: 1.5, text: '1', null: null, NaN: Number.NaN },
    async (t, ifVersion) => {
      await t.backend.saveState('r', t.gen.state())
      for (const [name, write] of Object.entries(WRITES))
        await t.assert.rejects(() => write(t.backend, 'r', { ifVersion: wrong(ifVersion) }), 'VALIDATION', {
          path: '$.ifVersion',
          what: name,
        })
      const misplaced = () => t.backend.deleteState('r', wrong({ ifVersion: 1 }))
      await t.assert.rejects(misplaced, 'VALIDATION', { path: '$.ifVersion', what: 'deleteState' })
    },
  ),

  ruleFor(
    'VER-12',
    'Of 20 parallel writes from one version exactly one wins, the others are CONFLICT.',
    STATES_AND_STEPS,
    WRITES,
    async (t, write) => {
      await t.backend.saveState('r', t.gen.state())
      for (let round = 0; round < 5; round++) {
        const ifVersion = await versionOf(t, 'r')
        const calls = Array.from({ length: 20 }, (_, n) => write(t.backend, 'r', { ifVersion }, 100 * (round + 1) + n))
        t.assert.equal(await outcomes(calls), { done: 1, refused: ['CONFLICT'] }, `round ${round}`)
        const won = (await Promise.allSettled(calls)).findIndex(({ status }) => status === 'fulfilled')
        t.assert.equal(
          (await t.backend.loadState('r'))?.currentStepIndex,
          100 * (round + 1) + won,
          "the winner's value",
        )
      }
    },
  ),

  ruleFor(
    'VER-13',
    'Of parallel writes from one version by two instances exactly one wins.',
    { ...STATES_AND_STEPS, needs: ['second'], timeoutMs: 20_000 },
    WRITES,
    async (t, write) => {
      const second = await t.second()
      await t.backend.saveState('r', t.gen.state())
      for (let round = 0; round < 10; round++) {
        const ifVersion = await versionOf(t, 'r', round % 2 ? second : t.backend)
        const calls = Array.from({ length: 6 }, (_, n) => write(n % 2 ? second : t.backend, 'r', { ifVersion }, n + 1))
        t.assert.equal(await outcomes(calls), { done: 1, refused: ['CONFLICT'] }, `round ${round}`)
      }
    },
  ),

  rule('VER-14', 'Of parallel first saves with ifVersion 0 exactly one wins.', STATES, async (t) => {
    const calls = Array.from({ length: 20 }, (_, n) =>
      t.backend.saveState('r', t.gen.state({ currentStepIndex: n }), { ifVersion: 0 }),
    )
    t.assert.equal(await outcomes(calls), { done: 1, refused: ['CONFLICT'] })
    const won = (await Promise.allSettled(calls)).findIndex(({ status }) => status === 'fulfilled')
    t.assert.equal((await t.backend.loadState('r'))?.currentStepIndex, won)
  }),

  rule(
    'VER-15',
    'Counting up by load and save with ifVersion loses no count, with two instances at work.',
    { ...STATES, needs: ['second'], timeoutMs: 20_000 },
    async (t) => {
      const second = await t.second()
      await t.backend.saveState('r', t.gen.state({ totalSteps: 0 }))
      const countUp = async (backend: StateBackend, times: number) => {
        for (let done = 0, refusals = 0; done < times; ) {
          const { version, totalSteps } = t.assert.present(await backend.loadState('r'), 'the snapshot')
          const { refused } = await outcomes([
            backend.updateState('r', { totalSteps: totalSteps + 1 }, { ifVersion: version }),
          ])
          if (refused.length === 0) done += 1
          else t.assert.equal(refused, ['CONFLICT'])
          // Each refusal means that one of the twenty others was made.
          refusals += refused.length
          t.assert.ok(refusals <= 20, 'a write that expects the version just loaded is made at last')
        }
      }
      await Promise.all([t.backend, second, t.backend, second].map((backend) => countUp(backend, 5)))
      t.assert.equal((await t.backend.loadState('r'))?.totalSteps, 20)
    },
  ),
]
