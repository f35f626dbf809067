import { isStateBackendError } from '@flujo-state/core'
import { defineWorkflow, listResumable, recover, runWorkflow, step } from '@flujo-state/runner'
import { describe, expect, it } from 'vitest'
import { BACKENDS, memory } from './support/backends.js'
import { ManualClock } from './support/clock.js'
import { mortal } from './support/mortal.js'

const log: string[] = []
const workflow = defineWorkflow({
  id: 'w',
  version: '1',
  steps: [
    step('one', (ctx) => {
      log.push(`${ctx.runId} one`)
    }),
    step('two', async (ctx) => {
      log.push(`${ctx.runId} two`)
      if (ctx.context.asks) await ctx.pause('well?')
    }),
  ],
})

/** A store with runs in every state: abandoned in the second step, waiting, interrupted, completed, claimed, placeholder. */
async function world(make: (typeof BACKENDS)[number][1]) {
  log.length = 0
  const clock = new ManualClock()
  const store = make({ clock: clock.date })
  for (const runId of ['abandoned 1', 'abandoned 2', 'abandoned 3']) {
    const { backend } = mortal(store, 9, 'before')
    await runWorkflow(workflow, { backend, runId, clock }).catch(() => {})
    await clock.advance(1)
  }
  clock.freeze(60_000)
  await runWorkflow(workflow, { backend: store, runId: 'waiting', clock, context: { asks: true } })
  await clock.advance(1)
  await runWorkflow(workflow, { backend: store, runId: 'interrupted', clock, signal: AbortSignal.abort() })
  await runWorkflow(workflow, { backend: store, runId: 'completed', clock })
  await store.persistEvaluation('placeholder', { score: 1 })
  const claimed = mortal(store, 9, 'before')
  await runWorkflow(workflow, { backend: claimed.backend, runId: 'claimed', clock }).catch(() => {})
  log.length = 0
  return { store, clock }
}

describe.each(BACKENDS)('listResumable on %s', (_name, make) => {
  it('gives what stands still and could go on, newest first', async () => {
    const { store } = await world(make)
    const runs = await listResumable(store)
    expect(runs.map(({ runId, why, pause }) => [runId, why, pause?.by, pause?.reason])).toEqual([
      ['interrupted', 'paused', 'signal', expect.any(String)],
      ['waiting', 'paused', 'step', 'well?'],
      ['abandoned 3', 'abandoned', undefined, undefined],
      ['abandoned 2', 'abandoned', undefined, undefined],
      ['abandoned 1', 'abandoned', undefined, undefined],
    ])
    expect(runs[4]).toMatchObject({ pipelineId: 'w', currentStepIndex: 1, status: 'running' })
    expect(await listResumable(store, { pipelineId: 'other' })).toEqual([])
    expect(await listResumable(store, { pipelineId: 'w' })).toHaveLength(5)
  })
})

