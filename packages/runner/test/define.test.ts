import { isStateBackendError } from '@flujo-state/core'
import { defineWorkflow, type RunResult, runWorkflow, step } from '@flujo-state/runner'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { memory } from './support/backends.js'

const nothing = step('nothing', () => {})

describe('defineWorkflow', () => {
  it('gives a frozen workflow, named by its id unless it has a name', () => {
    const workflow = defineWorkflow({ id: 'w', version: '1', steps: [nothing] })
    expect(workflow).toMatchObject({ id: 'w', name: 'w', version: '1' })
    expect(workflow.steps.map(({ name }) => name)).toEqual(['nothing'])
    expect(Object.isFrozen(workflow) && Object.isFrozen(workflow.steps) && Object.isFrozen(workflow.steps[0])).toBe(
      true,
    )
  })

  it('keeps the steps as they were when it was called', () => {
    const mine = { name: 'a', run: () => 1 }
    const steps = [mine]
    const workflow = defineWorkflow({ id: 'w', version: '1', steps })
    mine.name = 'b'
    steps.pop()
    expect(workflow.steps.map(({ name }) => name)).toEqual(['a'])
  })

  const ok = { id: 'w', name: 'n', version: '1', steps: [nothing] }
  const run = () => {}
  const cases: readonly (readonly [path: string, definition: unknown])[] = [
    ['$', null],
    ['$', []],
    ['$.id', { ...ok, id: '' }],
    ['$.id', { ...ok, id: undefined }],
    ['$.name', { ...ok, name: 'a\u0000' }],
    ['$.version', { ...ok, version: 1 }],
    ['$.steps', { ...ok, steps: [] }],
    ['$.steps', { ...ok, steps: 'a' }],
    ['$.stpes', { ...ok, stpes: [] }],
    ['$.steps[1]', { ...ok, steps: [nothing, null] }],
    ['$.steps[0].name', { ...ok, steps: [{ name: '', run }] }],
    ['$.steps[0].run', { ...ok, steps: [{ name: 'a' }] }],
    [
      '$.steps[1].name',
      {
        ...ok,
        steps: [
          { name: 'a', run },
          { name: 'a', run },
        ],
      },
    ],
    ['$.steps[0].timeout', { ...ok, steps: [{ name: 'a', run, timeout: 1 }] }],
    ['$.steps[0].retry.retries', { ...ok, steps: [{ name: 'a', run, retry: {} }] }],
    ['$.steps[0].retry.retries', { ...ok, steps: [{ name: 'a', run, retry: { retries: -1 } }] }],
    ['$.steps[0].retry.factor', { ...ok, steps: [{ name: 'a', run, retry: { retries: 1, factor: Number.NaN } }] }],
    ['$.steps[0].retry.randomize', { ...ok, steps: [{ name: 'a', run, retry: { retries: 1, randomize: 1 } }] }],
    ['$.steps[0].retry.shouldRetry', { ...ok, steps: [{ name: 'a', run, retry: { retries: 1, shouldRetry: 1 } }] }],
    ['$.steps[0].retry.times', { ...ok, steps: [{ name: 'a', run, retry: { retries: 1, times: 1 } }] }],
  ]
  it.each(cases)('refuses what is wrong at %s', (path, definition) => {
    try {
      defineWorkflow(definition as typeof ok)
    } catch (error) {
      expect(isStateBackendError(error, 'VALIDATION') && error.path).toBe(path)
      return
    }
    expect.unreachable()
  })
})

describe('types', () => {
  type Row = { name: string; amount: number }
  const read = step('read', async (_ctx, path: string): Promise<Row[]> => [{ name: path, amount: 1 }])
  const sum = step('sum', (_ctx, rows: Row[]) => rows.reduce((total, { amount }) => total + amount, 0))

  it('take input and output from the first and the last step', async () => {
    const workflow = defineWorkflow({ id: 'w', version: '1', steps: [read, sum] })
    const result = await runWorkflow(workflow, { backend: memory(), input: 'x' })
    expectTypeOf(result).toEqualTypeOf<RunResult<number>>()
    if (result.status === 'completed') expectTypeOf(result.output).toEqualTypeOf<number>()
    expect(result.output).toBe(1)
    // @ts-expect-error the input is a string
    const wrong = () => runWorkflow(workflow, { backend: memory(), input: 1 })
    // @ts-expect-error the input is needed
    const missing = () => runWorkflow(workflow, { backend: memory() })
    expect([wrong, missing]).toHaveLength(2)
  })

  it('let the input be left out where the first step takes none', async () => {
    const workflow = defineWorkflow({ id: 'w', version: '1', steps: [{ name: 'one', run: async () => 1 }] })
    const result = await runWorkflow(workflow, { backend: memory() })
    expectTypeOf(result).toEqualTypeOf<RunResult<number>>()
    expect(result.output).toBe(1)
  })

  it('refuse steps that do not fit, and outputs that cannot be stored', () => {
    // @ts-expect-error sum takes rows, not a number
    defineWorkflow({ id: 'w', version: '1', steps: [sum, step('double', (_ctx, rows: Row[]) => rows.length)] })
    // @ts-expect-error a function cannot be stored
    defineWorkflow({ id: 'w', version: '1', steps: [{ name: 'f', run: () => ({ f: () => 1 }) }] })
    // Nothing is stored as null.
    defineWorkflow({ id: 'w', version: '1', steps: [nothing, step('after', (_ctx, input: null) => input)] })
  })
})
