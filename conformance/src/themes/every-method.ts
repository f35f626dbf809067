import { isStateBackendError, type StateBackend } from '@flujo-state/core'
import type { RuleContext } from '../context.js'
import { METHODS, type Method } from '../fixtures/methods.js'
import { fewValues, fillWorld, WORLD_IDS } from '../fixtures/world.js'
import { type Rule, rule, ruleFor } from '../rule.js'

const byName = (methods: readonly Method[]) => Object.fromEntries(methods.map((method) => [method.name, method]))
const requiresGroup = { variantRequires: ({ group }: Method) => [group] }

/** Throws whatever is done with it. */
function throwingProxy(): object {
  const refuse = () => {
    throw new Error('hands off')
  }
  return new Proxy(
    {},
    { get: refuse, has: refuse, ownKeys: refuse, getPrototypeOf: refuse, getOwnPropertyDescriptor: refuse },
  )
}

const HOSTILE_ARGUMENTS: readonly (() => unknown[])[] = [
  () => [],
  () => [null, null, null],
  () => [7, 7, 7],
  () => [Symbol('s'), Symbol('s'), Symbol('s')],
  () => [throwingProxy(), throwingProxy(), throwingProxy()],
]

/** Calls the method by name with any arguments, as untyped code would. */
function callAny(backend: StateBackend, { name }: Pick<Method, 'name'>, args: readonly unknown[]): unknown {
  const method = backend[name] as unknown as (...args: readonly unknown[]) => unknown
  return method.apply(backend, [...args])
}

async function returnsPromise(t: RuleContext, method: Method, args: readonly unknown[], what: string): Promise<void> {
  let result: unknown
  try {
    result = callAny(t.backend, method, args)
  } catch (error) {
    t.assert.fail(`${method.name} ${what} threw synchronously: ${String(error)}`)
  }
  t.assert.ok(result instanceof Promise, `${method.name} ${what} did not return a promise`)
  await Promise.resolve(result).catch(() => {})
}

const LISTS: Readonly<Record<string, (backend: StateBackend) => Promise<unknown[]>>> = {
  listStates: (b) => b.listStates(),
  listWorkflows: (b) => b.listWorkflows({ pipelineId: 'nobody' }),
  getFailedWorkflows: (b) => b.getFailedWorkflows(),
  listBackgroundTasks: (b) => b.listBackgroundTasks({ parentRunId: 'nobody' }),
  getFailedBackgroundTasks: (b) => b.getFailedBackgroundTasks(),
  listRuns: (b) => b.listRuns(),
  listRunSteps: (b) => b.listRunSteps('nobody'),
  getSpans: (b) => b.getSpans('nobody'),
  listEvaluations: (b) => b.listEvaluations(),
}
const groupOf = (name: string) => METHODS.find((method) => method.name === name)?.group ?? 'states'

const RETURNS_NOTHING = [
  'deleteState',
  'saveRunStart',
  'saveRunEnd',
  'deleteRun',
  'saveStepResult',
  'saveTrace',
  'saveSpans',
  'persistEvaluation',
  'setSystemState',
  'compact',
]
const NULL_WHEN_MISSING = ['loadState', 'getRunDetails', 'getTrace', 'getSystemState', 'getLease']

