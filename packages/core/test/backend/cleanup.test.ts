import { expect, test } from 'vitest'
import { createStateBackend, type WorkflowStatus } from '../../src/index.js'
import { MapStore } from '../support/map-store.js'
import { stateWith } from '../support/state.js'

const DAY = 86_400_000

test('placeholder runs go only when no statuses are named, whatever their own status', async () => {
  let now = Date.parse('2026-03-01T00:00:00Z')
  const backend = createStateBackend(new MapStore(), { clock: () => new Date(now) })
  await backend.persistEvaluation('placeholder', { score: 1 })
  await backend.saveRunEnd('ended placeholder', {})
  await backend.saveRunStart({ runId: 'started' })
  now += 31 * DAY
  expect(await backend.cleanupOldWorkflows({ statuses: ['running', 'completed'], dryRun: true })).toBe(1)
  expect(await backend.cleanupOldWorkflows({ statuses: ['running', 'completed'] })).toBe(1)
  expect((await backend.listRuns()).map(({ runId }) => runId)).toEqual(['placeholder', 'ended placeholder'])
  expect(await backend.cleanupOldWorkflows()).toBe(2)
})

test('a store that does not go on behind a position ends in an error, not in an endless walk', async () => {
  class Circling extends MapStore {
    override listStates({ after: _ignored, ...query }: Parameters<MapStore['listStates']>[0]) {
      return super.listStates(query)
    }
    override listRuns({ after: _ignored, ...query }: Parameters<MapStore['listRuns']>[0]) {
      return super.listRuns(query)
    }
  }
  const backend = createStateBackend(new Circling(), { clock: () => new Date('2026-03-01') })
  const old = new Date('2020-01-01')
  for (let n = 0; n < 501; n++) {
    await backend.saveState(`r${n}`, stateWith({ status: 'completed', createdAt: old, updatedAt: old }))
    await backend.saveRunStart({ runId: `r${n}`, createdAt: old })
  }
  for (const call of [
    () => backend.cleanupOldWorkflows({ dryRun: true }),
    () => backend.listRuns({ metadataFilter: { none: 1 } }),
    () => backend.getSpanStatistics(),
  ])
    await expect(call()).rejects.toMatchObject({ code: 'IO', message: expect.stringContaining('not behind') })
})

test('a list that has ended is not asked again, and no status is asked for twice', async () => {
  const asked: unknown[] = []
  class Asked extends MapStore {
    override listStates(query: Parameters<MapStore['listStates']>[0]) {
      asked.push(query.statuses)
      return super.listStates(query)
    }
  }
  const backend = createStateBackend(new Asked(), { clock: () => new Date('2026-03-01') })
  const old = new Date('2020-01-01')
  await backend.saveState('task', stateWith({ isBackgroundTask: true, createdAt: old, updatedAt: old }))
  expect(await backend.cleanupStaleBackgroundTasks()).toBe(1)
  expect(asked).toEqual([['running']])
  await backend.listWorkflows({ status: ['failed', 'running', 'failed'] })
  await backend.cleanupOldWorkflows({ statuses: ['failed', 'failed'], dryRun: true })
  expect(asked.slice(1)).toEqual([['failed', 'running'], ['failed']])
})

test('of runs at work, those that were last changed long enough ago go, whenever they were made', async () => {
  const now = Date.parse('2026-03-01T00:00:00Z')
  const backend = createStateBackend(new MapStore(), { clock: () => new Date(now) })
  const [old, recent] = [new Date(now - 31 * DAY), new Date(now - 29 * DAY)]
  // More than a batch, so that what is left lies between what goes.
  for (let n = 0; n < 250; n++) {
    const [createdAt, updatedAt] = [n % 2 === 0 ? old : recent, n % 3 === 0 ? old : recent]
    await backend.saveState(`r${n}`, stateWith({ status: n % 5 === 0 ? 'paused' : 'running', createdAt, updatedAt }))
  }
  const statuses: WorkflowStatus[] = ['running', 'paused']
  expect(await backend.cleanupOldWorkflows({ statuses: ['paused'], dryRun: true })).toBe(17)
  expect(await backend.cleanupOldWorkflows({ statuses, dryRun: true })).toBe(84)
  expect(await backend.cleanupOldWorkflows({ statuses })).toBe(84)
  const left = await backend.listWorkflows()
  expect(left).toHaveLength(166)
  expect(left.every(({ updatedAt }) => updatedAt.getTime() === recent.getTime())).toBe(true)
  expect(await backend.cleanupOldWorkflows({ statuses })).toBe(0)
})

test('leaves the event loop free, also over a store that never waits', async () => {
  class AtOnce extends MapStore {
    override readonly groupsCommits = false
  }
  const backend = createStateBackend(new AtOnce(), { clock: () => new Date('2026-03-01') })
  const old = new Date('2020-01-01')
  for (let n = 0; n < 2000; n++)
    await backend.saveState(`r${n}`, stateWith({ status: 'completed', createdAt: old, updatedAt: old }))
  let turns = 0
  let goesOn = true
  const count = () => {
    turns += 1
    if (goesOn) setImmediate(count)
  }
  setImmediate(count)
  const progress: number[] = []
  expect(await backend.cleanupOldWorkflows({ onProgress: ({ deleted }) => progress.push(deleted) })).toBe(2000)
  goesOn = false
  expect(turns).toBeGreaterThanOrEqual(20)
  expect(progress).toEqual([...progress].sort((a, b) => a - b))
  expect(progress.at(-1)).toBe(2000)
})
