/** Whatever is stored and whatever is asked: the lists of SQL are those of core's index in memory. */
import {
  type EvaluationQuery,
  ListIndex,
  type RunQuery,
  type RunRow,
  type StateQuery,
  type StateRow,
  WORKFLOW_STATUSES,
} from '@flujo-state/core'
import Database from 'better-sqlite3'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { printMigrations } from '../../src/index.js'
import { Queries } from '../../src/queries/index.js'
import { CountChanges } from '../../src/queries/statistics.js'
import { Statements } from '../../src/statement.js'

function emptyStore(): Queries {
  const handle = new Database(':memory:')
  handle.exec(printMigrations())
  return new Queries(new Statements(handle, drizzle(handle)), 65_536, [])
}

// Few values, so that there are many ties; ids that sort differently by UTF-16 units, by code points and by collation.
const runId = fc.constantFrom('a', 'A', 'b', 'a0', 'é', '\u{ffff}', '😀', '\u{e000}', 'a b', "a'b")
const time = fc.integer({ min: 0, max: 4 })
const status = fc.constantFrom(...WORKFLOW_STATUSES)
const name = fc.constantFrom('x', 'X', 'y')
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })

const plain = { pipelineId: name, pipelineName: name, pipelineVersion: name, status, createdAt: time, updatedAt: time }
const figures = {
  executionTimeMs: fc.option(fc.constantFrom(0, 0.1, 1e9)),
  memoryUsageMb: fc.constant(null),
  totalSteps: fc.nat(),
  errorMessage: fc.constant(null),
}
const state: fc.Arbitrary<StateRow> = fc.record({
  runId,
  ...plain,
  ...figures,
  version: fc.nat(),
  currentStepIndex: fc.nat(),
  isBackgroundTask: fc.boolean(),
  parentRunId: fc.option(name),
  taskId: fc.constant(null),
  backgroundError: fc.constant(null),
  metadata: fc.constantFrom('{}', '{"a":1}'),
  pipelineContext: fc.constant('{}'),
  lastStepOutput: fc.constant('null'),
})
const run: fc.Arbitrary<RunRow> = fc.record({
  runId,
  ...plain,
  ...figures,
  endedAt: fc.option(time),
  totalCostUsd: fc.option(fc.constantFrom(0, 0.25)),
  stepCosts: fc.constant('[]'),
  metadata: fc.constant('{"of":"run"}'),
  placeholder: fc.boolean(),
  finalContext: fc.constant(null),
})
const paging = {
  statuses: optional(fc.array(status, { maxLength: 6 })),
  from: optional(time),
  before: optional(time),
  after: optional(fc.record({ time, id: runId })),
  limit: optional(fc.nat(12)),
  offset: optional(fc.nat(3)),
}
const order = fc.constantFrom('createdAt' as const, 'updatedAt' as const)

// Core never asks for states by `updatedAt` of any status, so there is no index for it: the list merges all statuses.
const stateQuery: fc.Arbitrary<StateQuery> = fc.record({
  order,
  ...paging,
  pipelineId: optional(name),
  pipelineName: optional(name),
  pipelineVersion: optional(name),
  isBackgroundTask: optional(fc.constant(true as const)),
  parentRunId: optional(name),
})
const runQuery: fc.Arbitrary<RunQuery> = fc.record({
  order,
  ...paging,
  pipelineName: optional(name),
  placeholder: optional(fc.constant(true as const)),
  withoutState: optional(fc.constant(true as const)),
})

describe('the lists of SQL', () => {
  it('are those of core', () => {
    const rows = {
      states: fc.uniqueArray(state, { selector: (row) => row.runId }),
      runs: fc.uniqueArray(run, { selector: (row) => row.runId }),
    }
    const queries = {
      stateQueries: fc.array(stateQuery, { minLength: 5 }),
      runQueries: fc.array(runQuery, { minLength: 5 }),
      recentFrom: time,
    }
    fc.assert(
      fc.property(fc.record({ ...rows, ...queries }), ({ states, runs, stateQueries, runQueries, recentFrom }) => {
        const store = emptyStore()
        const index = new ListIndex()
        const changes = new CountChanges()
        for (const row of states) {
          store.states.put(row, null)
          changes.note(null, row)
        }
        store.statistics.add(changes)
        for (const row of runs) {
          store.runs.put(row)
          store.runs.copyStateMetadata(row.runId)
        }
        const stateOf = (id: string) => states.find((row) => row.runId === id) ?? null
        const runOf = (id: string) => runs.find((row) => row.runId === id) ?? null
        for (const id of new Set([...states, ...runs].map((row) => row.runId))) index.put(id, stateOf(id), runOf(id))
        for (const query of stateQueries) {
          const expected = index
            .listStates(query)
            .map(({ runId, version, metadata, createdAt }) => ({ runId, version, metadata, createdAt }))
          expect(store.states.list(query)).toMatchObject(expected)
        }
        for (const query of runQueries) {
          const expected = index
            .listRuns(query)
            .map(({ runId, status, metadata, totalCostUsd }) => ({ runId, status, metadata, totalCostUsd }))
          expect(store.runs.list(query)).toMatchObject(expected)
        }
        expect(store.statistics.read(recentFrom)).toEqual(index.countStates(recentFrom))
      }),
      { numRuns: 60 },
    )
  })

  it('of evaluations are those of core', () => {
    const evaluation = fc.record({ runId, createdAt: time })
    const query: fc.Arbitrary<EvaluationQuery> = fc.record({
      runId: optional(runId),
      after: optional(fc.record({ time, sequence: fc.nat(9) })),
      limit: optional(fc.nat(12)),
      offset: optional(fc.nat(3)),
    })
    fc.assert(
      fc.property(fc.array(evaluation), fc.array(query, { minLength: 5 }), (rows, queries) => {
        const store = emptyStore()
        const index = new ListIndex()
        for (const [i, row] of rows.entries()) {
          store.evaluations.add({ ...row, sequence: i + 1, score: i, feedback: null, stepName: null, metadata: null })
          index.addEvaluation({ ...row, sequence: i + 1 })
        }
        for (const query of queries) expect(store.evaluations.list(query)).toMatchObject(index.listEvaluations(query))
      }),
      { numRuns: 40 },
    )
  })
})
