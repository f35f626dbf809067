/** Writes that lose, on their way, what they should leave alone. */
import type { SpanAggregateQuery, SpanNode, SpanRow } from '@flujo-state/core'
import { ReferenceStore } from '../reference-store.js'
import { writing } from './altered-store.js'
import { type BrokenBackend, brokenBackend, brokenStore } from './broken-backend.js'

/** A store that makes something else of a span that it saves. */
const keeping = (change: (row: SpanRow, old: SpanRow | undefined) => SpanRow) =>
  writing((write, { spans }) => {
    if (write.kind !== 'put-spans') return write
    const oldOf = ({ runId, spanId }: SpanRow) => spans.find((row) => row.runId === runId && row.spanId === spanId)
    return { ...write, rows: write.rows.map((row) => change(row, oldOf(row))) }
  })

const toMicroseconds = (time: number) => (Math.abs(time) < 1e15 ? Math.round(time * 1_000) / 1_000 : time)

export const brokenKept: readonly BrokenBackend[] = [
  brokenStore(
    'spans-never-reopen',
    'a span that has ended keeps its end when it is saved without one',
    ['SPN-25'],
    keeping((row, old) => ({ ...row, endTime: row.endTime ?? old?.endTime ?? null })),
  ),
  brokenStore(
    'span-times-in-microseconds',
    'the start of a span has whole microseconds',
    ['SPN-27'],
    keeping((row) => ({ ...row, startTime: toMicroseconds(row.startTime) })),
  ),
  brokenBackend('events-by-time', 'getSpans sorts the events of a span by their times', ['SPN-26'], ({ backend }) => ({
    getSpans: async (runId, filter) =>
      (await backend.getSpans(runId, filter)).map((span) => ({
        ...span,
        events: span.events.sort((a, b) => a.time - b.time),
      })),
  })),
  brokenBackend('zero-is-no-bound', 'a range of time that begins at 0 has no beginning', ['SPN-28'], ({ backend }) => ({
    getSpanStatistics: (filter) =>
      filter?.timeRange?.[0] === 0
        ? backend.getSpanStatistics({ ...filter, timeRange: [-Number.MAX_VALUE, filter.timeRange[1]] })
        : backend.getSpanStatistics(filter),
  })),
  brokenStore(
    'statistics-by-snapshot',
    'the spans of a pipeline are those of its snapshots',
    ['SPN-29'],
    class extends ReferenceStore {
      aggregateSpans(query: SpanAggregateQuery) {
        const { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY, pipelineName } = query
        const { states, runs, spans } = this.tables
        return spans.flatMap(({ runId, name, status, startTime, endTime }) => {
          const owner = [...states, ...runs].find((row) => row.runId === runId)
          if (pipelineName !== undefined && owner?.pipelineName !== pipelineName) return []
          if (endTime === null || startTime < from || startTime > to) return []
          const total = endTime - startTime
          return { name, status, count: 1, total, min: total, max: total }
        })
      }
    },
  ),
  brokenBackend('unknown-parents-dropped', 'roots of a trace have no parent', ['TRC-25'], ({ backend }) => ({
    getTrace: async (runId) => {
      const trace = await backend.getTrace(runId)
      const roots: SpanNode[] = trace?.spanId === '' ? trace.children : trace ? [trace] : []
      for (const root of roots) root.parentSpanId = null
      return trace
    },
  })),
  brokenBackend(
    'synthetic-end-of-the-last',
    'the synthetic root ends with its last child in order',
    ['TRC-26'],
    ({ backend }) => ({
      getTrace: async (runId) => {
        const trace = await backend.getTrace(runId)
        if (trace?.spanId !== '' || trace.endTime === null) return trace
        return { ...trace, endTime: trace.children.at(-1)?.endTime ?? null }
      },
    }),
  ),
  brokenBackend('statuses-lost-behind-a-cursor', 'behind a cursor all statuses count', ['CUR-15'], ({ backend }) => ({
    listWorkflows: (filter) =>
      backend.listWorkflows(filter?.after && Array.isArray(filter.status) ? { ...filter, status: undefined } : filter),
  })),
  brokenBackend(
    'parents-lost-behind-a-cursor',
    'behind a cursor the tasks of all parents count',
    ['CUR-15[listBackgroundTasks by parent]'],
    ({ backend }) => ({
      listBackgroundTasks: (filter) =>
        backend.listBackgroundTasks(filter?.after ? { ...filter, parentRunId: undefined } : filter),
    }),
  ),
  brokenBackend('windows-stand-alone', 'with a window listRuns forgets the status', ['RUN-42'], ({ backend }) => ({
    listRuns: (filter) => backend.listRuns(filter?.createdBefore ? { ...filter, status: undefined } : filter),
  })),
  brokenBackend('tasks-twice', 'a status named twice gives its tasks twice', ['BGT-27'], ({ backend }) => ({
    listBackgroundTasks: async (filter) => {
      const tasks = await backend.listBackgroundTasks(filter)
      const statuses = Array.isArray(filter?.status) ? filter.status : []
      return new Set(statuses).size === statuses.length ? tasks : tasks.flatMap((task) => [task, task])
    },
  })),
  brokenStore(
    'equal-items-dropped',
    'an item equal to the one before it is not added to the history',
    ['STA-33'],
    class extends ReferenceStore {
      protected override apply(write: Parameters<ReferenceStore['apply']>[0]) {
        if (write.kind !== 'append-history') return super.apply(write)
        const all = [...this.history(write.runId), ...write.items]
        const from = all.length - write.items.length
        super.apply({ ...write, items: write.items.filter((item, n) => item !== all[from + n - 1]) })
      }
    },
  ),
  brokenStore(
    'own-metadata-dropped',
    'a run with a snapshot takes no metadata of its own',
    ['RUN-43'],
    class extends ReferenceStore {
      protected override apply(write: Parameters<ReferenceStore['apply']>[0]) {
        if (write.kind !== 'patch-run' || !this.tables.states.some(({ runId }) => runId === write.runId))
          return super.apply(write)
        const { metadata: _dropped, ...set } = write.set
        super.apply({ ...write, set })
      }
    },
  ),
  brokenBackend('empty-context-is-none', 'an empty final context counts as none', ['RUN-44'], ({ backend }) => ({
    getRunDetails: async (runId) => {
      const run = await backend.getRunDetails(runId)
      const empty = run?.finalContext && Object.keys(run.finalContext).length === 0
      return run && empty ? { ...run, finalContext: null } : run
    },
  })),
  brokenStore(
    'tasks-go-with-parents',
    'a run that is deleted takes the tasks that name it as parent',
    ['RUN-45'],
    class extends ReferenceStore {
      protected override deleteRun(runId: string) {
        const tasks = this.tables.states.filter(({ parentRunId }) => parentRunId === runId)
        super.deleteRun(runId)
        for (const task of tasks) super.deleteRun(task.runId)
      }
    },
  ),
  brokenStore(
    'fills-forget-costs',
    'what fills a placeholder forgets the costs of its steps',
    ['PLH-11'],
    writing((write) =>
      write.kind === 'patch-run' && write.set.placeholder === false
        ? { ...write, set: { ...write.set, stepCosts: '[]' } }
        : write,
    ),
  ),
  brokenStore(
    'steps-move-with-their-index',
    'a step saved again under another index counts as a new one',
    ['STP-18'],
    class extends ReferenceStore {
      protected override apply(write: Parameters<ReferenceStore['apply']>[0]) {
        if (write.kind === 'put-step') {
          const { runId, executionId, stepIndex } = write.row
          this.tables.steps = this.tables.steps.filter(
            (row) => row.runId !== runId || row.executionId !== executionId || row.stepIndex === stepIndex,
          )
        }
        super.apply(write)
      }
    },
  ),
]
