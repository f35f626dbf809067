/** Snapshots between their models and their encoded records. */
import type { z } from 'zod'
import type {
  WorkflowState,
  WorkflowSummary,
  workflowStateInput,
  workflowStatePatch,
} from '../models/workflow-state.js'
import type { StateSummaryRow, StoredState } from '../records.js'
import { escapeText, unescapeText } from '../serialization/index.js'
import type { MaybePromise } from '../state-store.js'
import { all, settle, whenDone } from '../store/maybe-promise.js'
import type { Change, StateDraft, StatePatch } from '../store/unit.js'
import type { Call } from './call.js'
import { encodeGiven } from './given.js'
import type { Kernel } from './kernel.js'

export function encodeState(
  kernel: Kernel,
  call: Call,
  runId: string,
  state: z.output<typeof workflowStateInput>,
): MaybePromise<Change[]> {
  const draft = settle<StateDraft>({
    runId,
    pipelineId: state.pipelineId,
    pipelineName: state.pipelineName,
    pipelineVersion: state.pipelineVersion,
    currentStepIndex: state.currentStepIndex,
    pipelineContext: kernel.encode(call, state.pipelineContext, { runId, field: 'pipelineContext' }),
    lastStepOutput: kernel.encode(call, state.lastStepOutput ?? null, { runId, field: 'lastStepOutput' }),
    status: state.status,
    createdAt: state.createdAt ?? null,
    updatedAt: state.updatedAt ?? null,
    totalSteps: state.totalSteps ?? 0,
    errorMessage: textOrNull(state.errorMessage),
    executionTimeMs: state.executionTimeMs ?? null,
    memoryUsageMb: state.memoryUsageMb ?? null,
    metadata: state.metadata === undefined ? null : kernel.encode(call, state.metadata, { runId, field: 'metadata' }),
    isBackgroundTask: state.isBackgroundTask ?? false,
    parentRunId: state.parentRunId ?? null,
    taskId: state.taskId ?? null,
    backgroundError: textOrNull(state.backgroundError),
  })
  const history = encodeHistory(kernel, call, runId, '$.stepHistory', state.stepHistory ?? [])
  return whenDone(draft, (draft) => whenDone(history, (history) => [{ kind: 'save-state', draft, history }]))
}

function textOrNull(text: string | null | undefined): string | null {
  return text == null ? null : escapeText(text)
}

/** A whole history: items that are as they were when it was saved last keep their texts. */
function encodeHistory(
  kernel: Kernel,
  call: Call,
  runId: string,
  at: string,
  items: readonly unknown[],
): MaybePromise<string[]> {
  const { histories } = kernel
  if (histories === null) return encodeItems(kernel, call, runId, at, items)
  const texts = encodeItems(kernel, call, runId, at, items, (item, index) => histories.find(runId, index, item))
  if (!(texts instanceof Promise)) histories.keep(runId, items, texts)
  return texts
}

/** `at` is their path in the caller's input; `known` gives the text of an item, if it is known. */
function encodeItems(
  kernel: Kernel,
  call: Call,
  runId: string,
  at: string,
  items: readonly unknown[],
  known: (item: unknown, index: number) => string | null = () => null,
): MaybePromise<string[]> {
  const encode = (item: unknown, index: number) => {
    const context = { runId, field: 'stepHistory', index }
    const text = known(item, index)
    return text === null
      ? kernel.encode(call, item, context, () => `${at}[${index}]`)
      : kernel.measured(call, text, context)
  }
  return all(items.map(encode))
}

export type CheckedPatch = z.output<typeof workflowStatePatch>

/** `base` is the path of the patch in the caller's input. */
export function encodePatch(
  kernel: Kernel,
  call: Call,
  runId: string,
  patch: CheckedPatch,
  base: string,
): MaybePromise<Change[]> {
  const { stepHistory, appendStepHistory } = patch
  const set = encodeGiven<StatePatch>(patch, (value, field) =>
    kernel.encode(call, value, { runId, field }, () => `${base}.${field}`),
  )
  const history = stepHistory ? encodeHistory(kernel, call, runId, `${base}.stepHistory`, stepHistory) : null
  const append = appendStepHistory
    ? encodeItems(kernel, call, runId, `${base}.appendStepHistory`, appendStepHistory)
    : null
  return whenDone(settle<Omit<PatchChange, 'kind'>>({ set, history, append }), ({ set, history, append }) => [
    { kind: 'update-state', set, history, append },
  ])
}

type PatchChange = Extract<Change, { kind: 'update-state' }>

export function decodeState(kernel: Kernel, call: Call, { row, history }: StoredState): MaybePromise<WorkflowState> {
  const { runId } = row
  const items = history.map((text, index) => kernel.decode(call, text, { runId, field: 'stepHistory', index }))
  return whenDone(
    all([
      kernel.decode(call, row.metadata, { runId, field: 'metadata' }),
      kernel.decode(call, row.pipelineContext, { runId, field: 'pipelineContext' }),
      kernel.decode(call, row.lastStepOutput, { runId, field: 'lastStepOutput' }),
      all(items),
    ]),
    ([metadata, pipelineContext, lastStepOutput, stepHistory]) => {
      const state = summaryOf(row, metadata) as WorkflowState
      state.pipelineContext = pipelineContext as WorkflowState['pipelineContext']
      state.lastStepOutput = lastStepOutput
      state.stepHistory = stepHistory as WorkflowState['stepHistory']
      return state
    },
  )
}

export function decodeSummary(kernel: Kernel, call: Call, row: StateSummaryRow): MaybePromise<WorkflowSummary> {
  const metadata = kernel.decode(call, row.metadata, { runId: row.runId, field: 'metadata' })
  return whenDone(metadata, (metadata) => summaryOf(row, metadata))
}

function summaryOf(row: StateSummaryRow, metadata: unknown): WorkflowSummary {
  return {
    runId: row.runId,
    pipelineId: row.pipelineId,
    pipelineName: row.pipelineName,
    pipelineVersion: row.pipelineVersion,
    currentStepIndex: row.currentStepIndex,
    status: row.status,
    createdAt: new Date(row.createdAt),
    updatedAt: new Date(row.updatedAt),
    totalSteps: row.totalSteps,
    errorMessage: row.errorMessage === null ? null : unescapeText(row.errorMessage),
    executionTimeMs: row.executionTimeMs,
    memoryUsageMb: row.memoryUsageMb,
    metadata: metadata as WorkflowSummary['metadata'],
    isBackgroundTask: row.isBackgroundTask,
    parentRunId: row.parentRunId,
    taskId: row.taskId,
    backgroundError: row.backgroundError === null ? null : unescapeText(row.backgroundError),
    version: row.version,
  }
}
