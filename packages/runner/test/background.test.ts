import { isStateBackendError } from '@flujo-state/core'
import { type BackgroundTask, defineWorkflow, recover, resumeWorkflow, runWorkflow, step } from '@flujo-state/runner'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { BACKENDS } from './support/backends.js'
import { ManualClock } from './support/clock.js'
import { mortal } from './support/mortal.js'

/** A parent that starts one child; the child waits until it is let go on. */
function family() {
  const log: string[] = []
  const flags = { childFails: false, parentFails: false }
  let letGo = () => {}
  const gate = new Promise<void>((resolve) => {
    letGo = resolve
  })
  const child = defineWorkflow({
    id: 'child',
    version: '1',
    steps: [
      step('work', async (_ctx, input: number) => {
        log.push('child')
        await gate
        if (flags.childFails) throw new Error('child broke')
        return input * 2
      }),
    ],
  })
  const parent = defineWorkflow({
    id: 'parent',
    version: '1',
    steps: [
      step('start', async (ctx, input: number) => {
        log.push('parent')
        const task = await ctx.startBackgroundTask(child, { input, metadata: { for: 'parent' } })
        expectTypeOf(task).toEqualTypeOf<BackgroundTask<number>>()
        if (flags.parentFails) throw new Error('parent broke')
        return task.runId
      }),
    ],
  })
  return { parent, child, log, flags, letGo }
}

describe.each(BACKENDS)('a background task on %s', (_name, make) => {
  it('is a run of its own, worked on beside its parent', async () => {
    const backend = make()
    const { parent, letGo } = family()
    const result = await runWorkflow(parent, { backend, runId: 'p', input: 21 })
    expect(result).toMatchObject({ status: 'completed', output: 'p:0.1' })
    expect(await backend.listBackgroundTasks({ parentRunId: 'p', status: 'running' })).toMatchObject([
      { runId: 'p:0.1', taskId: 'p:0.1', pipelineId: 'child', isBackgroundTask: true, metadata: { for: 'parent' } },
    ])
    expect(await backend.getLease('p:0.1')).not.toBeNull()
    letGo()
    expect(result.backgroundTasks).toHaveLength(1)
    expect(await result.backgroundTasks[0]?.result).toMatchObject({ status: 'completed', output: 42 })
    expect(await backend.loadState('p:0.1')).toMatchObject({ status: 'completed', parentRunId: 'p' })
    expect(await backend.getRunDetails('p:0.1')).toMatchObject({ status: 'completed', pipelineId: 'child' })
  })

  it('that fails says so in its own record, and harms nobody', async () => {
    const backend = make()
    const { parent, flags, letGo } = family()
    flags.childFails = true
    const result = await runWorkflow(parent, { backend, runId: 'p', input: 1 })
    letGo()
    expect(await result.backgroundTasks[0]?.result).toMatchObject({ status: 'failed', errorMessage: 'child broke' })
    expect(await backend.getFailedBackgroundTasks({ parentRunId: 'p' })).toMatchObject([
      { runId: 'p:0.1', errorMessage: 'child broke', backgroundError: 'child broke' },
    ])
    expect(await backend.getRunDetails('p')).toMatchObject({ status: 'completed' })
  })

  it('is started once, also if the step that starts it runs again', async () => {
    const backend = make()
    const { parent, flags, log, letGo } = family()
    flags.parentFails = true
    const first = await runWorkflow(parent, { backend, runId: 'p', input: 1 })
    expect(first.status).toBe('failed')
    // While it is at work, and after it is done.
    const second = await resumeWorkflow(parent, { backend, runId: 'p' })
    const error = await second.backgroundTasks[0]?.result.catch((error: unknown) => error)
    expect(isStateBackendError(error, 'RUN_CLAIMED')).toBe(true)
    letGo()
    await first.backgroundTasks[0]?.result
    flags.parentFails = false
    const third = await resumeWorkflow(parent, { backend, runId: 'p' })
    expect(third.status).toBe('completed')
    expect(await third.backgroundTasks[0]?.result).toMatchObject({ status: 'completed', output: 2 })
    expect(log).toEqual(['parent', 'child', 'parent', 'parent'])
  })

  it('is gone on with if its process died: by its parent, or by recover', async () => {
    for (const by of ['parent', 'recover']) {
      const clock = new ManualClock()
      const backend = make({ clock: clock.date })
      const { parent, child, flags, log, letGo } = family()
      flags.parentFails = true
      const process = mortal(backend)
      await runWorkflow(parent, { backend: process.backend, runId: 'p', input: 1, clock })
      process.life.dead = true
      flags.parentFails = false
      clock.freeze(60_000)
      letGo()
      if (by === 'parent') {
        const result = await resumeWorkflow(parent, { backend, runId: 'p', clock })
        expect(await result.backgroundTasks[0]?.result).toMatchObject({ status: 'completed', output: 2 })
      } else {
        const { resumed } = await recover(backend, { workflows: [child], clock })
        expect(resumed).toMatchObject([{ runId: 'p:0.1', status: 'completed', output: 2 }])
      }
      expect(log.filter((name) => name === 'child')).toHaveLength(2)
      expect(await backend.loadState('p:0.1')).toMatchObject({ status: 'completed', isBackgroundTask: true })
    }
  })

  it('takes an id and a task id of its own; an id that others use is refused', async () => {
    const backend = make()
    const { child, letGo } = family()
    letGo()
    const starts = (runId: string) =>
      defineWorkflow({
        id: 'parent',
        version: '1',
        steps: [
          step('start', async (ctx) => {
            await ctx.startBackgroundTask(child, { input: 1, runId, taskId: 'nightly' })
          }),
        ],
      })
    const fine = await runWorkflow(starts('mine'), { backend, runId: 'p' })
    await fine.backgroundTasks[0]?.result
    expect(await backend.loadState('mine')).toMatchObject({ taskId: 'nightly', parentRunId: 'p', status: 'completed' })
    expect(await runWorkflow(starts('mine'), { backend, runId: 'q' })).toMatchObject({
      status: 'failed',
      errorMessage: expect.stringContaining("is no background task of 'q'"),
    })
  })
})
