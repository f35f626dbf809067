import { isStateBackendError, type ObserverEvent, type StateBackend } from '@flujo-state/core'
import { defineWorkflow, type ProgressEvent, runWorkflow, type StepContext, step } from '@flujo-state/runner'
import { describe, expect, it } from 'vitest'
import { BACKENDS, memory } from './support/backends.js'
import { ManualClock } from './support/clock.js'

const clock = () => new ManualClock()

const sums = defineWorkflow({
  id: 'sums',
  name: 'Sums',
  version: '1',
  steps: [
    step('read', (ctx, text: string) => {
      ctx.context.lines = text.split('\n').length
      return text.split('\n').map(Number)
    }),
    step('sum', async (ctx, numbers: number[]) => {
      ctx.usage({ costUsd: 0.25, tokens: 10 })
      ctx.usage({ costUsd: 0.5, tokens: 1 })
      return numbers.reduce((total, number) => total + number, 0)
    }),
    step('report', (ctx, sum: number) => `${sum} in ${ctx.context.lines}`),
  ],
})

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => null,
    (error: unknown) => error,
  )
  if (!isStateBackendError(error)) throw error ?? new Error('nothing was thrown')
  return error.path === undefined ? error.code : `${error.code} ${error.path}`
}

describe.each(BACKENDS)('a run on %s', (_name, make) => {
  it('does the steps in order, each with the output of the one before', async () => {
    const backend = make()
    const result = await runWorkflow(sums, { backend, runId: 'r', input: '1\n2\n3' })
    expect(result).toEqual({ runId: 'r', status: 'completed', output: '6 in 3', backgroundTasks: [] })
  })

  it('leaves a snapshot, a run record and step records that say what was done', async () => {
    const backend = make()
    await runWorkflow(sums, { backend, runId: 'r', input: '1\n2', metadata: { customer: 'c1' }, context: { lines: 0 } })
    expect(await backend.loadState('r')).toMatchObject({
      pipelineId: 'sums',
      pipelineName: 'Sums',
      pipelineVersion: '1',
      status: 'completed',
      currentStepIndex: 3,
      totalSteps: 3,
      pipelineContext: { lines: 2 },
      lastStepOutput: '3 in 2',
      stepHistory: [
        { stepName: 'read' },
        { stepName: 'sum', stepIndex: 1, status: 'completed' },
        { stepName: 'report' },
      ],
      metadata: { customer: 'c1' },
      executionTimeMs: expect.any(Number),
      errorMessage: null,
      isBackgroundTask: false,
    })
    expect(await backend.getRunDetails('r')).toMatchObject({
      pipelineName: 'Sums',
      status: 'completed',
      endedAt: expect.any(Date),
      totalSteps: 3,
      totalCostUsd: 0.75,
      executionTimeMs: expect.any(Number),
      finalContext: { lines: 2 },
      metadata: { customer: 'c1' },
      placeholder: false,
    })
    expect(await backend.listRunSteps('r')).toMatchObject([
      { stepName: 'read', stepIndex: 0, status: 'completed', input: '1\n2', output: [1, 2], costUsd: null },
      { stepName: 'sum', stepIndex: 1, input: [1, 2], output: 3, costUsd: 0.75, tokenCounts: 11, rawResponse: null },
      { stepName: 'report', stepIndex: 2, input: 3, output: '3 in 2' },
    ])
    expect(await backend.getLease('r')).toBeNull()
  })

  it('leaves one tree of spans', async () => {
    const backend = make()
    const time = clock()
    const workflow = defineWorkflow({
      id: 'w',
      version: '1',
      steps: [
        step('one', async (ctx) => {
          ctx.log('halfway', { percent: 50 })
          await ctx.span('inner', () => time.advance(5))
          await ctx.span('broken', () => Promise.reject(new Error('no'))).catch(() => {})
        }),
        step('two', () => time.advance(7)),
      ],
    })
    const start = time.now()
    await runWorkflow(workflow, { backend, runId: 'r', clock: time })
    const closed = { status: 'completed', events: [] as unknown[] }
    expect(await backend.getTrace('r')).toMatchObject({
      ...closed,
      spanId: 'run',
      name: 'w',
      startTime: start,
      endTime: start + 12,
      attributes: { pipelineId: 'w', pipelineVersion: '1' },
      children: [
        {
          ...closed,
          name: 'one',
          startTime: start,
          endTime: start + 5,
          events: [{ name: 'log', attributes: { message: 'halfway', percent: 50 } }],
          children: [
            { ...closed, name: 'inner', startTime: start, endTime: start + 5 },
            { name: 'broken', status: 'failed', events: [{ name: 'exception' }] },
          ],
        },
        { ...closed, name: 'two', startTime: start + 5, endTime: start + 12, children: [] },
      ],
    })
    expect(await backend.listRunSteps('r')).toMatchObject([{ executionTimeMs: 5 }, { executionTimeMs: 7 }])
    expect(await backend.loadState('r')).toMatchObject({ executionTimeMs: 12 })
  })

  it('shows the run and the step under way while it works', async () => {
    const backend = make()
    const seen: unknown[] = []
    const look = async (ctx: StepContext) => {
      const [run, lease, spans] = [
        await backend.getRunDetails('r'),
        await backend.getLease('r'),
        await backend.getSpans('r', { status: 'running' }),
      ]
      seen.push([run?.status, lease?.owner, spans.map(({ name }) => name).sort(), ctx.signal.aborted])
    }
    const workflow = defineWorkflow({ id: 'w', version: '1', steps: [{ name: 'look', run: look }] })
    await runWorkflow(workflow, { backend, runId: 'r', owner: 'me' })
    expect(seen).toEqual([['running', 'me', ['look', 'w'], false]])
  })

  it('fails with the message of the step that threw: in its record, the snapshot, the run and the trace', async () => {
    const backend = make()
    const error = new RangeError('too much')
    const workflow = defineWorkflow({
      id: 'w',
      version: '1',
      steps: [
        step('fine', (ctx) => {
          ctx.context.kept = 1
          return 1
        }),
        step('bad', (ctx): number => {
          ctx.context.lost = 1
          ctx.usage({ costUsd: 2 })
          throw error
        }),
        step('never', () => expect.unreachable()),
      ],
    })
    const result = await runWorkflow(workflow, { backend, runId: 'r' })
    expect(result).toMatchObject({ status: 'failed', errorMessage: 'too much', output: null })
    expect(result.status === 'failed' && result.error).toBe(error)
    expect(await backend.listRunSteps('r')).toMatchObject([
      { status: 'completed' },
      { status: 'failed', stepName: 'bad', input: 1, output: null, errorMessage: 'too much', costUsd: 2 },
    ])
    expect(await backend.loadState('r')).toMatchObject({
      status: 'failed',
      errorMessage: 'too much',
      currentStepIndex: 1,
      pipelineContext: { kept: 1 },
      lastStepOutput: 1,
      stepHistory: [{ status: 'completed' }, { status: 'failed', errorMessage: 'too much' }],
    })
    expect(await backend.getRunDetails('r')).toMatchObject({
      status: 'failed',
      errorMessage: 'too much',
      totalCostUsd: 2,
    })
    expect(await backend.getTrace('r')).toMatchObject({
      status: 'failed',
      endTime: expect.any(Number),
      children: [
        { status: 'completed' },
        { status: 'failed', events: [{ name: 'exception', attributes: { 'exception.type': 'RangeError' } }] },
      ],
    })
    expect((await backend.getFailedWorkflows())[0]).toMatchObject({ runId: 'r', errorMessage: 'too much' })
    expect(await backend.getLease('r')).toBeNull()
  })

  it('fails a step whose output, context or input cannot be stored', async () => {
    const backend = make()
    const bad: Record<string, (ctx: StepContext, input: { list: unknown[] }) => unknown> = {
      output: () => ({ f: () => 1 }),
      context: (ctx) => {
        ctx.context.client = { socket: Symbol('s') }
        return 1
      },
      input: (_ctx, input) => {
        input.list.push(() => 1)
        return 1
      },
    }
    for (const [name, run] of Object.entries(bad)) {
      const steps = [step('give', () => ({ list: [] })), { name, run: run as () => null }]
      const workflow = defineWorkflow({ id: 'w', version: '1', steps: steps as [(typeof steps)[0]] })
      const result = await runWorkflow(workflow, { backend, runId: name })
      expect(result.status).toBe('failed')
      expect(result.status === 'failed' && result.errorMessage).toMatch(
        { output: '$.output.f', context: '$.state.pipelineContext.client.socket', input: '$.input.list[0]' }[name] ??
          '',
      )
      expect(await backend.listRunSteps(name)).toMatchObject([
        { status: 'completed' },
        { status: 'failed', stepName: name },
      ])
      expect((await backend.getTrace(name))?.children.map(({ status }) => status)).toEqual(['completed', 'failed'])
      expect(await backend.loadState(name)).toMatchObject({
        status: 'failed',
        currentStepIndex: 1,
        pipelineContext: {},
      })
    }
  })

  it('does not lose a result for events that cannot be stored', async () => {
    const backend = make()
    const log = (ctx: StepContext) => {
      ctx.log('bad', { f: (() => 1) as unknown as string })
      return 1
    }
    const workflow = defineWorkflow({ id: 'w', version: '1', steps: [{ name: 'log', run: log }] })
    expect(await runWorkflow(workflow, { backend, runId: 'r' })).toMatchObject({ status: 'completed', output: 1 })
    expect((await backend.getTrace('r'))?.children).toMatchObject([
      { status: 'completed', events: [{ name: 'events left out' }] },
    ])
  })

  it('refuses an id that is in use, and leaves that run as it is', async () => {
    const backend = make()
    await runWorkflow(sums, { backend, runId: 'r', input: '1' })
    const before = [await backend.loadState('r'), await backend.getRunDetails('r'), await backend.listRunSteps('r')]
    expect(await codeOf(runWorkflow(sums, { backend, runId: 'r', input: '2' }))).toBe('CONFLICT')
    await backend.deleteState('r')
    expect(await codeOf(runWorkflow(sums, { backend, runId: 'r', input: '2' }))).toBe('CONFLICT')
    expect([before[0], await backend.getRunDetails('r'), await backend.listRunSteps('r')]).toEqual(before)
    expect(await backend.getLease('r')).toBeNull()
    await backend.saveState('s', { ...before[0], runId: 's' } as Parameters<StateBackend['saveState']>[1])
    expect(await codeOf(runWorkflow(sums, { backend, runId: 's', input: '2' }))).toBe('CONFLICT')
  })

  it('fills a placeholder', async () => {
    const backend = make()
    await backend.persistEvaluation('r', { score: 1 })
    await runWorkflow(sums, { backend, runId: 'r', input: '1' })
    expect(await backend.getRunDetails('r')).toMatchObject({
      placeholder: false,
      pipelineId: 'sums',
      status: 'completed',
    })
  })

  it('refuses a run that somebody has claimed', async () => {
    const backend = make()
    await backend.claimRun('r', { owner: 'other', leaseMs: 60_000 })
    expect(await codeOf(runWorkflow(sums, { backend, runId: 'r', input: '1' }))).toBe('RUN_CLAIMED')
    expect(await backend.loadState('r')).toBeNull()
    expect(await backend.getLease('r')).toMatchObject({ owner: 'other' })
  })

  it('stops when somebody cancels the run, and keeps their status', async () => {
    const backend = make()
    const done: string[] = []
    const workflow = defineWorkflow({
      id: 'w',
      version: '1',
      steps: [
        step('one', async (ctx) => {
          done.push('one')
          await backend.updateState(ctx.runId, { status: 'cancelled', metadata: { by: 'hand' } })
        }),
        step('two', () => void done.push('two')),
      ],
    })
    expect(await runWorkflow(workflow, { backend, runId: 'r' })).toMatchObject({ status: 'cancelled', output: null })
    expect(done).toEqual(['one'])
    expect(await backend.listRunSteps('r')).toMatchObject([{ stepName: 'one', status: 'completed' }])
    expect(await backend.getRunDetails('r')).toMatchObject({ status: 'cancelled', metadata: { by: 'hand' } })
    expect(await backend.loadState('r')).toMatchObject({ status: 'cancelled', currentStepIndex: 1 })
    expect(await backend.getTrace('r')).toMatchObject({ status: 'cancelled', endTime: expect.any(Number) })
  })

  it('keeps a cancellation that comes in the last step or beside a failure', async () => {
    const backend = make()
    for (const fails of [false, true]) {
      const run = async (ctx: StepContext) => {
        await backend.updateState(ctx.runId, { status: 'cancelled' })
        if (fails) throw new Error('bad')
      }
      const workflow = defineWorkflow({ id: 'w', version: '1', steps: [{ name: 'last', run }] })
      const { runId, status } = await runWorkflow(workflow, { backend })
      expect(status).toBe('cancelled')
      expect(await backend.getRunDetails(runId)).toMatchObject({ status: 'cancelled' })
      expect(await backend.listRunSteps(runId)).toMatchObject([{ status: fails ? 'failed' : 'completed' }])
    }
  })

  it('goes on over a change that leaves it running', async () => {
    const backend = make()
    const workflow = defineWorkflow({
      id: 'w',
      version: '1',
      steps: [
        step('one', async (ctx) => void (await backend.updateState(ctx.runId, { metadata: { seen: true } }))),
        step('two', () => 2),
      ],
    })
    expect(await runWorkflow(workflow, { backend, runId: 'r' })).toMatchObject({ status: 'completed', output: 2 })
    expect(await backend.loadState('r')).toMatchObject({ metadata: { seen: true }, currentStepIndex: 2 })
  })

  it('stops with NOT_FOUND when the snapshot is deleted under it, with STALE_LEASE when the run is', async () => {
    const backend = make()
    const remove = defineWorkflow({
      id: 'w',
      version: '1',
      steps: [
        step('remove', (ctx, all: boolean) =>
          all ? backend.deleteRun(ctx.runId, { force: true }) : backend.deleteState(ctx.runId),
        ),
      ],
    })
    expect(await codeOf(runWorkflow(remove, { backend, runId: 'r', input: false }))).toBe('NOT_FOUND')
    expect(await codeOf(runWorkflow(remove, { backend, runId: 's', input: true }))).toBe('STALE_LEASE')
    expect(await backend.getRunDetails('s')).toBeNull()
  })

  it('leaves input and context of the caller as they are', async () => {
    const backend = make()
    const given = { input: { list: [1] }, context: { list: [1] } }
    const change = step('change', (ctx, input: { list: number[] }) => {
      input.list.push(2)
      ctx.context.list.push(2)
    })
    const workflow = defineWorkflow({ id: 'w', version: '1', steps: [change] })
    await runWorkflow(workflow, { backend, runId: 'r', ...given })
    expect(given).toEqual({ input: { list: [1] }, context: { list: [1] } })
    expect(await backend.loadState('r')).toMatchObject({ pipelineContext: { list: [1, 2] } })
  })

  it('makes up an id when none is given', async () => {
    const backend = make()
    const [a, b] = [await runWorkflow(sums, { backend, input: '1' }), await runWorkflow(sums, { backend, input: '1' })]
    expect(a.runId).not.toBe(b.runId)
    expect(await backend.loadState(a.runId)).not.toBeNull()
  })
})

