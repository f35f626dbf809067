import { isStateBackendError } from '@flujo-state/core'
import { defineWorkflow, resumeWorkflow, runWorkflow, step } from '@flujo-state/runner'
import { describe, expect, it, vi } from 'vitest'
import { BACKENDS, memory } from './support/backends.js'
import { ManualClock, settled } from './support/clock.js'

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'fine',
    (error: unknown) => (isStateBackendError(error) ? error.code : error),
  )

/** A step that ends when it is told to. */
function gate() {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  let reach = () => {}
  const reached = new Promise<void>((resolve) => {
    reach = resolve
  })
  const run = () => {
    reach()
    return opened
  }
  return { reached, open, run }
}

/** One step that waits at the gate, and one after it. */
function gated() {
  const { reached, open, run } = gate()
  const log: string[] = []
  let signal: AbortSignal | null = null
  const workflow = defineWorkflow({
    id: 'w',
    version: '1',
    steps: [
      step('slow', async (ctx) => {
        signal = ctx.signal
        log.push(`slow ${ctx.attempt}`)
        await run()
      }),
      step('next', () => void log.push('next')),
    ],
  })
  return { workflow, reached, open, log, aborted: () => signal?.aborted }
}

describe.each(BACKENDS)('the lease of a run on %s', (_name, make) => {
  it('is renewed while a step works, however long, and released at the end', async () => {
    const clock = new ManualClock()
    const backend = make({ clock: clock.date })
    const { workflow, reached, open } = gated()
    const run = runWorkflow(workflow, { backend, runId: 'r', clock, leaseMs: 30_000 })
    await reached
    for (let term = 0; term < 20; term++) {
      await clock.advance(30_000)
      expect(await codeOf(backend.claimRun('r', { owner: 'thief', leaseMs: 1_000 }))).toBe('RUN_CLAIMED')
    }
    open()
    expect(await run).toMatchObject({ status: 'completed' })
    expect(await backend.getLease('r')).toBeNull()
    expect(clock.timers).toBe(0)
  })

  it('lost while a step runs: the signal aborts, nothing is written, and nothing done, any more', async () => {
    const clock = new ManualClock()
    const backend = make({ clock: clock.date })
    const { workflow, reached, open, log, aborted } = gated()
    const run = runWorkflow(workflow, { backend, runId: 'r', clock, leaseMs: 30_000 })
    await reached
    clock.freeze(30_001)
    const other = await backend.claimRun('r', { owner: 'other', leaseMs: 3_600_000 })
    await backend.updateState('r', { metadata: { mine: true } }, { lease: other })
    const before = [await backend.loadState('r'), await backend.getRunDetails('r'), await backend.getSpans('r')]
    expect(aborted()).toBe(false)
    await clock.advance(10_000)
    await vi.waitFor(() => expect(aborted()).toBe(true), { interval: 1 })
    open()
    expect(await codeOf(run)).toBe('STALE_LEASE')
    expect(log).toEqual(['slow 1'])
    expect([await backend.loadState('r'), await backend.getRunDetails('r'), await backend.getSpans('r')]).toEqual(
      before,
    )
    expect(await backend.listRunSteps('r')).toEqual([])
    expect(await backend.getLease('r')).toMatchObject({ owner: 'other' })
    expect(clock.timers).toBe(0)
  })

  it('lost without a timer firing in between: the first write is refused, and is the last', async () => {
    const clock = new ManualClock()
    const backend = make({ clock: clock.date })
    const { workflow, reached, open, log } = gated()
    const run = runWorkflow(workflow, { backend, runId: 'r', clock, leaseMs: 30_000 })
    await reached
    clock.freeze(30_001)
    const winner = resumeWorkflow(
      defineWorkflow({
        id: 'w',
        version: '1',
        steps: [step('slow', () => {}), step('next', () => void log.push('theirs'))],
      }),
      { backend, runId: 'r', clock },
    )
    expect(await winner).toMatchObject({ status: 'completed' })
    const before = await backend.loadState('r')
    open()
    expect(await codeOf(run)).toBe('STALE_LEASE')
    expect(log).toEqual(['slow 1', 'theirs'])
    expect(await backend.loadState('r')).toEqual(before)
  })

  it('expired but not taken: renewed before the next step', async () => {
    const clock = new ManualClock()
    const backend = make({ clock: clock.date })
    const { workflow, reached, open, log } = gated()
    const run = runWorkflow(workflow, { backend, runId: 'r', clock, leaseMs: 30_000 })
    await reached
    clock.freeze(100_000)
    expect(await backend.getLease('r')).toBeNull()
    const seen: unknown[] = []
    const watch = setImmediate(async () => seen.push(await backend.getLease('r')))
    open()
    expect(await run).toMatchObject({ status: 'completed' })
    clearImmediate(watch)
    expect(log).toEqual(['slow 1', 'next'])
  })

  it('lets exactly one of two resume a run', async () => {
    const backend = make()
    const { workflow: asks, log } = (() => {
      const log: string[] = []
      const workflow = defineWorkflow({
        id: 'w',
        version: '1',
        steps: [
          step('ask', async (ctx) => {
            log.push('ask')
            const answer = await ctx.pause<string>('?')
            await settled()
            return answer
          }),
          step('act', () => void log.push('act')),
        ],
      })
      return { workflow, log }
    })()
    await runWorkflow(asks, { backend, runId: 'r' })
    const both = ['a', 'b'].map((data) => codeOf(resumeWorkflow(asks, { backend, runId: 'r', data })))
    expect((await Promise.all(both)).sort()).toEqual(['RUN_CLAIMED', 'fine'])
    expect(log).toEqual(['ask', 'ask', 'act'])
  })
})

describe('a backend that is shut down under a run', () => {
  it('ends the work with CLOSED before the next step', async () => {
    const backend = memory()
    const { workflow, reached, open, log } = gated()
    const run = runWorkflow(workflow, { backend, runId: 'r' })
    await reached
    await backend.shutdown()
    open()
    expect(await codeOf(run)).toBe('CLOSED')
    expect(log).toEqual(['slow 1'])
  })
})
