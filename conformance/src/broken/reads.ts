/** Reads of snapshots, runs and spans that leave something out or put something in. */
import type {
  RunQuery,
  RunSummaryRow,
  SpanFilter,
  SpanStatisticsFilter,
  WorkflowState,
  WorkflowStatus,
} from '@flujo-state/core'
import { ReferenceStore } from '../reference-store.js'
import { reading } from './altered-codec.js'
import { afterwards, changing, has, writing } from './altered-store.js'
import { type BrokenBackend, brokenBackend, brokenCodec, brokenStore } from './broken-backend.js'
import { slice, whole } from './lists.js'

/** A store whose lists of runs answer another question than they were asked. */
const askingRuns = (change: (query: RunQuery) => Partial<RunQuery>) =>
  class extends ReferenceStore {
    override listRuns(query: RunQuery) {
      return super.listRuns({ ...query, ...change(query) })
    }
  }

export const brokenReads: readonly BrokenBackend[] = [
  brokenBackend(
    'defaults-left-out',
    'a field that nobody gave is missing from the snapshot',
    ['STA-08'],
    ({ backend }) => ({
      loadState: async (runId) => {
        const state = await backend.loadState(runId)
        if (state === null || state.taskId !== null) return state
        const { taskId: _default, ...given } = state
        return given as WorkflowState
      },
    }),
  ),
  brokenBackend(
    'falsy-payload-null',
    'a lastStepOutput of 0, false or an empty text comes back as null',
    ['STA-09'],
    ({ backend }) => ({
      loadState: async (runId) => {
        const state = await backend.loadState(runId)
        return state && { ...state, lastStepOutput: state.lastStepOutput || null }
      },
    }),
  ),
  brokenCodec(
    'large-documents-lost',
    'a list of more than 10,000 items comes back empty',
    ['VAL-18[pipelineContext]'],
    reading((value) => {
      const list = (value as { value?: unknown } | null)?.value ?? value
      if (!Array.isArray(list) || list.length <= 10_000) return value
      return list === value ? [] : { value: [] }
    }),
  ),
  brokenStore(
    'measures-of-a-start-lost',
    'saveRunStart forgets memoryUsageMb',
    ['RUN-17'],
    changing((change) => (change.kind === 'start-run' ? { ...change, set: without(change.set) } : change)),
  ),
  brokenStore(
    'first-status-only',
    'of several statuses listRuns looks at the first',
    ['RUN-09'],
    askingRuns(({ statuses }) => ({ statuses: statuses?.slice(0, 1) })),
  ),
  brokenStore(
    'run-window-inclusive',
    'createdBefore of listRuns takes in its own millisecond',
    ['RUN-26'],
    askingRuns(({ order, before }) => (order === 'createdAt' && before !== undefined ? { before: before + 1 } : {})),
  ),
  brokenStore(
    'run-filters-or',
    'a run need only match one of status and pipelineName',
    ['RUN-27'],
    class extends ReferenceStore {
      override async listRuns(query: RunQuery) {
        if (query.statuses === undefined || query.pipelineName === undefined) return super.listRuns(query)
        const all = await super.listRuns({ ...whole(query), statuses: undefined, pipelineName: undefined })
        const matches = ({ status, pipelineName }: RunSummaryRow) =>
          (query.statuses as readonly WorkflowStatus[]).includes(status) || pipelineName === query.pipelineName
        return slice(all.filter(matches), query)
      }
    },
  ),
  brokenStore(
    'every-write-touches-the-run',
    'an update of the snapshot dates the run record, whatever the status',
    ['ONE-11'],
    afterwards((unit, { states, runs }) => {
      const state = states.find(({ runId }) => runId === unit.runId)
      const index = runs.findIndex(({ runId }) => runId === unit.runId)
      const run = runs[index]
      if (state && run && has(unit, 'update-state') && unit.changes.length === 1)
        runs[index] = { ...run, updatedAt: state.updatedAt, totalSteps: state.totalSteps + 1 }
    }),
  ),
  brokenStore(
    'bare-starts-are-placeholders',
    'a run that is started with nothing but its id is taken for a placeholder',
    ['PLH-04'],
    writing((write) =>
      write.kind === 'put-run' && write.row.pipelineId === 'unknown'
        ? { ...write, row: { ...write.row, placeholder: true } }
        : write,
    ),
  ),
  brokenBackend(
    'copied-trace-shifted',
    'the children of a tree that was loaded hang on the root when it is saved',
    ['TRC-23'],
    ({ backend }) => ({
      saveTrace: (runId, root, options) => {
        const [child] = root?.children ?? []
        if (child?.parentSpanId == null || !child.children?.length) return backend.saveTrace(runId, root, options)
        const children = [{ ...child, children: [] }, ...child.children, ...(root.children?.slice(1) ?? [])]
        return backend.saveTrace(runId, { ...root, children }, options)
      },
    }),
  ),
  brokenBackend(
    'spans-unknown-null',
    'getSpans of a run that nobody wrote gives null',
    ['SPN-05', 'GEN-05'],
    ({ backend }) => ({
      getSpans: async (runId: string, filter?: SpanFilter) => {
        const spans = await backend.getSpans(runId, filter)
        return spans.length === 0 && (await backend.getRunDetails(runId)) === null ? (null as never) : spans
      },
    }),
  ),
  brokenStore(
    'unknown-parents-cut',
    'a span whose parent is not there yet loses it',
    ['SPN-07', 'TRC-16'],
    writing((write, { spans }) => {
      if (write.kind !== 'put-spans') return write
      const known = new Set(
        [...spans, ...write.rows].filter(({ runId }) => runId === write.runId).map(({ spanId }) => spanId),
      )
      const isKnown = (parent: string | null) => parent !== null && known.has(parent)
      const rows = write.rows.map((row) => ({
        ...row,
        parentSpanId: isKnown(row.parentSpanId) ? row.parentSpanId : null,
      }))
      return { ...write, rows }
    }),
  ),
  brokenBackend(
    'stats-one-filter',
    'with a timeRange the pipelineName of the statistics is passed over',
    ['SPN-22'],
    ({ backend }) => ({
      getSpanStatistics: ({ pipelineName, ...filter }: SpanStatisticsFilter = {}) =>
        backend.getSpanStatistics(filter.timeRange ? filter : { ...filter, pipelineName }),
    }),
  ),
  brokenStore(
    'step-key-joined',
    'steps are kept by run and execution id joined with a colon',
    ['IDS-11'],
    writing((write, tables) => {
      if (write.kind !== 'put-step') return write
      const key = ({ runId, executionId }: { runId: string; executionId: string }) => `${runId}:${executionId}`
      tables.steps = tables.steps.filter((row) => row.runId === write.row.runId || key(row) !== key(write.row))
      return write
    }),
  ),
]

function without<T extends { readonly memoryUsageMb?: unknown }>(set: T): Omit<T, 'memoryUsageMb'> {
  const { memoryUsageMb: _forgotten, ...rest } = set
  return rest
}
