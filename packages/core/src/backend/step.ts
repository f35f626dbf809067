import { type VersionedOptions, versionedOptionsWithState } from '../models/claim.js'
import { type StepInput, type StepRecord, stepInput } from '../models/step.js'
import type { StepRow } from '../records.js'
import { escapeText, unescapeText } from '../serialization/index.js'
import type { WithState, Written } from '../state-backend.js'
import type { MaybePromise } from '../state-store.js'
import { settle, whenDone } from '../store/maybe-promise.js'
import type { Change } from '../store/unit.js'
import type { Call } from './call.js'
import { check, checkId } from './check.js'
import { writeConditions } from './conditions.js'
import type { Kernel } from './kernel.js'
import { encodePatch } from './state-codec.js'
import { patchOf } from './with-state.js'

type StepDraft = Extract<Change, { kind: 'save-step' }>['row']

export function saveStepResult(
  kernel: Kernel,
  call: Call,
  stepRecord: StepInput,
  optionsInput: VersionedOptions & Partial<WithState> = {},
): MaybePromise<Written | undefined> {
  const step = check(stepInput, stepRecord)
  const { runId } = step
  const options = check(versionedOptionsWithState, optionsInput)
  const patch = patchOf(runId, options)
  const conditions = writeConditions(runId, options, patch !== null)
  const encode = (value: unknown, field: string) => kernel.encode(call, value ?? null, { runId, field })
  const row = settle<StepDraft>({
    runId,
    executionId: step.executionId ?? String(step.stepIndex),
    stepName: step.stepName,
    stepIndex: step.stepIndex,
    status: step.status ?? 'completed',
    input: encode(step.input, 'input'),
    output: encode(step.output, 'output'),
    rawResponse: encode(step.rawResponse, 'rawResponse'),
    errorMessage: step.errorMessage == null ? null : escapeText(step.errorMessage),
    costUsd: step.costUsd ?? null,
    tokenCounts: step.tokenCounts ?? null,
    executionTimeMs: step.executionTimeMs ?? null,
    createdAt: step.createdAt ?? null,
  })
  const patched = patch === null ? [] : encodePatch(kernel, call, runId, patch, '$.state')
  const changes = whenDone(row, (row) =>
    whenDone(patched, (patched): Change[] => [{ kind: 'save-step', row }, ...patched]),
  )
  return whenDone(kernel.commit(runId, conditions, changes), ({ version }) => {
    call.rows = 1
    return patch === null ? undefined : { version }
  })
}

export function listRunSteps(kernel: Kernel, call: Call, runIdInput: string): MaybePromise<StepRecord[]> {
  const runId = checkId(runIdInput, 'runId')
  return whenDone(
    kernel.read((store) => store.readSteps(runId)),
    (rows) => kernel.list(call, rows, (row) => decodeStep(kernel, call, row)),
  )
}

function decodeStep(kernel: Kernel, call: Call, row: StepRow): MaybePromise<StepRecord> {
  const decode = (field: 'input' | 'output' | 'rawResponse') =>
    kernel.decode(call, row[field], { runId: row.runId, field })
  return settle<StepRecord>({
    runId: row.runId,
    stepName: row.stepName,
    stepIndex: row.stepIndex,
    status: row.status,
    input: decode('input'),
    output: decode('output'),
    rawResponse: decode('rawResponse'),
    errorMessage: row.errorMessage === null ? null : unescapeText(row.errorMessage),
    costUsd: row.costUsd,
    tokenCounts: row.tokenCounts,
    executionTimeMs: row.executionTimeMs,
    createdAt: new Date(row.createdAt),
    executionId: row.executionId,
  })
}