export const everyMethodRules: readonly Rule[] = [
  ruleFor(
    'GEN-01',
    'Every method returns a promise, also for impossible arguments and after shutdown; nothing throws synchronously.',
    {},
    byName(METHODS),
    async (t, method) => {
      for (const [index, args] of HOSTILE_ARGUMENTS.entries())
        await returnsPromise(t, method, args(), `(arguments ${index})`)
      await method.call(t.backend).catch(() => {})
      await t.backend.shutdown()
      await returnsPromise(t, method, ['any'], 'after shutdown')
    },
  ),

  ruleFor(
    'GEN-02',
    'A rejection is a StateBackendError whose message names the method.',
    {},
    byName(METHODS),
    async (t, method) => {
      await t.backend.shutdown()
      const error = await t.assert.rejects(() => method.call(t.backend), 'CLOSED')
      t.assert.ok(error instanceof Error, 'the error is an Error')
      t.assert.ok(isStateBackendError(error, 'CLOSED'), 'isStateBackendError knows it')
      t.assert.ok(error.message.includes(method.name), `the message names ${method.name}: ${error.message}`)
      t.assert.equal(error.retryable, false, 'retryable')
    },
  ),

  ruleFor(
    'GEN-03',
    'A refused write changes nothing, whatever it is refused for.',
    requiresGroup,
    byName(METHODS.filter(({ kind, name }) => kind === 'write' && name !== 'compact')),
    async (t, method) => {
      await fillWorld(t, t.backend, fewValues)
      const before = await t.dump(t.backend, WORLD_IDS)
      for (const args of HOSTILE_ARGUMENTS.slice(1))
        await t.assert.rejects(() => callAny(t.backend, method, args()), 'VALIDATION')
      t.assert.equal(await t.dump(t.backend, WORLD_IDS), before, 'the store after refused calls')
    },
  ),

  ruleFor(
    'GEN-04',
    'What is not there is null.',
    requiresGroup,
    byName(METHODS.filter(({ name }) => NULL_WHEN_MISSING.includes(name))),
    async (t, method) => {
      t.assert.equal(await method.call(t.backend, 'nobody'), null, method.name)
    },
  ),

  ruleFor(
    'GEN-10',
    'A write that has nothing to tell resolves to undefined.',
    requiresGroup,
    byName(METHODS.filter(({ name }) => RETURNS_NOTHING.includes(name))),
    async (t, method) => {
      t.assert.equal(await t.assert.resolves(method.call(t.backend, 'any'), method.name), undefined, method.name)
    },
  ),

  ruleFor(
    'GEN-05',
    'A list resolves to a dense array, empty when nothing matches, full when something does.',
    { variantRequires: (name) => [groupOf(name)] },
    Object.fromEntries(Object.keys(LISTS).map((name) => [name, name])),
    async (t, name) => {
      t.assert.equal(await LISTS[name]?.(t.backend), [], `${name} of an empty store`)
      await fillWorld(t)
      const method = METHODS.find((method) => method.name === name) as Method
      const items = (await method.call(t.backend, name === 'getSpans' ? 'Plain' : 'plain')) as unknown[]
      t.assert.ok(Array.isArray(items) && items.length > 0, `${name} gives an array with items`)
      t.assert.equal(Object.keys(items).length, items.length, `${name}: keys of the array`)
    },
  ),

  ruleFor(
    'GEN-06',
    'A read changes nothing.',
    requiresGroup,
    byName(METHODS.filter(({ kind }) => kind === 'read')),
    async (t, method) => {
      await fillWorld(t)
      const before = await t.dump(t.backend, WORLD_IDS)
      t.clock.advance(1)
      for (const runId of ['plain', 'nobody', '__proto__']) await method.call(t.backend, runId)
      t.clock.advance(-1)
      t.assert.equal(await t.dump(t.backend, WORLD_IDS), before, `the store after ${method.name}`)
    },
  ),

  rule('GEN-07', 'Two backends over different storage share nothing.', {}, async (t) => {
    const other = await t.other()
    const empty = await t.dump(other, WORLD_IDS)
    await fillWorld(t)
    const full = await t.dump(t.backend, WORLD_IDS)
    t.assert.equal(await t.dump(other, WORLD_IDS), empty, 'the other store, untouched')
    await fillWorld(t, other)
    for (const runId of WORLD_IDS) if (other.capabilities.runs) await other.deleteRun(runId, { force: true })
    t.assert.equal(await t.dump(t.backend, WORLD_IDS), full, 'the first store after deletions in the other')
  }),

  rule(
    'GEN-08',
    'No method, used well or badly, leaves a trace in the process: see the watch over every rule.',
    {},
    async (t) => {
      const prototype = Reflect.ownKeys(Object.prototype)
      await fillWorld(t)
      for (const method of METHODS) {
        await method.call(t.backend, '__proto__').catch(() => {})
        for (const args of HOSTILE_ARGUMENTS) await Promise.resolve(callAny(t.backend, method, args())).catch(() => {})
      }
      t.assert.equal(Reflect.ownKeys(Object.prototype), prototype, 'keys of Object.prototype')
    },
  ),

  rule('GEN-09', 'Every method may be the very first call, many at once.', {}, async (t) => {
    const usable = METHODS.filter(({ group }) => t.backend.capabilities[group])
    const expectedRefusals = ['updateState', 'renewLease', 'releaseLease']
    const outcomes = await Promise.allSettled(usable.map((method, index) => method.call(t.backend, `run-${index}`)))
    for (const [index, outcome] of outcomes.entries()) {
      const name = usable[index]?.name ?? ''
      if (expectedRefusals.includes(name)) t.assert.equal(outcome.status, 'rejected', name)
      else if (outcome.status === 'rejected')
        t.assert.fail(`${name} as one of the first calls: ${String(outcome.reason)}`)
    }
  }),
]
