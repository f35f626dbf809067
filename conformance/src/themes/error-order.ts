import type { ErrorCode, Lease, StateBackend } from '@flujo-state/core'
import type { RuleContext } from '../context.js'
import { createGenerators } from '../fixtures/generators.js'
import { claim, wrong } from '../fixtures/runs.js'
import { type Rule, rule, ruleFor } from '../rule.js'

const GROUPS = { requires: ['states', 'runs', 'steps', 'traces', 'evaluations', 'claims', 'systemState'] } as const
const gen = createGenerators()
const unstorable = wrong({ callback: () => 1 })

/** What can be wrong with a call at once. */
interface Wrongs {
  /** `VALIDATION`: an unknown option. */
  readonly invalid?: boolean
  /** `SERIALIZATION`: a payload that cannot be stored. */
  readonly unstorable?: boolean
  /** `STALE_LEASE`. */
  readonly lease?: Lease
  /** `CONFLICT`. */
  readonly ifVersion?: number
}

const options = ({ invalid, lease, ifVersion }: Wrongs) =>
  wrong({ ...(lease && { lease }), ...(ifVersion !== undefined && { ifVersion }), ...(invalid && { unknown: 1 }) })
const payload = (wrongs: Wrongs) => (wrongs.unstorable ? unstorable : {})

interface Call {
  call(backend: StateBackend, runId: string, wrongs: Wrongs): Promise<unknown>
  /** It needs a snapshot: `NOT_FOUND`. */
  readonly needsState?: true
  readonly takesVersion?: true
}

const CALLS: Readonly<Record<string, Call>> = {
  saveState: {
    call: (b, id, wrongs) => b.saveState(id, gen.state({ pipelineContext: payload(wrongs) }), options(wrongs)),
    takesVersion: true,
  },
  updateState: {
    call: (b, id, wrongs) => b.updateState(id, { pipelineContext: payload(wrongs) }, options(wrongs)),
    needsState: true,
    takesVersion: true,
  },
  saveRunStart: { call: (b, id, wrongs) => b.saveRunStart({ runId: id, metadata: payload(wrongs) }, options(wrongs)) },
  saveRunEnd: { call: (b, id, wrongs) => b.saveRunEnd(id, { finalContext: payload(wrongs) }, options(wrongs)) },
  'saveRunEnd with state': {
    call: (b, id, wrongs) =>
      b.saveRunEnd(id, {}, wrong({ ...(options(wrongs) as object), state: { pipelineContext: payload(wrongs) } })),
    needsState: true,
  },
  saveStepResult: {
    call: (b, id, wrongs) => b.saveStepResult(gen.step(id, 0, { output: payload(wrongs) }), options(wrongs)),
    takesVersion: true,
  },
  'saveStepResult with state': {
    call: (b, id, wrongs) =>
      b.saveStepResult(
        gen.step(id, 0),
        wrong({ ...(options(wrongs) as object), state: { pipelineContext: payload(wrongs) } }),
      ),
    needsState: true,
    takesVersion: true,
  },
  saveTrace: {
    call: (b, id, wrongs) => b.saveTrace(id, gen.span('s', { attributes: payload(wrongs) }), options(wrongs)),
  },
  saveSpans: {
    call: (b, id, wrongs) => b.saveSpans(id, [gen.span('s', { attributes: payload(wrongs) })], options(wrongs)),
  },
  persistEvaluation: {
    call: (b, id, wrongs) => b.persistEvaluation(id, { score: 1, metadata: payload(wrongs) }, options(wrongs)),
  },
}
const having = (field: 'needsState' | 'takesVersion') =>
  Object.fromEntries(Object.entries(CALLS).filter(([, call]) => call[field]))
const NEEDS_STATE = having('needsState')
const TAKES_VERSION = having('takesVersion')
const BOTH = Object.fromEntries(Object.entries(NEEDS_STATE).filter(([name]) => name in TAKES_VERSION))

async function staleLease(t: RuleContext, runId: string): Promise<Lease> {
  const lease = await claim(t.backend, runId)
  await t.backend.releaseLease(lease)
  return lease
}

/** The call with these wrongs is refused with the code that comes first, and nothing is written. */
async function expectFirst(
  t: RuleContext,
  { call }: Call,
  runId: string,
  wrongs: Wrongs,
  code: ErrorCode,
): Promise<void> {
  const before = await t.dump()
  await t.assert.rejects(() => call(t.backend, runId, wrongs), code, {
    what: `with ${Object.keys(wrongs).join(' and ')}`,
  })
  t.assert.equal(await t.dump(), before, 'the store afterwards')
}