describe.each(BACKENDS)('recover on %s', (_name, make) => {
  it('goes on with what was left running, and leaves the rest alone', async () => {
    const { store, clock } = await world(make)
    const { resumed, failed, skipped, errors } = await recover(store, { workflows: [workflow], clock })
    expect(resumed.map(({ runId, status }) => [runId, status]).sort()).toEqual([
      ['abandoned 1', 'completed'],
      ['abandoned 2', 'completed'],
      ['abandoned 3', 'completed'],
    ])
    expect([failed, skipped, errors]).toEqual([[], [], []])
    // Only the step that was under way is done again.
    expect(log.sort()).toEqual(['abandoned 1 two', 'abandoned 2 two', 'abandoned 3 two'])
    expect(await store.loadState('waiting')).toMatchObject({ status: 'paused' })
    expect(await store.loadState('interrupted')).toMatchObject({ status: 'paused' })
    expect(await store.loadState('claimed')).toMatchObject({ status: 'running' })
  })

  it('called four times at once goes on with each run once', async () => {
    const { store, clock } = await world(make)
    const recoveries = await Promise.all([1, 2, 3, 4].map(() => recover(store, { workflows: [workflow], clock })))
    const resumed = recoveries.flatMap(({ resumed }) => resumed.map(({ runId }) => runId))
    expect(resumed.sort()).toEqual(['abandoned 1', 'abandoned 2', 'abandoned 3'])
    expect(recoveries.flatMap(({ errors }) => errors)).toEqual([])
    expect(log.sort()).toEqual(['abandoned 1 two', 'abandoned 2 two', 'abandoned 3 two'])
    expect(await listResumable(store)).toHaveLength(2)
  })

  it('goes on with what a signal has paused, if asked', async () => {
    const { store, clock } = await world(make)
    const { resumed } = await recover(store, { workflows: [workflow], interrupted: true, clock })
    expect(resumed.map(({ runId }) => runId)).toContain('interrupted')
    expect(resumed.map(({ runId }) => runId)).not.toContain('waiting')
    expect(await store.loadState('interrupted')).toMatchObject({ status: 'completed' })
  })

  it('takes no further run once it is told to stop', async () => {
    const { store, clock } = await world(make)
    const stop = new AbortController()
    const onProgress = ({ type }: { type: string }) => {
      if (type === 'step-started') stop.abort()
    }
    const options = { workflows: [workflow], concurrency: 1, signal: stop.signal, onProgress, clock }
    const { resumed } = await recover(store, options)
    expect(resumed).toHaveLength(1)
    const left = (await listResumable(store)).filter(({ why }) => why === 'abandoned')
    expect(left).toHaveLength(2)
  })

  it('marks as failed, if asked: each run once under four callers', async () => {
    const { store, clock } = await world(make)
    const recoveries = await Promise.all([1, 2, 3, 4].map(() => recover(store, { action: 'fail', clock })))
    expect(recoveries.flatMap(({ failed }) => failed).sort()).toEqual(['abandoned 1', 'abandoned 2', 'abandoned 3'])
    expect(log).toEqual([])
    const errorMessage = expect.stringContaining('abandoned: ')
    expect(await store.loadState('abandoned 1')).toMatchObject({ status: 'failed', errorMessage })
    expect(await store.getRunDetails('abandoned 1')).toMatchObject({ status: 'failed', errorMessage })
    expect(await store.loadState('claimed')).toMatchObject({ status: 'running' })
    expect(await store.getLease('abandoned 1')).toBeNull()
    expect(await store.getTrace('abandoned 1')).toMatchObject({
      status: 'failed',
      endTime: clock.now(),
      children: [{ status: 'completed' }, { status: 'interrupted', endTime: null }],
    })
  })

  it('leaves runs of other workflows and versions alone', async () => {
    const { store, clock } = await world(make)
    const newer = defineWorkflow({ id: 'w', version: '2', steps: [...workflow.steps] })
    const { resumed, skipped } = await recover(store, { workflows: [newer], clock })
    expect(resumed).toEqual([])
    expect(skipped.map(({ why }) => why)).toEqual(Array(3).fill('unknown workflow'))
    const allowed = await recover(store, { workflows: [newer], allowVersionChange: true, clock })
    expect(allowed.resumed).toHaveLength(3)
    expect(await store.loadState('abandoned 1')).toMatchObject({ pipelineVersion: '2' })
  })

  it('says which runs it could not take care of, and goes on with the others', async () => {
    const { store, clock } = await world(make)
    const changed = defineWorkflow({ id: 'w', version: '1', steps: [step('uno', () => 1)] })
    const { errors, resumed } = await recover(store, { workflows: [changed], clock, concurrency: 2 })
    expect(resumed).toEqual([])
    expect(errors.map(({ error }) => isStateBackendError(error, 'VALIDATION'))).toEqual([true, true, true])
    expect(await listResumable(store)).toHaveLength(5)
  })
})

describe('recover', () => {
  it.each([
    ['$.workflows', {}],
    ['$.workflows', { workflows: 1 }],
    ['$.workflows[1]', { workflows: [workflow, {}] }],
    ['$.action', { workflows: [], action: 'stop' }],
    ['$.concurrency', { workflows: [], concurrency: 0 }],
    ['$.what', { workflows: [], what: 0 }],
  ])('refuses what is wrong at %s', async (path, options) => {
    const error = await recover(memory(), options as never).catch((error: unknown) => error)
    expect(isStateBackendError(error, 'VALIDATION') && error.path).toBe(path)
  })
})
