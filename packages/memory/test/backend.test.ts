import { InMemoryBackend, type WorkflowStatus } from '@flujo-state/memory'
import { describe, expect, it } from 'vitest'

const state = (status: WorkflowStatus, pipelineContext = {}) => ({
  pipelineId: 'p',
  pipelineName: 'P',
  pipelineVersion: '1',
  currentStepIndex: 0,
  pipelineContext,
  status,
})

async function idsOf(backend: InMemoryBackend): Promise<string[]> {
  return (await backend.listWorkflows()).map(({ runId }) => runId).sort()
}

describe('InMemoryBackend', () => {
  it('says what it keeps', () => {
    expect(new InMemoryBackend().capabilities).toMatchObject({
      persistence: 'none',
      multiInstance: 'none',
      states: true,
    })
  })

  it('refuses options of the wrong kind at once', () => {
    for (const maxRuns of [0, -1, Number.NaN, '5'])
      expect(() => new InMemoryBackend({ maxRuns: maxRuns as number })).toThrow(
        expect.objectContaining({ code: 'VALIDATION', path: '$.maxRuns' }),
      )
  })

  it('never hands out an array that later writes change', async () => {
    const backend = new InMemoryBackend()
    await backend.saveState('a', { ...state('running'), stepHistory: [{ step: 0 }] })
    const load = backend.loadState('a')
    const append = backend.updateState('a', { appendStepHistory: [{ step: 1 }] })
    await append
    const loaded = await load
    expect(loaded?.stepHistory).toHaveLength(loaded?.version ?? 0)
  })
})

describe('maxRuns', () => {
  it('forgets terminal runs, the one written longest ago first', async () => {
    const backend = new InMemoryBackend({ maxRuns: 2 })
    for (const id of ['a', 'b']) await backend.saveState(id, state('completed'))
    await backend.updateState('a', { totalSteps: 1 })
    await backend.saveState('c', state('failed'))
    expect(await idsOf(backend)).toEqual(['a', 'c'])
  })

  it('never forgets work in progress', async () => {
    const backend = new InMemoryBackend({ maxRuns: 2 })
    for (const id of ['a', 'b', 'c']) await backend.saveState(id, state('running'))
    await backend.saveState('d', state('paused'))
    await backend.saveState('e', state('completed'))
    expect(await idsOf(backend)).toEqual(['a', 'b', 'c', 'd'])
  })

  it('never forgets a run that somebody has claimed', async () => {
    const backend = new InMemoryBackend({ maxRuns: 1 })
    await backend.saveState('a', state('completed'))
    const lease = await backend.claimRun('a', { owner: 'worker', leaseMs: 60_000 })
    await backend.saveState('b', state('completed'))
    await backend.saveState('a', state('completed'), { lease })
    expect(await idsOf(backend)).toEqual(['a'])
  })

  it("forgets it when the claim has expired, by the backend's clock", async () => {
    let now = Date.UTC(2001, 0, 1)
    const backend = new InMemoryBackend({ maxRuns: 1, clock: () => new Date(now) })
    await backend.saveState('a', state('completed'))
    await backend.claimRun('a', { owner: 'worker', leaseMs: 60_000 })
    now += 59_999
    await backend.saveState('b', state('completed'))
    expect(await idsOf(backend)).toEqual(['a'])
    now += 1
    await backend.saveState('b', state('completed'))
    expect(await idsOf(backend)).toEqual(['b'])
  })

  it('forgets everything of a run, and an old version never fits again', async () => {
    const backend = new InMemoryBackend({ maxRuns: 1 })
    await backend.saveRunStart({ runId: 'a' })
    await backend.saveStepResult({ runId: 'a', stepName: 's', stepIndex: 0 })
    await backend.persistEvaluation('a', { score: 1 })
    const { version } = await backend.saveState('a', state('completed'))
    await backend.saveState('b', state('running'))
    expect(await backend.getRunDetails('a')).toBeNull()
    expect(await backend.listRunSteps('a')).toEqual([])
    expect(await backend.listEvaluations()).toEqual([])
    const again = await backend.saveState('a', state('running'))
    expect(again.version).toBeGreaterThan(version)
  })
})
