import { isStateBackendError } from '@flujo-state/core'
import { defineWorkflow, resumeWorkflow, runWorkflow, step } from '@flujo-state/runner'
import { describe, expect, it } from 'vitest'
import { BACKENDS } from './support/backends.js'

/** Asks two questions in its second step; `log` shows what was executed. */
function interview() {
  const log: string[] = []
  const workflow = defineWorkflow({
    id: 'interview',
    version: '1',
    steps: [
      step('begin', (ctx, input: string) => {
        log.push('begin')
        ctx.context.asked = 0
        return input
      }),
      step('ask', async (ctx, input: string) => {
        log.push('ask')
        ctx.context.asked++
        ctx.usage({ costUsd: 1 })
        const name = await ctx.pause<string>('your name?')
        ctx.context.asked++
        const { age } = await ctx.pause<{ age: number }>('your age?')
        return `${input} ${name}, ${age}`
      }),
      step('end', (_ctx, text: string) => {
        log.push('end')
        return text
      }),
    ],
  })
  return { workflow, log }
}

describe.each(BACKENDS)('a pause on %s', (_name, make) => {
  it('stops the run until it is resumed with data', async () => {
    const backend = make()
    const { workflow, log } = interview()
    const first = await runWorkflow(workflow, { backend, runId: 'r', input: 'hello', metadata: { a: 1 } })
    expect(first).toMatchObject({ status: 'paused', stepName: 'ask', reason: 'your name?', by: 'step', output: null })
    expect(await backend.loadState('r')).toMatchObject({
      status: 'paused',
      currentStepIndex: 1,
      pipelineContext: { asked: 0 },
      metadata: { a: 1, 'flujo.pause': { stepName: 'ask', reason: 'your name?', by: 'step' } },
      stepHistory: [{ stepName: 'begin' }, { stepName: 'ask', status: 'paused', reason: 'your name?' }],
    })
    expect(await backend.getRunDetails('r')).toMatchObject({ status: 'paused', endedAt: null })
    expect((await backend.listRunSteps('r'))[1]).toMatchObject({ stepName: 'ask', status: 'paused', input: 'hello' })
    expect(await backend.getTrace('r')).toMatchObject({ status: 'paused', endTime: null, events: [{ name: 'paused' }] })
    expect(await backend.getLease('r')).toBeNull()

    const second = await resumeWorkflow(workflow, { backend, runId: 'r', data: 'Ada' })
    expect(second).toMatchObject({ status: 'paused', reason: 'your age?' })
    const third = await resumeWorkflow(workflow, { backend, runId: 'r', data: { age: 36 } })
    expect(third).toMatchObject({ status: 'completed', output: 'hello Ada, 36' })

    expect(log).toEqual(['begin', 'ask', 'ask', 'ask', 'end'])
    const state = await backend.loadState('r')
    expect(state).toMatchObject({ status: 'completed', metadata: { a: 1 }, pipelineContext: { asked: 2 } })
    expect(state?.metadata).toEqual({ a: 1 })
    // What people answered stays in the record; what the executions cost adds up.
    expect((await backend.listRunSteps('r'))[1]).toMatchObject({
      status: 'completed',
      rawResponse: ['Ada', { age: 36 }],
      costUsd: 3,
    })
    expect(await backend.getTrace('r')).toMatchObject({
      status: 'completed',
      events: ['paused', 'resumed', 'paused', 'resumed'].map((name) => ({ name })),
      children: [
        { name: 'begin' },
        { name: 'ask', status: 'paused' },
        { name: 'ask', status: 'paused' },
        { name: 'ask', status: 'completed' },
        { name: 'end' },
      ],
    })
  })

  it('resumed without data gives null', async () => {
    const backend = make()
    const workflow = defineWorkflow({
      id: 'w',
      version: '1',
      steps: [step('wait', async (ctx) => ({ answer: await ctx.pause('until tomorrow') }))],
    })
    await runWorkflow(workflow, { backend, runId: 'r' })
    expect(await resumeWorkflow(workflow, { backend, runId: 'r' })).toMatchObject({ output: { answer: null } })
  })

  it('holds even if the step catches it', async () => {
    const backend = make()
    const workflow = defineWorkflow({
      id: 'w',
      version: '1',
      steps: [step('wait', async (ctx) => ctx.pause('really?').catch(() => 'no'))],
    })
    expect(await runWorkflow(workflow, { backend, runId: 'r' })).toMatchObject({ status: 'paused', reason: 'really?' })
    expect(await resumeWorkflow(workflow, { backend, runId: 'r', data: 'yes' })).toMatchObject({ output: 'yes' })
  })

  it('is no failure to be tried again', async () => {
    const backend = make()
    let attempts = 0
    const run = async (ctx: { pause(reason: string): Promise<string> }) => {
      attempts++
      return ctx.pause('wait')
    }
    const steps = [{ name: 'wait', run, retry: { retries: 3, minTimeout: 0 } }] as const
    const workflow = defineWorkflow({ id: 'w', version: '1', steps })
    expect(await runWorkflow(workflow, { backend })).toMatchObject({ status: 'paused' })
    expect(attempts).toBe(1)
  })

  it('refuses data that nobody waits for, and data that cannot be stored', async () => {
    const backend = make()
    const { workflow } = interview()
    const codeOf = (promise: Promise<unknown>) =>
      promise.then(
        () => 'fine',
        (error: unknown) => (isStateBackendError(error) ? `${error.code} ${error.path}` : error),
      )
    await runWorkflow(workflow, { backend, runId: 'r', input: 'hello' })
    const bad = (() => 1) as unknown as string
    expect(await codeOf(resumeWorkflow(workflow, { backend, runId: 'r', data: bad }))).toMatch(
      /^SERIALIZATION \$\.data/,
    )
    // Nothing has happened to the run.
    expect(await backend.loadState('r')).toMatchObject({ status: 'paused' })
    await resumeWorkflow(workflow, { backend, runId: 'r', data: 'Ada' })
    await resumeWorkflow(workflow, { backend, runId: 'r', data: { age: 1 } })
    // Completed: nothing happens, whatever is given.
    expect(await codeOf(resumeWorkflow(workflow, { backend, runId: 'r', data: 'late' }))).toBe('fine')

    await backend.updateState('r', { status: 'paused', currentStepIndex: 2 })
    expect(await codeOf(resumeWorkflow(workflow, { backend, runId: 'r', data: 'x' }))).toBe('CONFLICT $.data')
    expect(await backend.getLease('r')).toBeNull()
  })

  it('keeps the answers when the step fails after them; other data replaces the last', async () => {
    const backend = make()
    const workflow = defineWorkflow({
      id: 'w',
      version: '1',
      steps: [
        step('divide', async (ctx) => {
          const [a, b] = [await ctx.pause<number>('a?'), await ctx.pause<number>('b?')]
          if (b === 0) throw new RangeError('divided by zero')
          return a / b
        }),
      ],
    })
    await runWorkflow(workflow, { backend, runId: 'r' })
    await resumeWorkflow(workflow, { backend, runId: 'r', data: 6 })
    expect(await resumeWorkflow(workflow, { backend, runId: 'r', data: 0 })).toMatchObject({ status: 'failed' })
    expect(await resumeWorkflow(workflow, { backend, runId: 'r' })).toMatchObject({ errorMessage: 'divided by zero' })
    expect(await resumeWorkflow(workflow, { backend, runId: 'r', data: 3 })).toMatchObject({ output: 2 })
  })
})
