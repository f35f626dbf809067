/** What a process does until it is killed: calls drawn from a seed, and what the model says of each. */
import type { Lease, StateBackend } from '@flujo-state/core'
import fc from 'fast-check'
import type { Call } from '../child/protocol.js'
import * as draw from '../model/arbitraries.js'
import { Model } from '../model/model.js'
import { type LeaseOption, Refusal, type StateOption } from '../model/snapshot-model.js'

type Method = Exclude<keyof StateBackend, symbol | 'capabilities' | 'contractVersion'>

/** A call, and the same for the model. */
export interface Step {
  readonly call: Call
  apply(model: Model): unknown
}

/** A step that may be written under a lease: which one is known only when the script begins. */
type Draft = (leases: readonly Lease[]) => Step
type Drafts = fc.Arbitrary<Draft>

export function step(method: Method, args: readonly unknown[], apply: (model: Model) => unknown): Step {
  return { call: { method, args }, apply }
}

const KIB = 1024
const { all, runId } = draw
const lease = fc.constantFrom(false, false, true)

function under(leases: readonly Lease[], runId: string, wanted: boolean): { lease?: Lease } {
  const lease = wanted ? leases.find((each) => each.runId === runId) : undefined
  return lease ? { lease } : {}
}

/** Every part of the text says which write it is from: a mixture of two is seen. */
function filling(mark: number, kib: number): string {
  const part = `${mark} `
  return part.repeat((kib * KIB) / part.length)
}

const saves = all({ runId, state: draw.state, lease }).map(
  ({ runId, state, lease }): Draft =>
    (leases) => {
      const options = under(leases, runId, lease)
      return step('saveState', [runId, state, options], (model) => model.saveState(runId, state, options))
    },
)
const largeSaves = all({ runId, state: draw.state, mark: fc.nat() }).map(
  ({ runId, state, mark }): Draft =>
    () => {
      const large = { ...state, pipelineContext: { mark, filling: filling(mark, 256) } }
      return step('saveState', [runId, large], (model) => model.saveState(runId, large, {}))
    },
)
const updates = all({ runId, patch: draw.patch, lease }).map(
  ({ runId, patch, lease }): Draft =>
    (leases) => {
      const options = under(leases, runId, lease)
      return step('updateState', [runId, patch, options], (model) => model.updateState(runId, patch, options))
    },
)
const stateDeletions = runId.map(
  (runId): Draft =>
    () =>
      step('deleteState', [runId], (model) => model.deleteState(runId, {})),
)
const starts = all({ runId, run: draw.runStart, lease }).map(
  ({ runId, run, lease }): Draft =>
    (leases) => {
      const options = under(leases, runId, lease)
      const start = { runId, ...run }
      return step('saveRunStart', [start, options], (model) => model.saveRunStart(start, options))
    },
)
const ends = all({ runId, end: draw.runEnd, state: draw.statePatch, lease }).map(
  ({ runId, end, state, lease }): Draft =>
    (leases) => {
      const options: LeaseOption & StateOption = { ...under(leases, runId, lease), ...state }
      return step('saveRunEnd', [runId, end, options], (model) => model.saveRunEnd(runId, end, options))
    },
)
const steps = all({ runId, step: draw.step, state: draw.statePatch, lease }).map(
  ({ runId, step: drawn, state, lease }): Draft =>
    (leases) => {
      const options: LeaseOption & StateOption = { ...under(leases, runId, lease), ...state }
      const record = { runId, ...drawn }
      return step('saveStepResult', [record, options], (model) => model.saveStepResult(record, options))
    },
)
const spans = all({ runId, spans: draw.spans }).map(
  ({ runId, spans }): Draft =>
    () =>
      step('saveSpans', [runId, spans], (model) => model.saveSpans(runId, spans, {})),
)
const evaluations = all({ runId, evaluation: draw.evaluation }).map(
  ({ runId, evaluation }): Draft =>
    () =>
      step('persistEvaluation', [runId, evaluation], (model) => model.persistEvaluation(runId, evaluation, {})),
)
const systemStates = all({ key: draw.key, value: draw.payload }).map(
  ({ key, value }): Draft =>
    () =>
      step('setSystemState', [key, value], (model) => model.setSystemState(key, value)),
)
const claims = all({ runId, owner: draw.owner, leaseMs: draw.leaseMs }).map(
  ({ runId, ...options }): Draft =>
    () => {
      const claim = (model: Model) => {
        const given = model.claimRun(runId, options)
        // Which fence is given is the store's business.
        if (!(given instanceof Refusal)) model.of(runId).lease = { ...given, fence: 0 }
        return given
      }
      return step('claimRun', [runId, options], claim)
    },
)
const renewals = all({ which: fc.nat(1), leaseMs: draw.leaseMs }).map(
  ({ which, leaseMs }): Draft =>
    (leases) => {
      const lease = leases[which] as Lease
      return step('renewLease', [lease, { leaseMs }], (model) => model.renewLease(lease, { leaseMs }))
    },
)
const releases = fc.nat(1).map(
  (which): Draft =>
    (leases) => {
      const lease = leases[which] as Lease
      return step('releaseLease', [lease], (model) => model.releaseLease(lease))
    },
)

