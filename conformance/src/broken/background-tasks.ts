/** Background tasks: views and windows that are wrong, and stale ones that are marked wrongly. */
import type { CommitUnit, Decide, StateQuery } from '@flujo-state/core'
import { ReferenceStore } from '../reference-store.js'
import { doing, has, unlessCondition } from './altered-store.js'
import { type BrokenBackend, brokenBackend, brokenStore, type Wrapped } from './broken-backend.js'
import { slice, whole } from './lists.js'

const HOUR = 3_600_000

/** Marks tasks one by one, each read first and written later. */
async function markByHand({ backend, env }: Wrapped, staleHours: number): Promise<string[]> {
  const before = env.clock.now().getTime() - staleHours * HOUR
  const tasks = await backend.listBackgroundTasks({ status: 'running' })
  const stale = tasks.filter(({ updatedAt }) => updatedAt.getTime() < before).map(({ runId }) => runId)
  for (const runId of stale) await backend.updateState(runId, { status: 'failed', backgroundError: 'timeout' })
  return stale
}

/** The options with texts that look like numbers made into numbers. */
function withNumbers<T extends object>(options: T | undefined): T {
  const entries = Object.entries(options ?? {})
  return Object.fromEntries(
    entries.map(([name, value]) => [name, typeof value === 'string' ? Number(value) : value]),
  ) as T
}

