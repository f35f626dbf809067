import { isStateBackendError } from '@flujo-state/core'
import { defineWorkflow, resumeWorkflow, runWorkflow, type StepContext, step } from '@flujo-state/runner'
import { describe, expect, it } from 'vitest'
import { BACKENDS } from './support/backends.js'
import { ManualClock } from './support/clock.js'

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'fine',
    (error: unknown) => (isStateBackendError(error) ? `${error.code} ${error.path ?? ''}`.trim() : error),
  )

/** Fails in its second step until `mend` is called. */
function broken(version = '1') {
  const log: string[] = []
  const state = { broken: true }
  const workflow = defineWorkflow({
    id: 'w',
    version,
    steps: [
      step('one', () => {
        log.push('one')
        return 1
      }),
      step('two', (_ctx, input: number) => {
        log.push('two')
        if (state.broken) throw new Error('not yet')
        return input + 1
      }),
    ],
  })
  const mend = () => {
    state.broken = false
  }
  return { workflow, log, mend }
}

describe.each(BACKENDS)('resumeWorkflow on %s', (_name, make) => {
  it('goes on with a failed run at the step that failed', async () => {
    const backend = make()
    const { workflow, log, mend } = broken()
    await runWorkflow(workflow, { backend, runId: 'r' })
    mend()
    expect(await resumeWorkflow(workflow, { backend, runId: 'r' })).toMatchObject({ status: 'completed', output: 2 })
    expect(log).toEqual(['one', 'two', 'two'])
    expect(await backend.loadState('r')).toMatchObject({ status: 'completed', errorMessage: null })
    expect(await backend.getRunDetails('r')).toMatchObject({ status: 'completed', errorMessage: null })
    expect(await backend.listRunSteps('r')).toMatchObject([{}, { status: 'completed', errorMessage: null, output: 2 }])
    expect(await backend.getTrace('r')).toMatchObject({
      status: 'completed',
      children: [{ status: 'completed' }, { status: 'failed' }, { status: 'completed' }],
    })
  })

  it('adds up the time at work, not the time between', async () => {
    const clock = new ManualClock()
    const backend = make({ clock: clock.date })
    const run = async (ctx: StepContext) => {
      await clock.advance(40)
      await ctx.pause('wait')
      await clock.advance(2)
    }
    const workflow = defineWorkflow({ id: 'w', version: '1', steps: [{ name: 'wait', run }] })
    await runWorkflow(workflow, { backend, runId: 'r', clock })
    await clock.advance(86_400_000)
    await resumeWorkflow(workflow, { backend, runId: 'r', clock })
    expect(await backend.getRunDetails('r')).toMatchObject({ status: 'completed', executionTimeMs: 82 })
  })

  it('gives the result of a completed or cancelled run, and changes nothing', async () => {
    const backend = make()
    const { workflow, log, mend } = broken()
    mend()
    await runWorkflow(workflow, { backend, runId: 'r' })
    const before = await backend.loadState('r')
    expect(await resumeWorkflow(workflow, { backend, runId: 'r' })).toMatchObject({ status: 'completed', output: 2 })
    expect(await backend.loadState('r')).toEqual(before)
    await backend.updateState('r', { status: 'cancelled' })
    expect(await resumeWorkflow(workflow, { backend, runId: 'r' })).toMatchObject({ status: 'cancelled', output: null })
    expect(log).toEqual(['one', 'two'])
  })

  it('refuses a run that is not there, is claimed, or belongs to another workflow', async () => {
    const backend = make()
    const { workflow } = broken()
    expect(await codeOf(resumeWorkflow(workflow, { backend, runId: 'r' }))).toBe('NOT_FOUND')
    expect(await backend.getLease('r')).toBeNull()
    await runWorkflow(workflow, { backend, runId: 'r' })
    const other = defineWorkflow({ id: 'other', version: '1', steps: [step('one', () => 1)] })
    expect(await codeOf(resumeWorkflow(other, { backend, runId: 'r' }))).toBe('VALIDATION $.workflow.id')
    await backend.claimRun('r', { owner: 'other', leaseMs: 60_000 })
    expect(await codeOf(resumeWorkflow(workflow, { backend, runId: 'r' }))).toBe('RUN_CLAIMED')
    expect(await backend.loadState('r')).toMatchObject({ status: 'failed' })
  })

  it('refuses another version of the workflow, unless it is told that it fits', async () => {
    const backend = make()
    await runWorkflow(broken('1').workflow, { backend, runId: 'r' })
    const { workflow, mend } = broken('2')
    mend()
    expect(await codeOf(resumeWorkflow(workflow, { backend, runId: 'r' }))).toBe('VALIDATION $.workflow.version')
    const resumed = resumeWorkflow(workflow, { backend, runId: 'r', allowVersionChange: true })
    expect(await resumed).toMatchObject({ status: 'completed', output: 2 })
    expect(await backend.loadState('r')).toMatchObject({ pipelineVersion: '2' })
    expect(await backend.getRunDetails('r')).toMatchObject({ pipelineVersion: '2' })
  })

  it('refuses steps that changed without a new version', async () => {
    const backend = make()
    await runWorkflow(broken().workflow, { backend, runId: 'r' })
    const steps = [step('uno', () => 1), step('two', (_ctx, input: number) => input)] as const
    const changed = defineWorkflow({ id: 'w', version: '1', steps })
    expect(await codeOf(resumeWorkflow(changed, { backend, runId: 'r' }))).toBe('VALIDATION $.workflow.steps[0].name')
  })

  it('refuses wrong options', async () => {
    const backend = make()
    const { workflow } = broken()
    const resume = (options: object) => codeOf(resumeWorkflow(workflow, { backend, ...options } as never))
    expect(await resume({})).toBe('VALIDATION $.runId')
    expect(await resume({ runId: 'r', allowVersionChange: 1 })).toBe('VALIDATION $.allowVersionChange')
    expect(await resume({ runId: 'r', input: 1 })).toBe('VALIDATION $.input')
    expect(await codeOf(resumeWorkflow({} as typeof workflow, { backend, runId: 'r' }))).toBe('VALIDATION $.workflow')
  })
})