export const errorOrderRules: readonly Rule[] = [
  ruleFor('ERR-01', 'Of several things that are wrong, CLOSED comes first.', GROUPS, CALLS, async (t, { call }) => {
    const lease = await staleLease(t, 'r')
    await t.backend.shutdown()
    await t.assert.rejects(() => call(t.backend, 'r', { invalid: true, unstorable: true, lease }), 'CLOSED')
    await t.assert.rejects(() => call(t.backend, wrong(''), {}), 'CLOSED', { what: 'with a bad id' })
  }),

  ruleFor('ERR-02', 'VALIDATION comes before SERIALIZATION and all others.', GROUPS, CALLS, async (t, each) => {
    const lease = await staleLease(t, 'r')
    await expectFirst(t, each, 'r', { invalid: true, unstorable: true }, 'VALIDATION')
    await expectFirst(t, each, 'r', { invalid: true, unstorable: true, lease }, 'VALIDATION')
    await expectFirst(t, each, 'r', { invalid: true, lease }, 'VALIDATION')
  }),

  ruleFor(
    'ERR-03',
    'SERIALIZATION comes before STALE_LEASE, NOT_FOUND and CONFLICT.',
    GROUPS,
    CALLS,
    async (t, each) => {
      const lease = await staleLease(t, 'r')
      await expectFirst(t, each, 'r', { unstorable: true, lease }, 'SERIALIZATION')
      await expectFirst(t, each, 'r', { unstorable: true }, 'SERIALIZATION')
      if (each.takesVersion) await expectFirst(t, each, 'r', { unstorable: true, ifVersion: 9, lease }, 'SERIALIZATION')
    },
  ),

  ruleFor('ERR-04', 'STALE_LEASE comes before NOT_FOUND.', GROUPS, NEEDS_STATE, async (t, each) => {
    const lease = await staleLease(t, 'r')
    await expectFirst(t, each, 'r', { lease }, 'STALE_LEASE')
    await expectFirst(t, each, 'r', {}, 'NOT_FOUND')
  }),

  ruleFor('ERR-05', 'STALE_LEASE comes before CONFLICT.', GROUPS, TAKES_VERSION, async (t, each) => {
    const lease = await staleLease(t, 'r')
    await t.backend.saveState('r', t.gen.state())
    await expectFirst(t, each, 'r', { lease, ifVersion: 1_000 }, 'STALE_LEASE')
    await expectFirst(t, each, 'r', { ifVersion: 1_000 }, 'CONFLICT')
  }),

  ruleFor('ERR-06', 'NOT_FOUND comes before CONFLICT.', GROUPS, BOTH, async (t, each) => {
    await expectFirst(t, each, 'r', { ifVersion: 1_000 }, 'NOT_FOUND')
    await expectFirst(t, each, 'r', { ifVersion: 0 }, 'NOT_FOUND')
  }),

  rule(
    'ERR-07',
    'A refused call says the method in its message, the run id and, if it was the input, the path.',
    GROUPS,
    async (t) => {
      const lease = await staleLease(t, 'r')
      for (const [name, { call }] of Object.entries(CALLS)) {
        const method = name.split(' ')[0] ?? ''
        for (const [wrongs, code] of [
          [{ lease }, 'STALE_LEASE'],
          [{ unstorable: true }, 'SERIALIZATION'],
        ] as const) {
          const error = await t.assert.rejects(() => call(t.backend, 'r', wrongs), code, { what: name })
          t.assert.ok(error.message.includes(method), `${name}: the message names the method: ${error.message}`)
          t.assert.equal([error.runId, error.path !== undefined], ['r', code === 'SERIALIZATION'], name)
        }
      }
      const refusals = [
        [NEEDS_STATE, {}, 'NOT_FOUND'],
        [TAKES_VERSION, { ifVersion: 1_000 }, 'CONFLICT'],
      ] as const
      for (const [calls, wrongs, code] of refusals)
        for (const [name, { call, needsState }] of Object.entries(calls)) {
          const runId = `${code} ${name}`
          if (code === 'CONFLICT' && needsState) await t.backend.saveState(runId, t.gen.state())
          const error = await t.assert.rejects(() => call(t.backend, runId, wrongs), code, { what: name })
          t.assert.equal([error.runId, error.path], [runId, undefined], `${name}, ${code}`)
        }
    },
  ),
]