export const brokenTasks: readonly BrokenBackend[] = [
  brokenBackend('tasks-by-metadata', 'a flag in the metadata makes a background task', ['BGT-01'], ({ backend }) => ({
    listBackgroundTasks: async (filter = {}) => {
      const tasks = await backend.listBackgroundTasks(whole(filter))
      const others = (await backend.listWorkflows()).filter((row) => !row.isBackgroundTask)
      return slice([...tasks, ...others.filter(({ metadata }) => metadata.isBackgroundTask === true)], filter)
    },
  })),
  brokenStore(
    'null-parent-matches',
    'tasks without a parent match every parent',
    ['BGT-02'],
    class extends ReferenceStore {
      override async listStates({ parentRunId, ...query }: StateQuery) {
        const rows = await super.listStates(whole(query))
        return slice(
          rows.filter((row) => parentRunId === undefined || (row.parentRunId ?? parentRunId) === parentRunId),
          query,
        )
      }
    },
  ),
  brokenStore(
    'tasks-by-createdAt',
    'background tasks are ordered, and their windows judged, by createdAt',
    ['BGT-04', 'BGT-08'],
    class extends ReferenceStore {
      override listStates(query: StateQuery) {
        return super.listStates(query.isBackgroundTask ? { ...query, order: 'createdAt' } : query)
      }
    },
  ),
  brokenBackend('tasks-drop-error', 'entries come without backgroundError', ['BGT-05'], ({ backend }) => ({
    listBackgroundTasks: async (filter) =>
      (await backend.listBackgroundTasks(filter)).map((row) => ({ ...row, backgroundError: null })),
  })),
  brokenStore(
    'failed-tasks-strict',
    'the window of failed tasks leaves out its edge',
    ['BGT-07', 'BGT-08'],
    class extends ReferenceStore {
      override listStates({ from, ...query }: StateQuery) {
        return super.listStates({ ...query, from: query.isBackgroundTask && from !== undefined ? from + 1 : from })
      }
    },
  ),
  brokenBackend('null-filter-ignored', 'a null filter does not filter', ['BGT-16'], ({ backend }) => ({
    listBackgroundTasks: ({ parentRunId, ...filter } = {}) =>
      backend.listBackgroundTasks({ ...filter, parentRunId: parentRunId ?? undefined }),
  })),
  brokenBackend(
    'texts-taken-for-numbers',
    'hours and days may be texts',
    ['BGT-15', 'BGT-17', 'CLN-08', 'FLD-06'],
    ({ backend }) => ({
      getFailedWorkflows: (filter) => backend.getFailedWorkflows(withNumbers(filter)),
      getFailedBackgroundTasks: (filter) => backend.getFailedBackgroundTasks(withNumbers(filter)),
      cleanupStaleBackgroundTasks: (options) => backend.cleanupStaleBackgroundTasks(withNumbers(options)),
      cleanupOldWorkflows: (options) => backend.cleanupOldWorkflows(withNumbers(options)),
    }),
  ),

  brokenStore(
    'stale-inclusive',
    'a task at the edge of the window is taken for stale',
    ['BGT-09', 'BGT-18'],
    class extends doing((unit) => ({
      ...unit,
      conditions: unit.conditions.map((each) =>
        each.kind === 'stale-task' ? { ...each, before: each.before + 1 } : each,
      ),
    })) {
      override listStates(query: StateQuery) {
        const { isBackgroundTask, before } = query
        return super.listStates(isBackgroundTask && before !== undefined ? { ...query, before: before + 1 } : query)
      }
    },
  ),
  brokenStore(
    'stale-ignores-leases',
    'a task with a live lease is taken for stale',
    ['BGT-19', 'BGT-24'],
    unlessCondition(({ kind }, unit) => kind === 'unclaimed' && has(unit, 'mark-stale')),
  ),
  brokenStore(
    'stale-keeps-lease',
    'a late worker may still write after its task was marked',
    ['BGT-20', 'LSE-07'],
    class extends ReferenceStore {
      override commit(units: readonly CommitUnit[], decide: Decide) {
        return super.commit(units, (unit, head, now) => {
          const { outcome, writes } = decide(unit, head, now)
          const kept = writes.filter(({ kind }) => kind !== 'delete-lease' || !has(unit, 'mark-stale'))
          return { outcome, writes: kept }
        })
      }
    },
  ),
  brokenStore(
    'stale-counted-by-each',
    'a task that somebody else has marked meanwhile is marked and counted again',
    ['BGT-22', 'BGT-23', 'BGT-25', 'CON-25', 'CON-26'],
    unlessCondition(({ kind }) => kind === 'stale-task'),
  ),
  brokenBackend('stale-blind-update', 'reads first and writes later, without looking again', ['BGT-13'], (world) => ({
    cleanupStaleBackgroundTasks: async ({ staleHours = 24 } = {}) => (await markByHand(world, staleHours)).length,
  })),
  brokenBackend('stale-saves-back', 'marking a task saves back what it read before', ['BGT-26', 'BGT-13'], (world) => ({
    cleanupStaleBackgroundTasks: async ({ staleHours = 24 } = {}) => {
      const before = world.env.clock.now().getTime() - staleHours * HOUR
      const tasks = await world.backend.listBackgroundTasks({ status: 'running' })
      const stale = tasks.filter(({ updatedAt }) => updatedAt.getTime() < before)
      const read = await Promise.all(stale.map(({ runId }) => world.backend.loadState(runId)))
      for (const task of read)
        if (task) await world.backend.saveState(task.runId, { ...task, status: 'failed', backgroundError: 'timeout' })
      return stale.length
    },
  })),
  brokenBackend('stale-replaces-record', 'marking a task saves it anew and loses fields', ['BGT-10'], (world) => ({
    cleanupStaleBackgroundTasks: async ({ staleHours = 24 } = {}) => {
      const stale = await markByHand(world, staleHours)
      for (const runId of stale) await world.backend.updateState(runId, { metadata: {} })
      return stale.length
    },
  })),
  brokenBackend('stale-without-reason', 'marked tasks do not say why they failed', ['BGT-10'], (world) => ({
    cleanupStaleBackgroundTasks: async ({ staleHours = 24 } = {}) => {
      const stale = await markByHand(world, staleHours)
      for (const runId of stale) await world.backend.updateState(runId, { backgroundError: '' })
      return stale.length
    },
  })),
  brokenBackend(
    'stale-counts-marked',
    'tasks marked before are counted again',
    ['BGT-12', 'BGT-09'],
    ({ backend }) => ({
      cleanupStaleBackgroundTasks: async (options) => {
        await backend.cleanupStaleBackgroundTasks(options)
        return (await backend.listBackgroundTasks({ status: 'failed' })).length
      },
    }),
  ),
  brokenBackend('stale-takes-paused', 'paused tasks are marked too', ['BGT-11'], ({ backend }) => ({
    cleanupStaleBackgroundTasks: async (options) => {
      for (const { runId } of await backend.listBackgroundTasks({ status: 'paused' }))
        await backend.updateState(runId, { status: 'failed', backgroundError: 'timeout' })
      return backend.cleanupStaleBackgroundTasks(options)
    },
  })),
]
