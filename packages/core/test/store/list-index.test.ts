import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { WORKFLOW_STATUSES, type WorkflowStatus } from '../../src/models/common.js'
import type { EvaluationRow, RunSummaryRow, StateSummaryRow } from '../../src/records.js'
import { isBehind, newestFirst } from '../../src/rules/order.js'
import { isTerminal } from '../../src/rules/status.js'
import { countStateRows } from '../../src/rules/workflow-statistics.js'
import type { EvaluationQuery, RunQuery, StateQuery } from '../../src/state-store.js'
import { ListIndex } from '../../src/store/list-index.js'
import { evaluationRow, runRow, stateRow } from '../support/rows.js'

/** Everything in plain maps and arrays, found the long way round. */
class NaiveIndex {
  readonly states = new Map<string, StateSummaryRow>()
  readonly runs = new Map<string, RunSummaryRow>()
  evaluations: EvaluationRow[] = []

  delete(runId: string): void {
    this.states.delete(runId)
    this.runs.delete(runId)
    this.evaluations = this.evaluations.filter((row) => row.runId !== runId)
  }

  listStates(query: StateQuery): StateSummaryRow[] {
    const exact = ['pipelineId', 'pipelineName', 'pipelineVersion', 'isBackgroundTask', 'parentRunId'] as const
    const wanted = [...this.states.values()].filter(
      (row) =>
        (query.statuses?.includes(row.status) ?? true) &&
        // Nobody asks for others by their last change.
        (query.order === 'createdAt' || row.isBackgroundTask || isTerminal(row.status)) &&
        exact.every((field) => query[field] === undefined || query[field] === row[field]),
    )
    return pageOf(wanted, query)
  }

  listRuns(query: RunQuery): RunSummaryRow[] {
    const wanted = [...this.runs.values()].filter(
      (row) =>
        (query.statuses?.includes(row.status) ?? true) &&
        (query.pipelineName === undefined || row.pipelineName === query.pipelineName) &&
        (!query.placeholder || row.placeholder) &&
        (!query.withoutState || !this.states.has(row.runId)),
    )
    return pageOf(wanted, query).map((row) => ({
      ...row,
      metadata: this.states.get(row.runId)?.metadata ?? row.metadata,
    }))
  }

  listEvaluations({ runId, after, limit = Infinity, offset = 0 }: EvaluationQuery): number[] {
    const order = (a: { time: number; sequence: number }, b: { time: number; sequence: number }) =>
      b.time - a.time || b.sequence - a.sequence
    return this.evaluations
      .filter((row) => runId === undefined || row.runId === runId)
      .map(({ createdAt, sequence }) => ({ time: createdAt, sequence }))
      .filter((place) => after === undefined || order(place, after) > 0)
      .sort(order)
      .slice(offset, offset + limit)
      .map(({ sequence }) => sequence)
  }
}

function pageOf<R extends StateSummaryRow | RunSummaryRow>(rows: readonly R[], query: StateQuery | RunQuery): R[] {
  const { order, from = -Infinity, before = Infinity, after, limit = Infinity, offset = 0 } = query
  return rows
    .map((row) => ({ row, time: row[order], id: row.runId }))
    .filter(({ time }) => time >= from && time < before)
    .filter((place) => after === undefined || isBehind(place, after))
    .sort(newestFirst)
    .slice(offset, offset + limit)
    .map(({ row }) => row)
}

const runId = fc.constantFrom('a', 'b', 'ab', '__proto__', '\u{1f600}', '\uffff')
const time = fc.integer({ min: 0, max: 4 })
const status = fc.constantFrom<WorkflowStatus>(...WORKFLOW_STATUSES)
const name = fc.constantFrom('p', 'q')
const parent = fc.option(fc.constantFrom('x', 'y'))

const times = { createdAt: time, updatedAt: time }
const state = fc.record({
  runId,
  status,
  pipelineId: name,
  pipelineName: name,
  parentRunId: parent,
  isBackgroundTask: fc.boolean(),
  executionTimeMs: fc.option(fc.constantFrom(0, 0.1, 0.2, 1e16, -1e16, 1e308)),
  metadata: fc.constantFrom('{"of":"state"}'),
  ...times,
})
const run = fc.record({ runId, status, pipelineName: name, placeholder: fc.boolean(), ...times })

const place = fc.record({ time, id: runId })
const window = { from: time, before: time, after: place, limit: fc.nat(5), offset: fc.nat(3) }
const order = fc.constantFrom<StateQuery['order']>('createdAt', 'updatedAt')
const statuses = fc.uniqueArray(status, { maxLength: 2 })
const stateQuery: fc.Arbitrary<StateQuery> = fc.record(
  {
    order,
    statuses,
    pipelineId: name,
    pipelineName: name,
    parentRunId: fc.constantFrom('x', 'y'),
    isBackgroundTask: fc.constant(true as const),
    ...window,
  },
  { requiredKeys: ['order'] },
)
const runQuery: fc.Arbitrary<RunQuery> = fc.record(
  {
    order,
    statuses,
    pipelineName: name,
    placeholder: fc.constant(true as const),
    withoutState: fc.constant(true as const),
    ...window,
  },
  { requiredKeys: ['order'] },
)
const evaluationQuery: fc.Arbitrary<EvaluationQuery> = fc.record(
  { runId, after: fc.record({ time, sequence: fc.nat(20) }), limit: fc.nat(5), offset: fc.nat(3) },
  { requiredKeys: [] },
)

