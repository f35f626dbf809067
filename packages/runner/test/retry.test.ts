import { isStateBackendError, StateBackendError } from '@flujo-state/core'
import { defineWorkflow, type ProgressEvent, runWorkflow, type StepContext, step } from '@flujo-state/runner'
import { describe, expect, it } from 'vitest'
import { memory } from './support/backends.js'

const soon = { minTimeout: 0 }

/** A workflow whose second step fails in its first `failures` attempts. */
function flaky(failures: number, thrown: unknown, retry: object | undefined) {
  const attempts: unknown[] = []
  const run = (ctx: StepContext, list: number[]) => {
    attempts.push({ attempt: ctx.attempt, context: { ...ctx.context }, input: [...list] })
    ctx.context.tries = (ctx.context.tries ?? 0) + 1
    list.push(2)
    ctx.usage({ costUsd: 1 })
    if (ctx.attempt <= failures) throw thrown
    return list.length
  }
  const steps = [step('give', () => [1]), step('flaky', run, retry ? { retry: { ...soon, retries: 0, ...retry } } : {})]
  return { attempts, workflow: defineWorkflow({ id: 'w', version: '1', steps: steps as [(typeof steps)[0]] }) }
}

describe('a retry policy', () => {
  it('tries a failed step again, each time from what the step before has left', async () => {
    const backend = memory()
    const { attempts, workflow } = flaky(2, new Error('not yet'), { retries: 3 })
    const events: ProgressEvent[] = []
    const result = await runWorkflow(workflow, { backend, runId: 'r', onProgress: (event) => events.push(event) })
    expect(result).toMatchObject({ status: 'completed', output: 2 })
    expect(attempts).toEqual([1, 2, 3].map((attempt) => ({ attempt, context: {}, input: [1] })))
    expect(await backend.loadState('r')).toMatchObject({ pipelineContext: { tries: 1 } })
    // What failed attempts cost was spent.
    expect((await backend.listRunSteps('r'))[1]).toMatchObject({ status: 'completed', costUsd: 3, input: [1, 2] })
    const span = (await backend.getTrace('r'))?.children[1]
    expect(
      span?.events.map(({ name, attributes }) => [name, attributes.attempt, attributes['exception.message']]),
    ).toEqual([
      ['exception', 1, 'not yet'],
      ['exception', 2, 'not yet'],
    ])
    expect(events.filter(({ type }) => type === 'attempt-failed')).toMatchObject([
      { attempt: 1, retriesLeft: 3, stepName: 'flaky' },
      { attempt: 2, retriesLeft: 2 },
    ])
  })

  it('fails the run with what the last attempt threw, as it was', async () => {
    for (const thrown of [new TypeError('a bug'), 'a text', null, new StateBackendError('IO', 'disk')]) {
      const { attempts, workflow } = flaky(9, thrown, { retries: 2 })
      const result = await runWorkflow(workflow, { backend: memory() })
      expect(result.status === 'failed' && result.error).toBe(thrown)
      expect(attempts).toHaveLength(3)
    }
  })

  it('is left out: one attempt', async () => {
    const { attempts, workflow } = flaky(1, new Error('no'), undefined)
    expect(await runWorkflow(workflow, { backend: memory() })).toMatchObject({ status: 'failed' })
    expect(attempts).toHaveLength(1)
  })

  it('gives up where shouldRetry says so', async () => {
    const shouldRetry = (thrown: unknown) => thrown !== 'hopeless'
    const { attempts, workflow } = flaky(9, 'hopeless', { retries: 5, shouldRetry })
    expect(await runWorkflow(workflow, { backend: memory() })).toMatchObject({ errorMessage: 'hopeless' })
    expect(attempts).toHaveLength(1)
  })

  it('waits longer each time, and not at all once the run is told to stop', async () => {
    const stop = new AbortController()
    const onProgress = ({ type }: ProgressEvent) => {
      if (type === 'attempt-failed') stop.abort(new Error('shutting down'))
    }
    const { attempts, workflow } = flaky(9, new Error('no'), { retries: 5, minTimeout: 3_600_000 })
    const result = await runWorkflow(workflow, { backend: memory(), onProgress, signal: stop.signal })
    expect(result).toMatchObject({ status: 'paused', by: 'signal', reason: 'shutting down', stepName: 'flaky' })
    expect(attempts).toHaveLength(1)
  })
})

describe('writes while the store is busy', () => {
  it('are made again', async () => {
    const store = memory()
    let busy = 0
    const backend = new Proxy(store, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target)
        if (typeof value !== 'function') return value
        if (name !== 'saveStepResult') return value.bind(target)
        return (...args: unknown[]) =>
          ++busy <= 1 ? Promise.reject(new StateBackendError('BUSY', 'locked')) : value.apply(target, args)
      },
    })
    const workflow = defineWorkflow({ id: 'w', version: '1', steps: [step('one', () => 1)] })
    expect(await runWorkflow(workflow, { backend, runId: 'r' })).toMatchObject({ status: 'completed', output: 1 })
    expect(busy).toBe(2)
  })

  it('are not when they were refused', async () => {
    const store = memory()
    let calls = 0
    const backend = new Proxy(store, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target)
        if (typeof value !== 'function') return value
        if (name !== 'saveStepResult') return value.bind(target)
        return () => {
          calls++
          return Promise.reject(new StateBackendError('IO', 'disk full'))
        }
      },
    })
    const workflow = defineWorkflow({ id: 'w', version: '1', steps: [step('one', () => 1)] })
    const error = await runWorkflow(workflow, { backend, runId: 'r' }).catch((error: unknown) => error)
    expect(isStateBackendError(error, 'IO')).toBe(true)
    expect(calls).toBe(1)
    // Nobody works on it, and it is not ended: `recover` will go on.
    expect(await store.getRunDetails('r')).toMatchObject({ status: 'running' })
    expect(await store.getLease('r')).toBeNull()
  })
})
