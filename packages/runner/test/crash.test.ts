import { defineWorkflow, recover, runWorkflow, step } from '@flujo-state/runner'
import { describe, expect, it } from 'vitest'
import { BACKENDS } from './support/backends.js'
import { ManualClock } from './support/clock.js'
import { mortal } from './support/mortal.js'

const LEASE_MS = 30_000

/** Three steps; `log` is their side effects. */
function threeSteps() {
  const log: string[] = []
  const workflow = defineWorkflow({
    id: 'w',
    version: '1',
    steps: [
      step('a', (ctx, input: number) => {
        log.push('a')
        ctx.context.seen = [input]
        return input + 1
      }),
      step('b', (ctx, input: number) => {
        log.push('b')
        ctx.context.seen = [...ctx.context.seen, input]
        return input + 1
      }),
      step('c', (ctx, input: number) => {
        log.push('c')
        ctx.context.seen = [...ctx.context.seen, input]
        return input + 1
      }),
    ],
  })
  return { workflow, log }
}

/** How many writes an undisturbed run makes: the places where a process can die. */
async function countWrites(make: (typeof BACKENDS)[number][1]): Promise<number> {
  const { backend, life } = mortal(make())
  await runWorkflow(threeSteps().workflow, { backend, input: 1 })
  return life.writes
}

describe.each(BACKENDS)('a process that dies, on %s', (_name, make) => {
  it.each(['before', 'after'] as const)('at any of its writes, %s it is done, loses nothing', async (when) => {
    const writes = await countWrites(make)
    expect(writes).toBeGreaterThan(8)
    for (let at = 1; at <= writes; at++) {
      const clock = new ManualClock()
      const store = make({ clock: clock.date })
      const { workflow, log } = threeSteps()
      const { backend } = mortal(store, at, when)
      await runWorkflow(workflow, { backend, runId: 'r', input: 1, clock, leaseMs: LEASE_MS }).catch(() => {})
      const finished = (await store.listRunSteps('r')).map(({ stepName }) => stepName)
      const before = log.length
      clock.freeze(LEASE_MS)
      const recovery = await recover(store, { workflows: [workflow], clock })
      const state = await store.loadState('r')
      // It died before anything was stored: the caller of runWorkflow knows that there is no run.
      if (state === null) {
        expect([log, recovery.resumed, at]).toEqual([[], [], at])
        continue
      }
      expect([at, state]).toMatchObject([
        at,
        {
          status: 'completed',
          currentStepIndex: 3,
          lastStepOutput: 4,
          pipelineContext: { seen: [1, 2, 3] },
          stepHistory: [{ stepName: 'a' }, { stepName: 'b' }, { stepName: 'c' }],
        },
      ])
      // A finished step is not done again; the one that was under way is.
      const again = log.slice(before)
      expect([at, again.filter((name) => finished.includes(name))]).toEqual([at, []])
      expect([at, [...finished, ...again].sort()]).toEqual([at, ['a', 'b', 'c']])
      expect(await store.listRunSteps('r')).toMatchObject([{ output: 2 }, { output: 3 }, { output: 4 }])
      expect(await store.getRunDetails('r')).toMatchObject({ status: 'completed', pipelineId: 'w', placeholder: false })
      const trace = await store.getTrace('r')
      expect(trace).toMatchObject({ spanId: 'run', status: 'completed' })
      expect(trace?.children.filter(({ status }) => status === 'completed')).toHaveLength(3)
      expect(await store.getLease('r')).toBeNull()
    }
  })
})
