import type { Lease } from '@flujo-state/core'
import { expect, it } from 'vitest'
import { START_OF_TIME } from '../src/clock.js'
import { drawScript, type Mixture, modelAfter, type Step, step } from '../src/kills/script.js'

const now = () => new Date(START_OF_TIME)
const leases: Lease[] = ['run', 'run-1'].map((runId, index) => ({
  runId,
  owner: 'worker',
  fence: index + 1,
  expiresAt: new Date(START_OF_TIME + 1_000_000),
}))
const done: Step[] = leases.map((lease) => {
  const { runId, owner } = lease
  return step('claimRun', [runId, { owner, leaseMs: 1_000_000 }], (model) => Object.assign(model.of(runId), { lease }))
})
const draw = (mixture: Mixture, seed: number) => drawScript({ mixture, seed, length: 300, now, done, leases })
const methodsOf = (steps: readonly Step[]) => new Set(steps.map(({ call }) => call.method))

it('scripts call every method that writes, and are the same for the same seed', () => {
  const steps = draw('everything', 1)
  expect(steps).toHaveLength(300)
  expect([...methodsOf(steps)].sort()).toEqual([
    'claimRun',
    'cleanupOldWorkflows',
    'cleanupStaleBackgroundTasks',
    'deleteRun',
    'deleteState',
    'persistEvaluation',
    'releaseLease',
    'renewLease',
    'saveRunEnd',
    'saveRunStart',
    'saveSpans',
    'saveState',
    'saveStepResult',
    'saveTrace',
    'setSystemState',
    'updateState',
  ])
  const calls = (seed: number) => draw('everything', seed).map(({ call }) => call)
  expect(calls(1)).toEqual(calls(1))
  expect(calls(2)).not.toEqual(calls(1))
})

it('scripts write under leases, large snapshots, and many records at a time', () => {
  const calls = draw('everything', 1).map(({ call }) => call)
  expect(
    calls.some(({ args }) => leases.includes((args.at(-1) as { lease?: Lease } | undefined)?.lease as Lease)),
  ).toBe(true)
  const sizes = calls.map(
    ({ args }) => JSON.stringify(args, (_, value) => (typeof value === 'bigint' ? 0 : value)).length,
  )
  expect(Math.max(...sizes)).toBeGreaterThan(256 * 1_000)
  expect(methodsOf(draw('manyRecords', 1))).toContain('saveTrace')
  expect(methodsOf(draw('commits', 1))).toContain('saveStepResult')
})

it('what the model is after the steps depends on them alone', () => {
  const steps = [...done, ...draw('everything', 3)]
  expect(modelAfter(steps, now).records).toEqual(modelAfter(steps, now).records)
  expect(modelAfter(steps, now).records).not.toEqual(modelAfter(steps.slice(0, 20), now).records)
})
