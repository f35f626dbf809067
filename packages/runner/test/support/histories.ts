import { defineWorkflow, recover, resumeWorkflow, runWorkflow, step } from '@flujo-state/runner'
import fc from 'fast-check'
import { expect } from 'vitest'
import { memory } from './backends.js'
import { ManualClock } from './clock.js'
import { mortal } from './mortal.js'

type Kind = 'plain' | 'asks' | 'asks twice' | 'fails once' | 'is stopped once'

/** One worker's fate. */
interface Fate {
  /** At this write it dies; far away: it lives. */
  readonly at: number
  readonly when: 'before' | 'after'
}

const kinds = fc.array(fc.constantFrom<Kind>('plain', 'asks', 'asks twice', 'fails once', 'is stopped once'), {
  minLength: 1,
  maxLength: 5,
})
const fates = fc.array(fc.record({ at: fc.integer({ min: 1, max: 25 }), when: fc.constantFrom('before', 'after') }), {
  maxLength: 8,
}) as fc.Arbitrary<Fate[]>

function workflowOf(kinds: readonly Kind[], stops: { current: AbortController }) {
  const begun: string[] = []
  const did = new Set<string>()
  const steps = kinds.map((kind, index) =>
    step(`s${index}`, async (ctx, input: number) => {
      begun.push(ctx.stepName)
      ctx.context.done = [...(ctx.context.done ?? []), ctx.stepName]
      const answers = kind === 'asks' ? 1 : kind === 'asks twice' ? 2 : 0
      let sum = input
      for (let question = 0; question < answers; question++) sum += await ctx.pause<number>(`question ${question}`)
      const first = !did.has(ctx.stepName)
      did.add(ctx.stepName)
      if (first && kind === 'fails once') throw new Error('once')
      if (first && kind === 'is stopped once') {
        stops.current.abort()
        ctx.signal.throwIfAborted()
      }
      return sum + 1
    }),
  )
  return { workflow: defineWorkflow({ id: 'w', version: '1', steps: [...steps] }), begun }
}

/** Starts workers, each with its fate, until the run is completed. */
async function live(kinds: readonly Kind[], fates: readonly Fate[]) {
  const clock = new ManualClock()
  const store = memory({ clock: clock.date })
  const stops = { current: new AbortController() }
  const { workflow, begun } = workflowOf(kinds, stops)
  for (let worker = 0; worker < 60; worker++) {
    const state = await store.loadState('r')
    if (state?.status === 'completed') return { store, begun }
    const finished = (await store.listRunSteps('r')).filter(({ status }) => status === 'completed')
    const before = begun.length
    const { at, when } = fates[worker] ?? { at: Number.POSITIVE_INFINITY, when: 'after' }
    const { backend } = mortal(store, at, when)
    stops.current = new AbortController()
    const options = { backend, clock, runId: 'r', signal: stops.current.signal }
    // The lease of a worker that died has ended.
    clock.freeze(60_000)
    const asked = (state?.metadata['flujo.pause']?.by ?? '') === 'step'
    await (state === null
      ? runWorkflow(workflow, { ...options, input: 0 })
      : state.status === 'running'
        ? recover(backend, { workflows: [workflow], clock, signal: stops.current.signal })
        : resumeWorkflow(workflow, asked ? { ...options, data: 100 } : options)
    ).catch(() => {})
    const again = begun.slice(before).filter((name) => finished.some(({ stepName }) => stepName === name))
    expect(again).toEqual([])
  }
  throw new Error('the run does not come to an end')
}

/** Whatever happens to a run, in any order: it ends in the same result, with each finished step executed once. */
export async function checkHistories(numRuns: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(kinds, fates, async (kinds, fates) => {
      const { store } = await live(kinds, fates)
      const answers =
        kinds.filter((kind) => kind === 'asks').length + 2 * kinds.filter((kind) => kind === 'asks twice').length
      const names = kinds.map((_, index) => `s${index}`)
      const state = await store.loadState('r')
      expect(state).toMatchObject({
        currentStepIndex: kinds.length,
        lastStepOutput: kinds.length + 100 * answers,
        pipelineContext: { done: names },
        metadata: {},
        errorMessage: null,
      })
      const history = state?.stepHistory.filter(({ status }) => status === 'completed').map(({ stepName }) => stepName)
      expect(history).toEqual(names)
      expect(await store.getRunDetails('r')).toMatchObject({ status: 'completed', errorMessage: null })
      expect((await store.listRunSteps('r')).map(({ stepName, status }) => [stepName, status])).toEqual(
        names.map((name) => [name, 'completed']),
      )
      const trace = await store.getTrace('r')
      expect(trace).toMatchObject({ spanId: 'run', status: 'completed', endTime: expect.any(Number) })
      const spans = trace?.children.filter(({ status }) => status === 'completed').map(({ name }) => name)
      expect(spans).toEqual(names)
      expect(trace?.children.filter(({ status }) => status === 'running')).toEqual([])
    }),
    { numRuns },
  )
}
