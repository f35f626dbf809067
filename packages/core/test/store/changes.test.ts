import { describe, expect, it } from 'vitest'
import type { Encoded, RunPatchRow, StateRow } from '../../src/records.js'
import type { Change, StateDraft } from '../../src/store/unit.js'
import { OneRun, unitOf } from '../support/one-run.js'
import { evaluationRow, runRow, spanRow, stateRow, stepRow } from '../support/rows.js'

const save = (fields: Partial<StateDraft> = {}, history: Encoded[] = []): Change => ({
  kind: 'save-state',
  draft: { ...stateRow(), createdAt: null, updatedAt: null, metadata: null, ...fields },
  history,
})
const update = (set: Partial<StateRow>, history: Encoded[] | null = null, append: Encoded[] | null = null): Change => ({
  kind: 'update-state',
  set,
  history,
  append,
})
const start = (set: RunPatchRow = {}): Change => ({ kind: 'start-run', set })
const end = (set: RunPatchRow = {}): Change => ({ kind: 'end-run', set })
const step = (costUsd: number | null): Change => ({
  kind: 'save-step',
  row: { ...stepRow({ costUsd }), createdAt: null },
})
const spans = (replace: boolean, ...ids: string[]): Change => ({
  kind: 'save-spans',
  rows: ids.map((spanId) => spanRow({ spanId })),
  replace,
})
const { sequence: _given, createdAt: _now, ...fields } = evaluationRow()
const evaluation: Change = { kind: 'add-evaluation', row: fields }
const claim: Change = { kind: 'claim', owner: 'w', leaseMs: 10 }

describe('save-state', () => {
  it('fills in times, metadata and the version', () => {
    const { image } = new OneRun().do(start({ metadata: '{"of":"run"}' }), save())
    expect(image.state).toMatchObject({ createdAt: 1, updatedAt: 1, metadata: '{"of":"run"}', version: 1 })
    expect(new OneRun().do(save()).image.state?.metadata).toBe('{}')
  })

  it('keeps createdAt of the stored snapshot, unless one is given', () => {
    expect(new OneRun().do(save(), save()).image.state).toMatchObject({ createdAt: 0, updatedAt: 1, version: 2 })
    expect(new OneRun().do(save(), save({ createdAt: 7 })).image.state?.createdAt).toBe(7)
  })

  it('replaces the history and makes no run record', () => {
    const { image } = new OneRun().do(save({}, ['1', '2']), save({}, ['3']))
    expect([image.history, image.run]).toEqual([['3'], null])
  })

  it('fills a placeholder', () => {
    const names = { pipelineId: 'p', pipelineName: 'Pipeline', pipelineVersion: '1' }
    const { run } = new OneRun().do(evaluation, save({ status: 'failed', createdAt: 8, updatedAt: 9 })).image
    const filled = { ...names, status: 'failed', createdAt: 8, updatedAt: 9, endedAt: 1, placeholder: false } as const
    expect(run).toEqual(runRow(filled))
  })
})

describe('update-state', () => {
  it('adds to the history, or replaces it', () => {
    expect(new OneRun().do(save({}, ['1']), update({}, null, ['2', '3'])).image.history).toEqual(['1', '2', '3'])
    expect(new OneRun().do(save({}, ['1']), update({}, ['2'])).image.history).toEqual(['2'])
  })

  it('says where the items are added', () => {
    const run = new OneRun().do(save({}, ['1', '2']))
    const { writes } = run.commit(unitOf([update({}, null, ['3'])]), 5)
    expect(writes).toContainEqual({ kind: 'append-history', runId: 'r', from: 2, items: ['3'] })
    expect(run.commit(unitOf([update({}, null, [])]), 6).writes.map(({ kind }) => kind)).toEqual(['patch-state'])
  })
})

describe('start-run', () => {
  it('has defaults', () => {
    expect(new OneRun().do(start()).image.run).toEqual(runRow())
  })

  it('fixes createdAt at the first start, also that of a placeholder', () => {
    expect(new OneRun().do(start({ createdAt: 5 }), start({ createdAt: 6 })).image.run).toMatchObject({
      createdAt: 5,
      updatedAt: 1,
    })
    expect(new OneRun().do(evaluation, start({ createdAt: 5 }), start()).image.run).toMatchObject({
      createdAt: 5,
      placeholder: false,
    })
  })

  it('keeps what a placeholder has and the start leaves out', () => {
    const { run } = new OneRun().do(
      end({ status: 'failed', errorMessage: 'why', endedAt: 3 }),
      start({ totalSteps: 2 }),
    ).image
    expect(run).toMatchObject({ status: 'failed', errorMessage: 'why', endedAt: 3, totalSteps: 2, placeholder: false })
  })

  it("takes a paused snapshot's status, and moves it when one is given", () => {
    expect(new OneRun().do(save({ status: 'paused' }), start()).image.run?.status).toBe('paused')
    expect(new OneRun().do(save({ status: 'paused' }), start({ status: 'running' })).image.state).toMatchObject({
      status: 'running',
      version: 2,
    })
  })
})

