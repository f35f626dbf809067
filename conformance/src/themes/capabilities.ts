import { CAPABILITY_GROUPS, type CapabilityGroup, isStateBackendError } from '@flujo-state/core'
import { checkAbsence } from '../absence.js'
import type { RuleContext } from '../context.js'
import { METHODS } from '../fixtures/methods.js'
import { fillWorld } from '../fixtures/world.js'
import { type Rule, rule, ruleFor } from '../rule.js'

const PERSISTENCE = ['none', 'process', 'crash']
const MULTI_INSTANCE = ['none', 'process', 'host', 'network']

/** Shows that the group does what its name says, by one small effect that only it can show. */
const WORKS: Readonly<Record<CapabilityGroup, (t: RuleContext) => Promise<unknown>>> = {
  states: async ({ backend, gen }) => {
    await backend.saveState('a', gen.state())
    return (await backend.loadState('a'))?.runId
  },
  backgroundTasks: async ({ backend, gen }) => {
    await backend.saveState('a', gen.state({ isBackgroundTask: true }))
    return (await backend.listBackgroundTasks())[0]?.runId
  },
  runs: async ({ backend, gen }) => {
    await backend.saveRunStart(gen.run('a'))
    return (await backend.getRunDetails('a'))?.runId
  },
  steps: async ({ backend, gen }) => {
    await backend.saveStepResult(gen.step('a', 0))
    return (await backend.listRunSteps('a'))[0]?.runId
  },
  traces: async ({ backend, gen }) => {
    await backend.saveTrace('a', gen.span('a'))
    return (await backend.getTrace('a'))?.spanId
  },
  evaluations: async ({ backend }) => {
    await backend.persistEvaluation('a', { score: 1 })
    return (await backend.listEvaluations())[0]?.runId
  },
  systemState: async ({ backend }) => {
    await backend.setSystemState('a', {})
    return (await backend.getSystemState('a'))?.key
  },
  claims: async ({ backend }) => {
    await backend.claimRun('a', { owner: 'worker', leaseMs: 1_000 })
    return (await backend.getLease('a'))?.runId
  },
  stats: async ({ backend, gen }) => {
    await backend.saveState('a', gen.state())
    return (await backend.getWorkflowStats()).totalWorkflows === 1 ? 'a' : 'nothing counted'
  },
  cleanup: async ({ backend, gen, clock }) => {
    await backend.saveState('a', gen.state({ status: 'completed' }))
    clock.advance(31 * 86_400_000)
    return (await backend.cleanupOldWorkflows()) === 1 ? 'a' : 'nothing deleted'
  },
  compact: async ({ backend, gen }) => {
    await backend.saveState('a', gen.state())
    await backend.compact()
    return (await backend.loadState('a'))?.runId
  },
}

export const capabilityRules: readonly Rule[] = [
  rule('CAP-01', 'capabilities is frozen plain data with exactly the known keys.', {}, async (t) => {
    const { capabilities } = t.backend
    t.assert.ok(Object.isFrozen(capabilities), 'it is frozen')
    const copy = JSON.parse(JSON.stringify(capabilities))
    t.assert.equal({ ...capabilities }, copy, 'it survives JSON')
    const groups = Object.fromEntries(CAPABILITY_GROUPS.map((group) => [group, Boolean(copy[group])]))
    t.assert.equal(copy, { ...groups, persistence: copy.persistence, multiInstance: copy.multiInstance }, 'its keys')
    t.assert.ok(PERSISTENCE.includes(copy.persistence), `persistence is one of ${PERSISTENCE}: ${copy.persistence}`)
    t.assert.ok(
      MULTI_INSTANCE.includes(copy.multiInstance),
      `multiInstance is one of ${MULTI_INSTANCE}: ${copy.multiInstance}`,
    )
    await t.backend.open()
  }),

  ruleFor(
    'CAP-02',
    'A group that is declared works; one that is not refuses every call with NOT_SUPPORTED and changes nothing.',
    {},
    Object.fromEntries(CAPABILITY_GROUPS.map((group) => [group, group])),
    async (t, group) => {
      if (!t.backend.capabilities[group]) return checkAbsence(t, [group])
      t.assert.equal(await t.assert.resolves(WORKS[group](t), group), 'a', group)
    },
  ),

  rule(
    'CAP-03',
    'No method works though its group is declared missing, nor is missing though it is declared.',
    {},
    async (t) => {
      for (const { name, group, call } of METHODS) {
        const error = await call(t.backend, 'a').then(
          () => null,
          (error: unknown) => error,
        )
        const declared = t.backend.capabilities[group]
        t.assert.equal(isStateBackendError(error, 'NOT_SUPPORTED'), !declared, `${name} is NOT_SUPPORTED`)
      }
    },
  ),

  rule(
    'CAP-04',
    'capabilities and contractVersion never change: not by writes, not in another instance, not by shutdown.',
    {},
    async (t) => {
      const copy = { ...t.backend.capabilities }
      const { contractVersion } = t.backend
      const other = await t.other()
      await fillWorld(t)
      t.assert.equal({ ...t.backend.capabilities }, copy, 'after writes')
      t.assert.equal({ ...other.capabilities }, copy, 'of another instance')
      await t.backend.shutdown()
      t.assert.equal({ ...t.backend.capabilities }, copy, 'after shutdown')
      t.assert.equal(t.backend.contractVersion, contractVersion, 'contractVersion')
    },
  ),

  rule('CAP-05', 'Snapshots cannot be missing, and contractVersion is one that this suite tests.', {}, async (t) => {
    t.assert.equal(t.backend.capabilities.states, true, 'capabilities.states')
    t.assert.ok(/^1\.\d+$/.test(t.backend.contractVersion), `contractVersion is 1.x: ${t.backend.contractVersion}`)
    t.assert.equal(await t.backend.loadState('a'), null)
  }),
]