/** Children enough for several pages of any store. */
const manySpans = all({ runId, mark: fc.nat(), count: fc.integer({ min: 20, max: 60 }) }).map(
  ({ runId, mark, count }) => {
    const span = (n: number) => ({
      spanId: `${n}`,
      name: 'work',
      startTime: n,
      endTime: n + 1,
      attributes: { mark, filling: filling(mark, 4) },
    })
    return { runId, many: Array.from({ length: count }, (_, n) => span(n)) }
  },
)
const manySpanSaves = manySpans.map(
  ({ runId, many }): Draft =>
    () =>
      step('saveSpans', [runId, many], (model) => model.saveSpans(runId, many, {})),
)
const traces = manySpans.map(
  ({ runId, many }): Draft =>
    () => {
      const [root, ...children] = many as [(typeof many)[0]]
      const flat = many.map((span, index) => (index === 0 ? span : { ...span, parentSpanId: root.spanId }))
      const trace = { ...root, children }
      return step('saveTrace', [runId, trace], (model) => model.saveSpans(runId, flat, {}, true))
    },
)
const runDeletions = runId.map(
  (runId): Draft =>
    () =>
      step('deleteRun', [runId, { force: true }], (model) => model.deleteRun(runId, { force: true })),
)
const cleanups = draw.days.map(
  (daysOld): Draft =>
    () =>
      step('cleanupOldWorkflows', [{ daysOld }], (model) => model.cleanupOldWorkflows({ daysOld })),
)
const staleMarkings = draw.hours.map(
  (staleHours): Draft =>
    () => {
      const mark = (model: Model) => {
        const marked = model.cleanupStaleBackgroundTasks({ staleHours })
        for (const runId of marked) Object.assign(model.of(runId).state ?? {}, { backgroundError: 'any text' })
        return marked
      }
      return step('cleanupStaleBackgroundTasks', [{ staleHours }], mark)
    },
)

const mixture = (...weighted: [weight: number, arbitrary: Drafts][]): Drafts =>
  fc.oneof(...weighted.map(([weight, arbitrary]) => ({ weight, arbitrary })))

/** Steps with the snapshot after them. */
const commits = all({ runId, mark: fc.nat(), stepIndex: fc.nat(20), kib: fc.constantFrom(0, 1, 64) }).map(
  ({ runId, mark, stepIndex, kib }): Draft =>
    () => {
      const output = { mark, filling: filling(mark, kib) }
      const record = { runId, stepName: 'step', stepIndex, output, costUsd: 0.25 }
      const state = { currentStepIndex: stepIndex, lastStepOutput: output, appendStepHistory: [{ mark }] }
      return step('saveStepResult', [record, { state }], (model) => model.saveStepResult(record, { state }))
    },
)

/** What the scripts are made of. */
const MIXTURES = {
  everything: mixture(
    [4, saves],
    [1, largeSaves],
    [3, updates],
    [1, stateDeletions],
    [2, starts],
    [2, ends],
    [3, steps],
    [2, commits],
    [1, spans],
    [1, manySpanSaves],
    [1, traces],
    [2, evaluations],
    [2, systemStates],
    [2, claims],
    [1, renewals],
    [1, releases],
    [1, runDeletions],
    [1, cleanups],
    [1, staleMarkings],
  ),
  /** Calls that write several records. */
  manyRecords: mixture([6, manySpanSaves], [6, traces], [1, saves], [1, runDeletions], [1, cleanups], [1, ends]),
  commits: mixture([6, commits], [1, saves]),
} as const
export type Mixture = keyof typeof MIXTURES

interface ScriptOptions {
  readonly mixture: Mixture
  readonly seed: number
  readonly length: number
  readonly now: () => Date
  /** What has been done before. */
  readonly done: readonly Step[]
  /** Leases of two runs, given to this script. */
  readonly leases: readonly Lease[]
}

/** A script of calls of which none is refused. */
export function drawScript({ mixture, seed, length, now, done, leases }: ScriptOptions): Step[] {
  const model = modelAfter(done, now)
  const drafts = fc.sample(MIXTURES[mixture], { seed, numRuns: 3 * length })
  const steps = drafts.map((draft) => draft(leases)).filter(({ apply }) => !(apply(model) instanceof Refusal))
  return steps.slice(0, length)
}

export function modelAfter(steps: readonly Step[], now: () => Date): Model {
  const model = new Model(now)
  for (const { apply } of steps) apply(model)
  return model
}
