import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import type { Durability } from '../../src/index.js'
import { backendOf, handleOf } from './backends.js'
import { start } from './process.js'
import { temporaryFile } from './temporary.js'

/** Kills a writer in the middle of its work again and again, and looks each time what is there afterwards. */
export async function survivesKills(durability: Durability, delaysMs: readonly number[]): Promise<void> {
  const path = temporaryFile()
  for (const delay of delaysMs) {
    const worker = start('work.ts', path, durability)
    await worker.next()
    await sleep(delay)
    worker.child.kill('SIGKILL')
    await worker.ended
    const acknowledged = worker.lines.at(-1) ?? ''
    await expectWhole(path, acknowledged)
  }
}

async function expectWhole(path: string, acknowledged: string): Promise<void> {
  const [step = 0, round = 0] = acknowledged.split(' ').map(Number)
  const backend = backendOf(path)
  const state = await backend.loadState('steps')
  const done = state?.totalSteps ?? 0
  expect(done).toBeGreaterThanOrEqual(step)
  expect(state?.stepHistory.map((item) => item.step)).toEqual(Array.from({ length: done }, (_, i) => i))
  expect(state?.lastStepOutput).toEqual(state?.stepHistory.at(-1))
  const steps = await backend.listRunSteps('steps')
  expect(steps.map(({ stepIndex }) => stepIndex)).toEqual(Array.from({ length: done }, (_, i) => i))
  expect(await backend.getRunDetails('steps')).toMatchObject({ totalCostUsd: done * 0.5 })
  // One turn, one commit: a round is there for all or for none.
  const rounds = await Promise.all(Array.from({ length: 8 }, (_, i) => backend.loadState(`round-${i}`)))
  const kept = new Set(rounds.map((state) => state?.totalSteps ?? 0))
  expect(kept.size).toBe(1)
  expect(Math.max(...kept)).toBeGreaterThanOrEqual(round)
  await backend.shutdown()
  expect(handleOf(path).pragma('integrity_check', { simple: true })).toBe('ok')
}