describe('end-run', () => {
  it('ends a run that nobody started as a placeholder', () => {
    expect(new OneRun().do(end()).image.run).toEqual(runRow({ status: 'completed', endedAt: 0, placeholder: true }))
  })

  it('takes a given end, also null', () => {
    expect(new OneRun().do(start(), end({ endedAt: 9 })).image.run?.endedAt).toBe(9)
    expect(new OneRun().do(start(), end({ endedAt: null })).image.run?.endedAt).toBeNull()
    expect(new OneRun().do(start(), end({ status: 'paused', endedAt: 9 })).image.run?.endedAt).toBeNull()
  })
})

describe('save-step', () => {
  it('dates the step, and counts the cost of the one that is there now', () => {
    const { image } = new OneRun().do(start(), step(2), step(5))
    expect(image.steps.get('0')?.createdAt).toBe(2)
    expect(image.run?.stepCosts).toBe('[5]')
    expect(new OneRun().do(step(2), step(null)).image.run?.stepCosts).toBe('[]')
  })

  it('leaves the run alone when the cost is the same', () => {
    const run = new OneRun().do(start(), step(2))
    expect(run.commit(unitOf([step(2)]), 5).writes.map(({ kind }) => kind)).toEqual(['put-step'])
  })
})

describe('save-spans', () => {
  it('adds spans, or replaces all', () => {
    expect([...new OneRun().do(spans(false, 'a'), spans(false, 'b')).image.spans.keys()]).toEqual(['a', 'b'])
    expect([...new OneRun().do(spans(false, 'a'), spans(true, 'b')).image.spans.keys()]).toEqual(['b'])
    expect(new OneRun().do(spans(false, 'a'), spans(true)).image.spans.size).toBe(0)
  })
})

describe('writes of a run that nobody started', () => {
  it.each([
    ['save-step', step(null)],
    ['save-spans', spans(false, 'a')],
    ['add-evaluation', evaluation],
  ])('%s makes a placeholder that ages from its last write', (_kind, change) => {
    expect(new OneRun().do(change).image.run).toEqual(runRow({ placeholder: true }))
    expect(new OneRun().do(change, change).image.run).toEqual(runRow({ placeholder: true, updatedAt: 1 }))
  })

  it("make a record of the snapshot's where there is one", () => {
    const { run } = new OneRun().do(save({ status: 'failed', pipelineName: 'n' }), evaluation).image
    expect(run).toMatchObject({ status: 'failed', pipelineName: 'n', endedAt: 1, placeholder: false })
  })
})

describe('add-evaluation', () => {
  it('numbers them through the store', () => {
    const run = new OneRun().do(evaluation, evaluation, { kind: 'delete-run' }, evaluation)
    expect(run.image.evaluations.map(({ sequence, createdAt }) => [sequence, createdAt])).toEqual([[3, 3]])
    expect(run.counters.evaluation).toBe(3)
  })
})

describe('claim, renew, release', () => {
  it('count fences through the store', () => {
    const run = new OneRun().do(claim, { kind: 'release' }, claim, { kind: 'delete-run' }, claim)
    expect(run.image.lease).toEqual({ runId: 'r', owner: 'w', fence: 3, expiresAt: 14 })
  })

  it('give a new term with the same fence', () => {
    const { lease } = new OneRun().do(claim, { kind: 'renew', leaseMs: 2 }).image
    expect(lease).toEqual({ runId: 'r', owner: 'w', fence: 1, expiresAt: 3 })
  })

  it('write nothing where there is no lease', () => {
    for (const change of [{ kind: 'renew', leaseMs: 2 }, { kind: 'release' }] as const)
      expect(new OneRun().commit(unitOf([change]), 0).writes).toEqual([])
  })
})

describe('mark-stale', () => {
  it('fails the task in both records and takes its lease', () => {
    const { image } = new OneRun().do(save({ isBackgroundTask: true }), start(), claim, {
      kind: 'mark-stale',
      backgroundError: 'late',
    })
    expect(image.state).toMatchObject({ status: 'failed', backgroundError: 'late', updatedAt: 3, version: 2 })
    expect([image.run?.status, image.run?.endedAt, image.lease]).toEqual(['failed', 3, null])
  })
})

describe('delete-state and delete-run', () => {
  it.each(['delete-state', 'delete-run'] as const)('%s: the version goes on', (kind) => {
    const run = new OneRun().do(save(), update({}), { kind }, save())
    expect(run.image.state?.version).toBe(3)
  })

  it('write nothing where there is nothing', () => {
    for (const kind of ['delete-state', 'delete-run'] as const)
      expect(new OneRun().commit(unitOf([{ kind }]), 0).writes).toEqual([])
  })

  it('delete-state leaves the run record', () => {
    const { image } = new OneRun().do(start(), save({ status: 'failed' }), { kind: 'delete-state' })
    expect([image.state, image.history, image.run?.status]).toEqual([null, [], 'failed'])
  })
})
