/** Calls that must not compile. Checked by `tsc`, never run: an unused `@ts-expect-error` is an error. */
import { iterate, type Lease, type StateBackend } from '../src/index.js'

declare const backend: StateBackend
declare const lease: Lease

const state = {
  pipelineId: 'p',
  pipelineName: 'P',
  pipelineVersion: '1',
  currentStepIndex: 0,
  pipelineContext: { customer: { id: 7 }, seen: new Set(['a']), when: new Date(), big: 1n, nothing: undefined },
  status: 'running',
} as const

export async function right() {
  await backend.saveState('r', state, { lease, ifVersion: 0 })
  await backend.listWorkflows({ status: ['failed', 'paused'], limit: 10 })
  const { version } = await backend.saveStepResult(
    { runId: 'r', stepName: 's', stepIndex: 0 },
    { state: { totalSteps: 1 } },
  )
  const loaded = await backend.loadState('r')
  if (loaded) await backend.saveState('r', loaded)
  for await (const run of iterate((filter) => backend.listRuns(filter), { status: 'failed' }))
    run.totalCostUsd.toFixed(version)
}

export async function wrong() {
  // @ts-expect-error an unknown filter
  await backend.listWorkflows({ statuz: 'failed' })
  // @ts-expect-error a status that is none
  await backend.listWorkflows({ status: 'banana' })
  // @ts-expect-error a status that is none
  await backend.saveState('r', { ...state, status: 'done' })
  // @ts-expect-error a function inside the context
  await backend.saveState('r', { ...state, pipelineContext: { callback: () => 1 } })
  // @ts-expect-error a symbol inside the context
  await backend.saveState('r', { ...state, pipelineContext: { deep: [{ symbol: Symbol('x') }] } })
  // @ts-expect-error a required field is missing
  await backend.saveState('r', { pipelineId: 'p' })
  // @ts-expect-error an unknown field
  await backend.saveState('r', { ...state, colour: 'red' })
  // @ts-expect-error times are Dates
  await backend.saveState('r', { ...state, createdAt: '2026-01-01' })
  // @ts-expect-error an unknown option
  await backend.saveState('r', state, { version: 1 })
  // @ts-expect-error deletions take no version
  await backend.deleteState('r', { ifVersion: 1 })
  // @ts-expect-error a claim needs an owner and a time
  await backend.claimRun('r', { owner: 'me' })
  // @ts-expect-error without `state` there is no version
  const { version } = await backend.saveStepResult({ runId: 'r', stepName: 's', stepIndex: 0 })
  return version
}
