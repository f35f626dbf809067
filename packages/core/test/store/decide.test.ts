import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { WORKFLOW_STATUSES, type WorkflowStatus } from '../../src/models/common.js'
import { exactTotal } from '../../src/rules/exact-sum.js'
import { isTerminal } from '../../src/rules/status.js'
import type { Counters, Decision } from '../../src/state-store.js'
import { decide } from '../../src/store/decide.js'
import { emptyImage, headOf, type RunImage } from '../../src/store/image.js'
import type { Change, CommitUnit, Condition } from '../../src/store/unit.js'
import { OneRun, unitOf } from '../support/one-run.js'
import { present } from '../support/present.js'
import { evaluationRow, spanRow, stateRow, stepRow } from '../support/rows.js'

const status = fc.constantFrom<WorkflowStatus>(...WORKFLOW_STATUSES)
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
const smallTime = fc.integer({ min: 0, max: 20 })

const saveState = fc
  .record({ status, createdAt: fc.option(smallTime), updatedAt: fc.option(smallTime), items: fc.nat(2) })
  .map(({ status, createdAt, updatedAt, items }): Change => {
    const draft = { ...stateRow({ status }), createdAt, updatedAt, metadata: null }
    return { kind: 'save-state', draft, history: Array.from({ length: items }, () => '{}') }
  })
const updateState = fc
  .record({ status: maybe(status), updatedAt: maybe(smallTime), items: fc.nat(2), replace: fc.boolean() })
  .map(({ status, updatedAt, items, replace }): Change => {
    const list = Array.from({ length: items }, () => '{}')
    return {
      kind: 'update-state',
      set: present({ status, updatedAt }),
      history: replace ? list : null,
      append: replace ? null : list,
    }
  })
const run = fc
  .record({
    status: maybe(status),
    createdAt: maybe(smallTime),
    updatedAt: maybe(smallTime),
    metadata: maybe(fc.constant('{"a":1}')),
  })
  .map(present)
const step = fc
  .record({
    executionId: fc.constantFrom('0', '1', '2'),
    costUsd: fc.option(fc.double({ min: 0, max: 10, noNaN: true })),
  })
  .map((fields): Change => ({ kind: 'save-step', row: { ...stepRow(fields), createdAt: null } }))
const spans = fc
  .record({ ids: fc.array(fc.constantFrom('a', 'b'), { minLength: 1 }), replace: fc.boolean() })
  .map(({ ids, replace }): Change => ({ kind: 'save-spans', rows: ids.map((spanId) => spanRow({ spanId })), replace }))
const { sequence: _given, createdAt: _now, ...evaluation } = evaluationRow()

const fixed: Change[] = [
  { kind: 'delete-state' },
  { kind: 'add-evaluation', row: evaluation },
  { kind: 'claim', owner: 'w', leaseMs: 3 },
  { kind: 'renew', leaseMs: 5 },
  { kind: 'release' },
  { kind: 'delete-run' },
  { kind: 'mark-stale', backgroundError: 'timeout' },
]
const anyChange: fc.Arbitrary<Change> = fc.oneof(
  { weight: 3, arbitrary: saveState },
  { weight: 3, arbitrary: updateState },
  { weight: 3, arbitrary: run.map((set): Change => ({ kind: 'start-run', set })) },
  { weight: 3, arbitrary: run.map(({ createdAt: _fixed, ...set }): Change => ({ kind: 'end-run', set })) },
  { weight: 5, arbitrary: step },
  { weight: 1, arbitrary: spans },
  { weight: 4, arbitrary: fc.constantFrom(...fixed) },
)
const needsState = ({ kind }: Change) => kind === 'update-state' || kind === 'mark-stale'

const version = fc.integer({ min: 0, max: 6 }).map((is): Condition => ({ kind: 'version', is }))
const condition = fc.option(fc.oneof(version, fc.constant<Condition>({ kind: 'unclaimed' })), {
  nil: undefined,
  freq: 1,
})
const anyUnit: fc.Arbitrary<CommitUnit> = fc
  .record({ first: anyChange, state: maybe(updateState), condition })
  .map(({ first, state, condition }) => {
    const together = state && (first.kind === 'save-step' || first.kind === 'end-run')
    const changes = together ? [first, state] : [first]
    const conditions: Condition[] = changes.some(needsState) ? [{ kind: 'state-exists' }] : []
    return unitOf(changes, condition ? [...conditions, condition] : conditions)
  })

/** Runs the units one after the other, a millisecond apart, and looks at the run after each. */
function drive(look: (run: OneRun, decision: Decision, unit: CommitUnit, before: RunImage) => void) {
  const holds = (units: CommitUnit[]) => {
    const run = new OneRun()
    for (const [now, unit] of units.entries()) {
      const before = structuredClone(run.image)
      look(run, run.commit(unit, now), unit, before)
    }
  }
  fc.assert(fc.property(fc.array(anyUnit, { maxLength: 20, size: 'max' }), holds), { numRuns: 200 })
}

