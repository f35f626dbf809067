/** Sentences of the contract that are said once and easily forgotten. */
import type { CapabilityGroup, ErrorCode, StateBackend } from '@flujo-state/core'
import type { RuleContext } from '../context.js'
import { type Rule, rule, ruleFor } from '../rule.js'

interface TextFilter {
  readonly group: CapabilityGroup
  readonly field: string
  list(backend: StateBackend, filter: object): Promise<unknown>
}

const TEXT_FILTERS: Readonly<Record<string, TextFilter>> = {
  'getSpans by status': { group: 'traces', field: 'status', list: (b, filter) => b.getSpans('run', filter) },
  'getSpans by name': { group: 'traces', field: 'name', list: (b, filter) => b.getSpans('run', filter) },
  getSpanStatistics: { group: 'traces', field: 'pipelineName', list: (b, filter) => b.getSpanStatistics(filter) },
  listEvaluations: { group: 'evaluations', field: 'runId', list: (b, filter) => b.listEvaluations(filter) },
  listRuns: { group: 'runs', field: 'pipelineName', list: (b, filter) => b.listRuns(filter) },
  listBackgroundTasks: {
    group: 'backgroundTasks',
    field: 'parentRunId',
    list: (b, filter) => b.listBackgroundTasks(filter),
  },
  getFailedBackgroundTasks: {
    group: 'backgroundTasks',
    field: 'parentRunId',
    list: (b, filter) => b.getFailedBackgroundTasks(filter),
  },
  'any list by its position': { group: 'states', field: 'after', list: (b, filter) => b.listStates(filter) },
}

/** A call that is refused for each of these reasons. */
const REFUSALS: Readonly<Partial<Record<ErrorCode, (t: RuleContext) => Promise<unknown>>>> = {
  VALIDATION: (t) => t.backend.loadState(''),
  SERIALIZATION: (t) => t.backend.saveState('a', t.gen.state({ lastStepOutput: (() => 1) as never })),
  NOT_FOUND: (t) => t.backend.updateState('nobody', {}),
  CONFLICT: (t) => t.backend.saveState('a', t.gen.state(), { ifVersion: 1_000_000 }),
  RUN_CLAIMED: async (t) => {
    await t.backend.claimRun('a', { owner: 'one', leaseMs: 1_000 })
    return t.backend.claimRun('a', { owner: 'two', leaseMs: 1_000 })
  },
  STALE_LEASE: async (t) => {
    const lease = await t.backend.claimRun('b', { owner: 'one', leaseMs: 1_000 })
    await t.backend.releaseLease(lease)
    return t.backend.renewLease(lease, { leaseMs: 1_000 })
  },
}

const THEN = new Date('2026-02-03T04:05:06.789Z')

/** Writes that move the status under a time of their own, and where the other record is. */
const DATED: Readonly<Record<string, (backend: StateBackend, updatedAt: Date) => Promise<unknown>>> = {
  saveRunStart: (b, updatedAt) => b.saveRunStart({ runId: 'a', status: 'paused', updatedAt }),
  saveRunEnd: (b, updatedAt) => b.saveRunEnd('a', { status: 'paused', updatedAt }),
  updateState: (b, updatedAt) => b.updateState('a', { status: 'paused', updatedAt }),
}

export const smallPrintRules: readonly Rule[] = [
  ruleFor(
    'GEN-11',
    'An empty text is no filter: it is refused, with its path.',
    { variantRequires: ({ group }: TextFilter) => [group] },
    TEXT_FILTERS,
    async (t, { field, list }) => {
      await t.assert.rejects(() => list(t.backend, { [field]: '' }), 'VALIDATION', { path: `$.${field}` })
    },
  ),

  ruleFor(
    'ERR-08',
    'No refusal of a call is retryable: the same call would be refused again.',
    { requires: ['states', 'claims'] },
    REFUSALS,
    async (t, refused) => {
      const codes = Object.keys(REFUSALS) as ErrorCode[]
      const error = await t.assert.rejects(() => refused(t), codes)
      t.assert.equal(error.retryable, false, `retryable of ${error.code}`)
    },
  ),

  ruleFor(
    'ONE-15',
    'A status that is moved under a time of its own dates both records with that time.',
    { requires: ['states', 'runs'] },
    DATED,
    async (t, write) => {
      await t.backend.saveRunStart(t.gen.run('a'))
      await t.backend.saveState('a', t.gen.state())
      t.clock.advance(1_000)
      await write(t.backend, THEN)
      t.assert.equal((await t.backend.getRunDetails('a'))?.updatedAt, THEN, 'the run record')
      t.assert.equal((await t.backend.loadState('a'))?.updatedAt, THEN, 'the snapshot')
    },
  ),

  rule(
    'SPN-24',
    'Minus zero in the times of spans and events is stored as zero.',
    { requires: ['traces'] },
    async (t) => {
      const zero = { spanId: 'a', name: 'n', startTime: -0, endTime: -0, events: [{ name: 'e', time: -0 }] }
      await t.backend.saveSpans('batch', [zero])
      await t.backend.saveTrace('trace', { ...zero, children: [{ ...zero, spanId: 'b' }] })
      for (const span of [...(await t.backend.getSpans('batch')), ...(await t.backend.getSpans('trace'))])
        t.assert.equal([span.startTime, span.endTime, span.events[0]?.time], [0, 0, 0], `span ${span.spanId}`)
    },
  ),

  ruleFor(
    'EVL-16',
    'What an evaluation gets from the store cannot be given: it is refused, and nothing is written.',
    { requires: ['evaluations'] },
    {
      evaluationId: { evaluationId: '1' },
      createdAt: { createdAt: new Date(0) },
      runId: { runId: 'run' },
    } as Readonly<Record<string, object>>,
    async (t, given) => {
      const path = `$.${Object.keys(given)[0]}`
      const input = { score: 1, ...given }
      await t.assert.rejects(() => t.backend.persistEvaluation('run', input), 'VALIDATION', { path })
      t.assert.equal(await t.backend.listEvaluations(), [], 'evaluations')
    },
  ),

  rule(
    'SHD-09',
    'The last instance that is shut down leaves no lock, no journal and no temporary file.',
    { requires: ['states'], needs: ['storage', 'reopen'] },
    async (t) => {
      await t.backend.saveState('a', t.gen.fullState())
      await t.backend.updateState('a', { appendStepHistory: [{ n: 1 }] })
      const reopened = await t.reopen()
      await reopened.saveState('b', t.gen.state())
      await reopened.shutdown()
      const names = await t.storage.list()
      t.assert.ok(names.length > 0, 'something is stored')
      const left = names.filter((name) => /(-wal|-shm|-journal|\.lock|\.tmp|\.temp|~)$|(^|\/)lock$/i.test(name))
      t.assert.equal(left, [], 'what was left')
    },
  ),
]
