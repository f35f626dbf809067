import type { CapabilityGroup, StateBackend } from '@flujo-state/core'
import { createGenerators } from '../fixtures/generators.js'
import { METHODS, type Method } from '../fixtures/methods.js'
import { type Rule, ruleFor } from '../rule.js'

const gen = createGenerators()

const DURATIONS = [0, 0.1, -2.5, 1e300, 5e-324, 2 ** 53]
const COUNTS = [0, 2 ** 31, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER]
const NAMES = ['1.0', '007', '1e3', '-0', '9007199254740993', 'null', 'true']

type Fields = Readonly<Record<string, readonly (number | string)[]>>
const FIGURES: Fields = { executionTimeMs: DURATIONS, memoryUsageMb: DURATIONS, totalSteps: COUNTS }
const PIPELINE: Fields = { pipelineId: NAMES, pipelineName: NAMES, pipelineVersion: NAMES }

/** A write with some fields, and the record they are in. */
interface Write {
  readonly groups: readonly CapabilityGroup[]
  readonly fields: Fields
  write(backend: StateBackend, fields: object): Promise<unknown>
  read(backend: StateBackend): Promise<object | null | undefined>
}

const loaded = (b: StateBackend) => b.loadState('r')
const run = (b: StateBackend) => b.getRunDetails('r')

const WRITES: Readonly<Record<string, Write>> = {
  updateState: {
    groups: ['states'],
    fields: { ...FIGURES, ...PIPELINE, currentStepIndex: COUNTS, taskId: NAMES, parentRunId: NAMES },
    write: async (b, fields) => {
      await b.saveState('r', gen.state())
      await b.updateState('r', fields)
    },
    read: loaded,
  },
  'a state saved with a step': {
    groups: ['states', 'steps'],
    fields: { ...FIGURES, ...PIPELINE, currentStepIndex: COUNTS },
    write: async (b, state) => {
      await b.saveState('r', gen.state())
      await b.saveStepResult(gen.step('r', 0), { state })
    },
    read: loaded,
  },
  saveRunStart: {
    groups: ['runs'],
    fields: { ...FIGURES, ...PIPELINE },
    write: (b, fields) => b.saveRunStart({ runId: 'r', ...fields }),
    read: run,
  },
  saveRunEnd: { groups: ['runs'], fields: FIGURES, write: (b, fields) => b.saveRunEnd('r', fields), read: run },
  persistEvaluation: {
    groups: ['evaluations'],
    fields: { stepName: NAMES, score: DURATIONS },
    write: (b, fields) => b.persistEvaluation('r', { score: 1, ...fields }),
    read: async (b) => (await b.listEvaluations({ limit: 1 }))[0],
  },
}

const READS = Object.fromEntries(METHODS.filter(({ kind }) => kind === 'read').map((method) => [method.name, method]))

export const otherWayNumberRules: readonly Rule[] = [
  ruleFor(
    'VAL-21',
    'Numbers, and names that look like numbers, come back exactly by every way in.',
    { variantRequires: ({ groups }: Write) => groups },
    WRITES,
    async (t, { fields, write, read }) => {
      for (const [field, values] of Object.entries(fields))
        for (const value of values) {
          await write(t.backend, { [field]: value })
          const record = t.assert.present(await read(t.backend), 'the record')
          t.assert.equal(Reflect.get(record, field), value, field)
        }
    },
  ),

  ruleFor(
    'CON-52',
    'An instance that has read before sees what another one writes then, by every read.',
    { needs: ['second'], variantRequires: ({ group }: Method) => [group] },
    READS,
    async (t, method) => {
      const { capabilities: has } = t.backend
      const reader = await t.second()
      const before = await method.call(reader, 'r')
      if (has.states) await t.backend.saveState('r', gen.state({ status: 'failed', isBackgroundTask: true }))
      if (has.runs) await t.backend.saveRunStart({ runId: 'r' })
      if (has.steps) await t.backend.saveStepResult(gen.step('r', 0))
      if (has.traces) await t.backend.saveTrace('r', gen.span('root'))
      if (has.evaluations) await t.backend.persistEvaluation('r', { score: 1 })
      if (has.systemState) await t.backend.setSystemState('r', { n: 1 })
      if (has.claims) await t.backend.claimRun('r', { owner: 'worker', leaseMs: 60_000 })
      const expected = await method.call(t.backend, 'r')
      t.assert.ok(JSON.stringify(expected) !== JSON.stringify(before), 'something is there to be seen')
      t.assert.equal(await method.call(reader, 'r'), expected)
    },
  ),
]