describe('decide, whatever the units', () => {
  it('writes nothing when it refuses', () => {
    drive((run, { outcome, writes }, _unit, before) => {
      if (outcome.ok) return
      expect(writes).toEqual([])
      expect(run.image).toEqual(before)
    })
  })

  it('keeps one status in both records', () => {
    drive(({ image: { state, run } }) => {
      if (state && run) expect(run.status).toBe(state.status)
    })
  })

  it('has a time of the end if and only if the run has ended', () => {
    drive(({ image: { run } }) => {
      if (run) expect(run.endedAt !== null).toBe(isTerminal(run.status))
    })
  })

  it('gives every change of a snapshot a version of its own, higher than all before, also past deletions', () => {
    const highest = new Map<OneRun, number>()
    const withoutVersion = (state: RunImage['state']) => JSON.stringify({ ...state, version: null })
    drive((run, { outcome }, _unit, before) => {
      const { state } = run.image
      if (outcome.ok) expect(outcome.version).toBe(state?.version ?? 0)
      const seen = highest.get(run) ?? 0
      if (state && withoutVersion(state) !== withoutVersion(before.state)) expect(state.version).toBeGreaterThan(seen)
      highest.set(run, Math.max(seen, state?.version ?? 0))
    })
  })

  it('never takes a counter back, and gives every claim a higher fence', () => {
    const seen = new Map<OneRun, Counters>()
    drive((run, { outcome }, unit) => {
      const old = seen.get(run) ?? { version: 0, fence: 0, evaluation: 0 }
      for (const name of ['version', 'fence', 'evaluation'] as const)
        expect(run.counters[name]).toBeGreaterThanOrEqual(old[name])
      if (outcome.ok && unit.changes[0]?.kind === 'claim') expect(outcome.lease?.fence).toBe(old.fence + 1)
      seen.set(run, { ...run.counters })
    })
  })

  it('knows the sum of the costs of the steps that are there', () => {
    drive(({ image: { run, steps } }) => {
      const costs = [...steps.values()].reduce((sum, { costUsd }) => sum + (costUsd ?? 0), 0)
      if (run) expect(exactTotal(run.stepCosts)).toBeCloseTo(costs, 9)
    })
  })

  it('has a run record for everything that belongs to one, and no placeholder beside a snapshot', () => {
    drive(({ image: { state, run, steps, spans, evaluations } }) => {
      if (steps.size + spans.size + evaluations.length > 0) expect(run).not.toBeNull()
      if (state) expect(run?.placeholder ?? false).toBe(false)
    })
  })

  it('leaves nothing of a deleted run', () => {
    drive(({ image }, { outcome }, { changes }) => {
      if (outcome.ok && changes[0]?.kind === 'delete-run') expect(image).toEqual(emptyImage())
    })
  })
})

describe('decide', () => {
  const set = (fields: object) => ({ kind: 'update-state', set: fields, history: null, append: null }) as const
  const withState = (fields: object) => {
    const run = new OneRun()
    run.image.state = stateRow({ version: 7, updatedAt: 5, ...fields })
    return run
  }

  it('throws for a unit of core that forgot its condition', () => {
    expect(() => new OneRun().commit(unitOf([set({})]), 0)).toThrow(/state-exists/)
  })

  it('refuses by the first condition that does not hold', () => {
    const conditions: Condition[] = [{ kind: 'state-exists' }, { kind: 'version', is: 1 }]
    const { outcome } = new OneRun().commit(unitOf([set({})], conditions), 0)
    expect(outcome).toMatchObject({ ok: false, error: { code: 'NOT_FOUND', runId: 'r' } })
  })

  it('makes one row write of what a unit does to one row', () => {
    const run = withState({})
    run.commit(unitOf([{ kind: 'start-run', set: {} }]), 1)
    const both = unitOf(
      [{ kind: 'end-run', set: { status: 'failed' } }, set({ currentStepIndex: 3 })],
      [{ kind: 'state-exists' }],
    )
    const { writes } = run.commit(both, 9)
    expect(writes).toEqual([
      { kind: 'patch-run', runId: 'r', set: { status: 'failed', updatedAt: 9, endedAt: 9 } },
      { kind: 'patch-state', runId: 'r', set: { status: 'failed', updatedAt: 9, version: 8, currentStepIndex: 3 } },
    ])
  })

  it.each([
    ['left out', {}, 9],
    ['as stored', { updatedAt: 5 }, 9],
    ['another', { updatedAt: 6 }, 6],
  ])('dates a snapshot whose updatedAt is %s', (_what, fields, expected) => {
    const run = withState({})
    run.commit(unitOf([set(fields)], [{ kind: 'state-exists' }]), 9)
    expect(run.image.state?.updatedAt).toBe(expected)
  })

  it.each([
    ['left out', {}, 9],
    ['as stored', { updatedAt: 5 }, 9],
    ['another', { updatedAt: 6 }, 6],
  ])('dates a snapshot that ends with its run, its updatedAt %s', (_what, fields, expected) => {
    const run = withState({})
    run.commit(unitOf([{ kind: 'end-run', set: { status: 'failed' } }, set(fields)], [{ kind: 'state-exists' }]), 9)
    expect(run.image.state).toMatchObject({ updatedAt: expected, version: 8, status: 'failed' })
  })

  it('tells of no version and no lease where there is neither', () => {
    const { outcome } = new OneRun().commit(unitOf([{ kind: 'delete-state' }]), 0)
    expect(outcome).toEqual({ ok: true, version: 0, lease: null })
  })

  it('takes a unit of no run', () => {
    const change: Change = { kind: 'put-system-state', key: 'k', value: '{}' }
    const { writes } = decide({ ...unitOf([change]), runId: null }, headOf(undefined, null, new OneRun().counters), 4)
    expect(writes).toEqual([{ kind: 'put-system-state', row: { key: 'k', value: '{}', updatedAt: 4 } }])
  })
})
