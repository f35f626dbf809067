import { randomInt } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'vitest'
import { filesIn, openBackend, stateOf } from './folder.js'
import { startChild } from './spawn.js'

/** Kills a process in the middle of a mixed workload, again and again, and looks each time at all that it acknowledged. */
export async function killAgainAndAgain(folder: string, rounds: number): Promise<void> {
  const acknowledged = new Map<string, number>()
  for (let round = 0; round < rounds; round++) {
    const child = startChild(folder, 'mixed', `round${round}`)
    await child.until((line) => line.endsWith(' 5'))
    await wait(randomInt(300))
    await child.kill()
    for (const line of child.lines) {
      const [runId, n] = line.split(' ')
      if (runId !== undefined && n !== undefined) acknowledged.set(runId, Number(n))
    }
    await check(folder, acknowledged)
  }
}

async function check(folder: string, acknowledged: ReadonlyMap<string, number>): Promise<void> {
  const backend = openBackend(folder)
  const listed = new Map((await backend.listWorkflows()).map((summary) => [summary.runId, summary]))
  for (const [runId, n] of acknowledged) {
    const state = await backend.loadState(runId)
    const reached = state?.currentStepIndex ?? 0
    // The write in flight is there wholly or not at all: step, state and payload together.
    expect([runId, [n, n + 1].includes(reached)]).toEqual([runId, true])
    expect(state?.pipelineContext['value']).toBe(reached)
    const steps = await backend.listRunSteps(runId)
    expect(steps.map(({ stepIndex }) => stepIndex)).toEqual(Array.from({ length: reached }, (_, index) => index + 1))
    expect(listed.get(runId)).toMatchObject({ currentStepIndex: reached, version: state?.version })
    const scores = (await backend.listEvaluations({ runId, limit: 10_000 })).map(({ score }) => score)
    expect([Math.floor(n / 3), Math.floor((n + 1) / 3)]).toContain(scores.length)
    expect(new Set(scores).size).toBe(scores.length)
    const system = (await backend.getSystemState(runId))?.value['n'] ?? 0
    expect([n - (n % 4), n + 1]).toContain(system)
  }
  await backend.saveState('after', stateOf(1))
  await backend.shutdown()
  expect(filesIn(folder).filter((name) => /^(locks|users|trash)/.test(name))).toEqual([])
}
