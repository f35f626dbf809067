import type { CapabilityGroup, Lease, StateBackend } from '@flujo-state/core'
import { createGenerators } from '../fixtures/generators.js'
import type { Method } from '../fixtures/methods.js'
import { scramble } from '../fixtures/scramble.js'
import { DAY, HOUR } from '../fixtures/workflows.js'
import { type Rule, ruleFor } from '../rule.js'

type Args = (now: number, lease: Lease | null) => readonly unknown[]

/** A call whose arguments say what it is to do, not what it is to store. */
interface AskingCall {
  readonly method: Method['name']
  readonly groups: readonly CapabilityGroup[]
  /** The lease is of the run `held`. */
  readonly args: Args
}

const gen = createGenerators()
const held = 'held'

function asking(method: Method['name'], groups: readonly CapabilityGroup[], args: Args): AskingCall {
  return { method, groups, args }
}

/** A write under a lease; what stands before the options. */
const under = (method: Method['name'], group: CapabilityGroup, ...before: readonly unknown[]): AskingCall =>
  asking(method, [group, 'claims'], (_, lease) => [...before, { lease }])

const CALLS: Readonly<Record<string, AskingCall>> = {
  listStates: asking('listStates', ['states'], () => [{ status: ['failed', 'paused'], limit: 1 }]),
  listWorkflows: asking('listWorkflows', ['states'], (now) => [
    { status: ['failed'], createdAfter: new Date(now - DAY), limit: 5 },
  ]),
  getFailedWorkflows: asking('getFailedWorkflows', ['states'], () => [{ hoursBack: 1, limit: 5 }]),
  listBackgroundTasks: asking('listBackgroundTasks', ['states', 'backgroundTasks'], () => [
    { status: ['running'], parentRunId: 'parent' },
  ]),
  getFailedBackgroundTasks: asking('getFailedBackgroundTasks', ['states', 'backgroundTasks'], () => [
    { hoursBack: 1, parentRunId: 'parent' },
  ]),
  listRuns: asking('listRuns', ['runs'], (now) => [
    { status: ['failed'], createdBefore: new Date(now - DAY), limit: 1 },
  ]),
  'listRuns by metadata': asking('listRuns', ['runs'], () => [{ metadataFilter: { in: { tags: ['a'] } }, limit: 1 }]),
  getSpans: asking('getSpans', ['traces'], () => ['r', { name: 'work', status: 'failed' }]),
  getSpanStatistics: asking('getSpanStatistics', ['traces'], () => [{ timeRange: [0, new Date(5)] }]),
  listEvaluations: asking('listEvaluations', ['evaluations'], () => [{ runId: 'r', limit: 1 }]),
  cleanupOldWorkflows: asking('cleanupOldWorkflows', ['states', 'cleanup'], () => [
    { statuses: ['failed'], daysOld: 1 },
  ]),
  cleanupStaleBackgroundTasks: asking('cleanupStaleBackgroundTasks', ['states', 'backgroundTasks'], () => [
    { staleHours: 12 },
  ]),
  claimRun: asking('claimRun', ['claims'], () => ['new', { owner: 'worker', leaseMs: HOUR }]),
  renewLease: asking('renewLease', ['claims'], (_, lease) => [lease, { leaseMs: DAY }]),
  releaseLease: asking('releaseLease', ['claims'], (_, lease) => [lease]),
  'saveState under a lease': under('saveState', 'states', held, gen.state()),
  'updateState under a lease': under('updateState', 'states', held, { currentStepIndex: 1 }),
  'deleteState under a lease': under('deleteState', 'states', held),
  'saveRunStart under a lease': under('saveRunStart', 'runs', gen.run(held)),
  'saveRunEnd under a lease': under('saveRunEnd', 'runs', held, { status: 'failed' }),
  'deleteRun under a lease': under('deleteRun', 'runs', held),
  'deleteRun by force': asking('deleteRun', ['runs'], () => [held, { force: true }]),
  'saveStepResult under a lease': under('saveStepResult', 'steps', gen.step(held, 0)),
  'saveTrace under a lease': under('saveTrace', 'traces', held, gen.span('root')),
  'saveSpans under a lease': under('saveSpans', 'traces', held, [gen.span('root')]),
  'persistEvaluation under a lease': under('persistEvaluation', 'evaluations', held, { score: 1 }),
}

/** A little of everything that the calls ask for, and the lease of one run. The same in every store at the same time. */
async function fill(backend: StateBackend, now: number): Promise<Lease | null> {
  const { capabilities: has } = backend
  const old = new Date(now - 2 * DAY)
  const task = { isBackgroundTask: true, parentRunId: 'parent' }
  for (const [at, updatedAt] of [old, new Date(now)].entries())
    for (const status of ['failed', 'paused', 'running'] as const) {
      const state = { status, createdAt: updatedAt, updatedAt }
      if (has.states) await backend.saveState(`${status} ${at}`, gen.state(state))
      if (has.states) await backend.saveState(`${status} task ${at}`, gen.state({ ...state, ...task }))
      const metadata = { in: { tags: [at === 0 ? 'a' : 'b'], status } }
      if (has.runs) await backend.saveRunStart(gen.run(`${status} run ${at}`, { ...state, metadata }))
    }
  const spans = [1, 9].map((startTime) => gen.span(`span ${startTime}`, { startTime, status: 'failed' }))
  if (has.traces) await backend.saveSpans('r', [...spans, gen.span('other')])
  for (const score of [1, 2]) if (has.evaluations) await backend.persistEvaluation('r', { score })
  if (has.states) await backend.saveState(held, gen.state())
  return has.claims ? backend.claimRun(held, { owner: 'worker', leaseMs: HOUR }) : null
}

export const isolationCallRules: readonly Rule[] = [
  ruleFor(
    'ISO-07',
    'Filters, options and leases are copied when the call is made: changing them right after it changes nothing of what it does.',
    { variantRequires: ({ groups }: AskingCall) => groups },
    CALLS,
    async (t, { method, args }) => {
      const call = (backend: StateBackend, given: readonly unknown[]): Promise<unknown> =>
        Reflect.apply(backend[method], backend, given)
      const now = t.clock.now().getTime()
      const other = await t.other()
      const expected = await call(other, structuredClone(args(now, await fill(other, now))))
      const given = structuredClone(args(now, await fill(t.backend, now)))
      const pending = call(t.backend, given)
      scramble(given)
      t.assert.equal(await t.assert.resolves(pending, 'the call'), expected, 'what it gives')
      t.assert.equal(await t.dump(), await t.dump(other), 'what is stored')
    },
  ),
]