describe('runWorkflow', () => {
  it('tells what happens; a listener that throws harms nothing', async () => {
    const events: ProgressEvent[] = []
    const onProgress = (event: ProgressEvent) => {
      events.push(event)
      throw new Error('listener')
    }
    await runWorkflow(sums, { backend: memory(), runId: 'r', input: '1', onProgress })
    expect(events.map(({ type }) => type)).toEqual([
      'run-started',
      ...['read', 'sum', 'report'].flatMap(() => ['step-started', 'step-completed']),
      'run-completed',
    ])
    expect(events[3]).toMatchObject({ runId: 'r', workflowName: 'Sums', stepName: 'sum', stepIndex: 1, totalSteps: 3 })
  })

  it('costs the same per step however long the history is', async () => {
    const bytes: number[] = []
    const calls: string[] = []
    const observer = (event: ObserverEvent) => {
      calls.push(event.name)
      if (event.name === 'saveStepResult') bytes.push(event.bytes)
    }
    const steps = Array.from({ length: 300 }, (_, index) => step(`step ${index}`, () => 'x'.repeat(100)))
    const time = clock()
    await runWorkflow(defineWorkflow({ id: 'w', version: '1', steps }), { backend: memory({ observer }), clock: time })
    // Indexes and names of steps get longer by two digits.
    expect((bytes[299] ?? 0) - (bytes[1] ?? 0)).toBeLessThan(20)
    // Nothing that would have to read the history but at the beginning, when there is none.
    expect(calls.lastIndexOf('loadState')).toBeLessThan(calls.indexOf('saveStepResult'))
    expect([...new Set(calls)].sort()).toEqual([
      'claimRun',
      'getRunDetails',
      'loadState',
      'releaseLease',
      'saveRunEnd',
      'saveRunStart',
      'saveSpans',
      'saveState',
      'saveStepResult',
    ])
  })

  const backend = {} as StateBackend
  const claiming = { claimRun: () => {} } as unknown as StateBackend
  const wrong: readonly (readonly [path: string, options: unknown])[] = [
    ['$', undefined],
    ['$.backend', {}],
    ['$.backend', { backend }],
    ['$.runID', { backend: claiming, runID: 'r' }],
    ['$.runId', { backend: claiming, runId: '' }],
    ['$.owner', { backend: claiming, owner: 1 }],
    ['$.leaseMs', { backend: claiming, leaseMs: 0 }],
    ['$.leaseMs', { backend: claiming, leaseMs: Number.POSITIVE_INFINITY }],
    ['$.onProgress', { backend: claiming, onProgress: 1 }],
    ['$.signal', { backend: claiming, signal: {} }],
    ['$.handleSignals', { backend: claiming, handleSignals: 1 }],
  ]
  it.each(wrong)('refuses what is wrong at %s', async (path, options) => {
    expect(await codeOf(runWorkflow(sums, options as never))).toBe(`VALIDATION ${path}`)
  })

  it('refuses a workflow that was not defined', async () => {
    const lookalike = { ...sums } as typeof sums
    expect(await codeOf(runWorkflow(lookalike, { backend: memory(), input: '' }))).toBe('VALIDATION $.workflow')
  })

  it('refuses input, context and metadata that cannot be stored, by their own names', async () => {
    const backend = memory()
    const f = (() => 1) as unknown as string
    const start = (options: object) => codeOf(runWorkflow(sums, { backend, runId: 'r', input: '1', ...options }))
    expect(await start({ input: { deep: [f] } })).toBe('SERIALIZATION $.input.deep[0]')
    expect(await start({ context: { client: f } })).toBe('SERIALIZATION $.context.client')
    expect(await start({ context: 1 })).toBe('VALIDATION $.context')
    expect(await start({ metadata: { f } })).toBe('SERIALIZATION $.metadata.f')
    expect(await backend.loadState('r')).toBeNull()
    expect(await backend.getLease('r')).toBeNull()
  })
})
