/** Calls that must be refused whatever is stored, and change nothing. */
import fc from 'fast-check'
import * as draw from './arbitraries.js'
import { type CommandArbitrary, command } from './commands.js'
import type { Method } from './world.js'

type BadCall = readonly [method: Method, args: (runId: string) => readonly unknown[], code: string]

const state = { pipelineId: 'p', pipelineName: 'n', pipelineVersion: '1', currentStepIndex: 0, status: 'running' }
const span = { spanId: 's', name: 'n', startTime: 1 }
const unstorable = () => ({ deep: [() => 1] })

const BAD_CALLS: readonly BadCall[] = [
  ['saveState', (runId) => [runId, { ...state, pipelineContext: {}, extra: 1 }], 'VALIDATION'],
  ['saveState', (runId) => [runId, { ...state, pipelineContext: unstorable() }], 'SERIALIZATION'],
  ['saveState', (runId) => [runId, { ...state, pipelineContext: {}, status: 'done' }], 'VALIDATION'],
  ['updateState', (runId) => [runId, { stepHistory: [], appendStepHistory: [] }], 'VALIDATION'],
  ['loadState', () => [''], 'VALIDATION'],
  ['deleteState', (runId) => [`${runId}\u0000`], 'VALIDATION'],
  ['saveRunStart', (runId) => [{ runId, createdAt: '2026-01-01T00:00:00Z' }], 'VALIDATION'],
  ['saveRunEnd', (runId) => [runId, { status: 'running', endedAt: new Date(0) }], 'VALIDATION'],
  ['saveRunEnd', (runId) => [runId, { finalContext: unstorable() }], 'SERIALIZATION'],
  ['saveStepResult', (runId) => [{ runId, stepName: 's', stepIndex: -1 }], 'VALIDATION'],
  ['saveStepResult', (runId) => [{ runId, stepName: 's', stepIndex: 0, output: unstorable() }], 'SERIALIZATION'],
  ['saveSpans', (runId) => [runId, [span, { ...span, spanId: '' }]], 'VALIDATION'],
  ['saveTrace', (runId) => [runId, { ...span, children: [span] }], 'VALIDATION'],
  ['persistEvaluation', (runId) => [runId, { score: Number.NaN }], 'VALIDATION'],
  ['setSystemState', () => ['run', []], 'VALIDATION'],
  ['claimRun', (runId) => [runId, { owner: 'worker 1', leaseMs: 0 }], 'VALIDATION'],
  ['cleanupOldWorkflows', () => [{ daysOld: -1 }], 'VALIDATION'],
  ['cleanupStaleBackgroundTasks', () => [{ staleHours: Number.NaN }], 'VALIDATION'],
  ['listRuns', () => [{ limit: -1 }], 'VALIDATION'],
  ['listWorkflows', () => [{ after: 'nowhere' }], 'VALIDATION'],
]

export const badCallCommand: CommandArbitrary = command(
  fc.tuple(fc.constantFrom(...BAD_CALLS), draw.runId),
  (world, [[method, args, code], runId]) => world.refuse(method, args(runId), code),
)