describe.each(BACKENDS)('a run that is told to stop, on %s', (_name, make) => {
  function stoppable(heedsSignal: boolean) {
    const stop = new AbortController()
    const log: string[] = []
    const workflow = defineWorkflow({
      id: 'w',
      version: '1',
      steps: [
        step('one', (ctx) => {
          log.push('one')
          ctx.context.one = true
          if (log.length === 1) stop.abort(new Error('going down'))
          if (heedsSignal) ctx.signal.throwIfAborted()
          return 1
        }),
        step('two', (_ctx, input: number) => {
          log.push('two')
          return input + 1
        }),
      ],
    })
    return { workflow, stop, log }
  }

  it('finishes the step under way and pauses before the next', async () => {
    const backend = make()
    const { workflow, stop, log } = stoppable(false)
    const result = await runWorkflow(workflow, { backend, runId: 'r', signal: stop.signal })
    expect(result).toMatchObject({ status: 'paused', by: 'signal', reason: 'going down', stepName: 'two' })
    expect(await backend.loadState('r')).toMatchObject({ status: 'paused', currentStepIndex: 1, lastStepOutput: 1 })
    expect(await backend.getLease('r')).toBeNull()
    expect(await codeOf(resumeWorkflow(workflow, { backend, runId: 'r', data: 'x' }))).toBe('CONFLICT $.data')
    expect(await resumeWorkflow(workflow, { backend, runId: 'r' })).toMatchObject({ status: 'completed', output: 2 })
    expect(log).toEqual(['one', 'two'])
  })

  it('runs a step again that gave up because of it', async () => {
    const backend = make()
    const { workflow, stop, log } = stoppable(true)
    const result = await runWorkflow(workflow, { backend, runId: 'r', signal: stop.signal })
    expect(result).toMatchObject({ status: 'paused', by: 'signal', stepName: 'one' })
    expect(await backend.loadState('r')).toMatchObject({ currentStepIndex: 0, pipelineContext: {} })
    expect((await backend.getTrace('r'))?.children).toMatchObject([{ name: 'one', status: 'interrupted' }])
    expect(await resumeWorkflow(workflow, { backend, runId: 'r' })).toMatchObject({ status: 'completed', output: 2 })
    expect(log).toEqual(['one', 'one', 'two'])
  })

  it('is stored and paused even if it was told so before it began', async () => {
    const backend = make()
    const { workflow, log } = stoppable(false)
    const result = await runWorkflow(workflow, { backend, runId: 'r', signal: AbortSignal.abort() })
    expect(result).toMatchObject({ status: 'paused', by: 'signal', stepName: 'one' })
    expect(log).toEqual([])
    expect(await resumeWorkflow(workflow, { backend, runId: 'r' })).toMatchObject({ status: 'completed' })
  })
})
