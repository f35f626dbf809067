import { describe, expect, it } from 'vitest'
import type { Write } from '../../src/state-store.js'
import { applyWrite, emptyImage, headOf, isEmptyImage, stepsInOrder } from '../../src/store/image.js'
import { evaluationRow, runRow, spanRow, stateRow, stepRow } from '../support/rows.js'

const lease = { runId: 'r', owner: 'w', fence: 1, expiresAt: 5 }
const counters = { version: 1, fence: 2, evaluation: 3 }

function imageAfter(...writes: Write[]) {
  const image = emptyImage()
  for (const write of writes) applyWrite(image, write)
  return image
}
const putState: Write = { kind: 'put-state', row: stateRow(), history: ['1', '2'] }
const putRun: Write = { kind: 'put-run', row: runRow() }
const putStep = (executionId: string, stepIndex: number): Write => ({
  kind: 'put-step',
  row: stepRow({ executionId, stepIndex }),
})

describe('applyWrite', () => {
  it('appends any number of items', () => {
    const items = Array<string>(300_000).fill('1')
    expect(imageAfter(putState, { kind: 'append-history', runId: 'r', from: 2, items }).history).toHaveLength(300_002)
  })

  it('keeps the snapshot and its history', () => {
    expect(imageAfter(putState)).toMatchObject({ state: stateRow(), history: ['1', '2'] })
    const patch: Write = { kind: 'patch-state', runId: 'r', set: { status: 'failed', version: 2 } }
    expect(imageAfter(putState, patch).state).toEqual(stateRow({ status: 'failed', version: 2 }))
    expect(imageAfter(putState, { kind: 'append-history', runId: 'r', from: 2, items: ['3'] }).history).toEqual([
      '1',
      '2',
      '3',
    ])
    expect(imageAfter(putState, { kind: 'replace-history', runId: 'r', items: ['x'] }).history).toEqual(['x'])
    expect(imageAfter(putState, { kind: 'delete-state', runId: 'r' })).toEqual(emptyImage())
  })

  it('changes no row in place: rows are handed out as they are', () => {
    const image = imageAfter(putState, putRun)
    const { state, run } = image
    applyWrite(image, { kind: 'patch-state', runId: 'r', set: { status: 'failed' } })
    applyWrite(image, { kind: 'patch-run', runId: 'r', set: { status: 'failed' } })
    expect([state?.status, run?.status]).toEqual(['running', 'running'])
  })

  it('does not hold on to the arrays of a write', () => {
    const history = ['1']
    const image = imageAfter({ kind: 'put-state', row: stateRow(), history })
    applyWrite(image, { kind: 'append-history', runId: 'r', from: 1, items: ['2'] })
    expect(history).toEqual(['1'])
  })

  it('patches nothing that is not there', () => {
    const patches: Write[] = [
      { kind: 'patch-state', runId: 'r', set: { status: 'failed' } },
      { kind: 'patch-run', runId: 'r', set: { status: 'failed' } },
    ]
    expect(imageAfter(...patches)).toEqual(emptyImage())
  })

  it('keeps steps in the order of first saving', () => {
    const image = imageAfter(putStep('b', 1), putStep('a', 1), putStep('c', 0), putStep('b', 1))
    expect(stepsInOrder(image).map(({ executionId }) => executionId)).toEqual(['c', 'b', 'a'])
  })

  it('keeps spans by id, evaluations one by one, and the lease', () => {
    const spans = (...ids: string[]): Write => ({
      kind: 'put-spans',
      runId: 'r',
      rows: ids.map((spanId) => spanRow({ spanId })),
    })
    const evaluation: Write = { kind: 'add-evaluation', row: evaluationRow() }
    const image = imageAfter(spans('a', 'b'), spans('b', 'c'), evaluation, evaluation, {
      kind: 'put-lease',
      row: lease,
    })
    expect([...image.spans.keys()]).toEqual(['a', 'b', 'c'])
    expect(image.evaluations.length).toBe(2)
    expect(image.lease).toEqual(lease)
    applyWrite(image, { kind: 'delete-spans', runId: 'r' })
    applyWrite(image, { kind: 'delete-lease', runId: 'r' })
    expect([image.spans.size, image.lease]).toEqual([0, null])
  })

  it('empties the image of a deleted run', () => {
    const image = imageAfter(
      putState,
      putRun,
      putStep('a', 0),
      { kind: 'put-lease', row: lease },
      { kind: 'delete-run', runId: 'r' },
    )
    expect(image).toEqual(emptyImage())
    expect(isEmptyImage(image)).toBe(true)
  })

  it('leaves a run alone for writes that belong to the store', () => {
    const system: Write = { kind: 'put-system-state', row: { key: 'k', value: '{}', updatedAt: 0 } }
    expect(imageAfter(system, { kind: 'raise-counter', counter: 'fence', to: 9 })).toEqual(emptyImage())
  })
})

describe('isEmptyImage', () => {
  it.each([
    ['a snapshot', putState],
    ['a run', putRun],
    ['a lease', { kind: 'put-lease', row: lease }],
  ] as const)('is false with %s', (_what, write) => {
    expect(isEmptyImage(imageAfter(write))).toBe(false)
  })
})

describe('headOf', () => {
  it('is nulls for what is not there', () => {
    const nothing = { state: null, historyLength: 0, run: null, lease: null, step: null, counters }
    expect(headOf(undefined, null, counters)).toEqual(nothing)
    expect(headOf(emptyImage(), '0', counters)).toEqual(nothing)
  })

  it('has the length of the history, and the step that is asked for', () => {
    const image = imageAfter(putState, putRun, { kind: 'put-step', row: stepRow({ executionId: '0', costUsd: 2 }) })
    const head = headOf(image, '0', counters)
    expect([head.historyLength, head.step?.costUsd, head.run]).toEqual([2, 2, runRow()])
    expect(headOf(image, 'other', counters).step).toBeNull()
    expect(headOf(image, null, counters).step).toBeNull()
  })
})