type Step =
  | { readonly state: Partial<StateSummaryRow> & { readonly runId: string } }
  | { readonly run: Partial<RunSummaryRow> & { readonly runId: string } }
  | { readonly evaluation: { readonly runId: string; readonly createdAt: number } }
  | { readonly deleteState: string }
  | { readonly delete: string }
  | { readonly queries: readonly [StateQuery, RunQuery, EvaluationQuery] }
const step: fc.Arbitrary<Step> = fc.oneof(
  state.map((state) => ({ state })),
  run.map((run) => ({ run })),
  fc.record({ runId, createdAt: time }).map((evaluation) => ({ evaluation })),
  runId.map((deleteState) => ({ deleteState })),
  runId.map((id) => ({ delete: id })),
  fc.tuple(stateQuery, runQuery, evaluationQuery).map((queries) => ({ queries })),
)

/** The index and the naive one, driven alike. */
class Both {
  readonly index = new ListIndex()
  readonly naive = new NaiveIndex()
  #sequence = 0

  do(step: Step): void {
    const { index, naive } = this
    if ('state' in step) naive.states.set(step.state.runId, stateRow(step.state))
    else if ('run' in step) naive.runs.set(step.run.runId, runRow(step.run))
    else if ('deleteState' in step) naive.states.delete(step.deleteState)
    else if ('evaluation' in step) {
      const row = evaluationRow({ ...step.evaluation, sequence: ++this.#sequence })
      naive.evaluations.push(row)
      index.addEvaluation(row)
    } else if ('delete' in step) {
      naive.delete(step.delete)
      index.delete(step.delete)
    } else this.compare(...step.queries)
    const id =
      'state' in step
        ? step.state.runId
        : 'run' in step
          ? step.run.runId
          : 'deleteState' in step
            ? step.deleteState
            : null
    if (id !== null) index.put(id, naive.states.get(id) ?? null, naive.runs.get(id) ?? null)
  }

  compare(states: StateQuery, runs: RunQuery, evaluations: EvaluationQuery): void {
    const { index, naive } = this
    expect(index.listStates(states)).toEqual(naive.listStates(states))
    expect(index.listRuns(runs)).toEqual(naive.listRuns(runs))
    expect(index.listEvaluations(evaluations).map(({ sequence }) => sequence)).toEqual(
      naive.listEvaluations(evaluations),
    )
    for (const from of [0, 2, 5]) expect(index.countStates(from)).toEqual(countStateRows(naive.states.values(), from))
  }
}

describe('ListIndex', () => {
  it('answers as filtering and sorting everything would, whatever came before', () => {
    const holds = (steps: Step[], queries: readonly [StateQuery, RunQuery, EvaluationQuery]) => {
      const both = new Both()
      for (const step of steps) both.do(step)
      both.compare(...queries)
      both.compare({ order: 'createdAt' }, { order: 'updatedAt' }, {})
    }
    const last = fc.tuple(stateQuery, runQuery, evaluationQuery)
    fc.assert(fc.property(fc.array(step, { maxLength: 60 }), last, holds), { numRuns: 300 })
  })

  it('lists evaluations of one time by sequence, also past nine and ten', () => {
    const index = new ListIndex()
    for (let sequence = 1; sequence <= 12; sequence++) index.addEvaluation(evaluationRow({ sequence }))
    const found = index.listEvaluations({ limit: 4 }).map(({ sequence }) => sequence)
    expect(found).toEqual([12, 11, 10, 9])
    expect(
      index.listEvaluations({ after: { time: 0, sequence: 10 }, limit: 2 }).map(({ sequence }) => sequence),
    ).toEqual([9, 8])
  })

  it('knows how many ids it lists', () => {
    const index = new ListIndex()
    index.put('a', stateRow({ runId: 'a' }), null)
    index.put('b', null, runRow({ runId: 'b' }))
    expect([index.size, [...index.runIds()]]).toEqual([2, ['a', 'b']])
    index.delete('a')
    index.delete('unknown')
    expect([...index.runIds()]).toEqual(['b'])
  })

  it('counts the snapshots that are there now', () => {
    const index = new ListIndex()
    index.put('a', stateRow({ runId: 'a', createdAt: 5, executionTimeMs: 4 }), null)
    index.put('b', stateRow({ runId: 'b', createdAt: 9, status: 'failed' }), null)
    index.put('a', stateRow({ runId: 'a', createdAt: 5, executionTimeMs: 6 }), null)
    index.put('c', stateRow({ runId: 'c', createdAt: 9 }), null)
    index.delete('c')
    const { recent, executionTime } = index.countStates(9)
    expect({ recent, executionTime }).toEqual({ recent: 1, executionTime: { count: 1, total: 6 } })
  })

  it('gives the evaluations of a run in their order, each once, however often they are added', () => {
    const index = new ListIndex()
    expect(index.evaluationsOf('r')).toEqual([])
    for (const sequence of [1, 2, 2, 1, 3]) index.addEvaluation(evaluationRow({ runId: 'r', sequence }))
    index.addEvaluation(evaluationRow({ runId: 'other', sequence: 4 }))
    expect(index.evaluationsOf('r').map(({ sequence }) => sequence)).toEqual([1, 2, 3])
    expect(index.listEvaluations({ runId: 'r', limit: 10, offset: 0 })).toHaveLength(3)
  })
})
