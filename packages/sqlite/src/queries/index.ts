import type { Statements } from '../statement.js'
import { ClaimQueries } from './claim.js'
import { CounterQueries } from './counter.js'
import { EvaluationQueries } from './evaluation.js'
import { HeadQueries } from './head.js'
import { RunQueries } from './run.js'
import { StateHistoryQueries } from './state-history.js'
import { StatisticsQueries } from './statistics.js'
import { StepQueries } from './step.js'
import { SystemStateQueries } from './system-state.js'
import { TraceQueries } from './trace.js'
import { WorkflowStateQueries } from './workflow-state.js'

/** All queries of one connection. */
export class Queries {
  readonly heads: HeadQueries
  readonly states: WorkflowStateQueries
  readonly histories: StateHistoryQueries
  readonly statistics: StatisticsQueries
  readonly runs: RunQueries
  readonly steps: StepQueries
  readonly traces: TraceQueries
  readonly evaluations: EvaluationQueries
  readonly systemStates: SystemStateQueries
  readonly claims: ClaimQueries
  readonly counters: CounterQueries

  /**
   * `offloadBytes`: larger payloads of snapshots stand in pieces beside them. `indexedMetadata`: the keys of metadata that have
   * an index.
   */
  constructor(statements: Statements, offloadBytes: number, indexedMetadata: readonly string[]) {
    this.heads = new HeadQueries(statements)
    this.states = new WorkflowStateQueries(statements, offloadBytes)
    this.histories = new StateHistoryQueries(statements)
    this.statistics = new StatisticsQueries(statements)
    this.runs = new RunQueries(statements, indexedMetadata)
    this.steps = new StepQueries(statements)
    this.traces = new TraceQueries(statements)
    this.evaluations = new EvaluationQueries(statements)
    this.systemStates = new SystemStateQueries(statements)
    this.claims = new ClaimQueries(statements)
    this.counters = new CounterQueries(statements)
  }
}
