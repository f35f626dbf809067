/** Cleanup and the marking of stale tasks that take too much, too little or at the wrong time. */
import { type CommitUnit, type Condition, type Decide, TERMINAL_STATUSES, WORKFLOW_STATUSES } from '@flujo-state/core'
import { ReferenceStore } from '../reference-store.js'
import { type BrokenBackend, brokenBackend, brokenStore, type Wrapped } from './broken-backend.js'

const DAY = 86_400_000
const HOUR = 3_600_000

/** A store that judges other conditions than it was given. */
function judgingInstead(change: (condition: Condition, unit: CommitUnit) => Condition | null) {
  return class extends ReferenceStore {
    override commit(units: readonly CommitUnit[], decide: Decide) {
      const changed = units.map((unit) => ({
        ...unit,
        conditions: unit.conditions.flatMap((condition) => change(condition, unit) ?? []),
      }))
      return super.commit(changed, decide)
    }
  }
}

const isOf = (unit: CommitUnit, kind: CommitUnit['changes'][number]['kind']) =>
  unit.changes.some((change) => change.kind === kind)

/** Marks tasks one by one, each read first and written later. */
async function markByHand({ backend, env }: Wrapped, staleHours: number): Promise<string[]> {
  const before = env.clock.now().getTime() - staleHours * HOUR
  const tasks = await backend.listBackgroundTasks({ status: 'running' })
  const stale = tasks.filter(({ updatedAt }) => updatedAt.getTime() < before).map(({ runId }) => runId)
  for (const runId of stale) await backend.updateState(runId, { status: 'failed', backgroundError: 'timeout' })
  return stale
}

export const brokenRetention: readonly BrokenBackend[] = [
  brokenBackend(
    'cleanup-by-createdAt',
    'the age of a workflow is that of its creation',
    ['CLN-04'],
    ({ backend, env }) => ({
      cleanupOldWorkflows: async ({ daysOld = 30 } = {}) => {
        const createdBefore = new Date(env.clock.now().getTime() - daysOld * DAY)
        const old = await backend.listWorkflows({ createdBefore, status: [...TERMINAL_STATUSES] })
        for (const { runId } of old) await backend.deleteRun(runId)
        return old.length
      },
    }),
  ),
  brokenBackend('cleanup-any-status', 'work in progress is deleted by age', ['CLN-05', 'CLN-09'], ({ backend }) => ({
    cleanupOldWorkflows: (options = {}) =>
      backend.cleanupOldWorkflows({ ...options, statuses: options.statuses ?? [...WORKFLOW_STATUSES] }),
  })),
  brokenBackend(
    'cleanup-terminal-only',
    'statuses that are named are passed over',
    ['CLN-15', 'CLN-22'],
    ({ backend }) => ({
      cleanupOldWorkflows: ({ statuses: _, ...options } = {}) => backend.cleanupOldWorkflows(options),
    }),
  ),
  brokenBackend('cleanup-zero-is-default', '0 days are taken for the default', ['CLN-06'], ({ backend }) => ({
    cleanupOldWorkflows: (options = {}) => backend.cleanupOldWorkflows({ ...options, daysOld: options.daysOld || 30 }),
  })),
  brokenBackend('cleanup-whole-days', 'fractions of a day are dropped', ['CLN-07'], ({ backend }) => ({
    cleanupOldWorkflows: ({ daysOld = 30, ...options } = {}) =>
      backend.cleanupOldWorkflows({ ...options, daysOld: Math.floor(daysOld) }),
  })),
  brokenBackend('cleanup-calendar-month', '30 days are taken for a month', ['TIM-03'], ({ backend, env }) => ({
    cleanupOldWorkflows: ({ daysOld = 30, ...options } = {}) => {
      const month = env.clock.now()
      month.setUTCMonth(month.getUTCMonth() - 1)
      const days = (env.clock.now().getTime() - month.getTime()) / DAY
      return backend.cleanupOldWorkflows({ ...options, daysOld: daysOld === 30 ? days : daysOld })
    },
  })),
  brokenBackend(
    'cleanup-counts-all',
    'the count is that of all workflows there were',
    ['CLN-01', 'CLN-09'],
    ({ backend }) => ({
      cleanupOldWorkflows: async (options) => {
        const { length } = await backend.listStates()
        await backend.cleanupOldWorkflows(options)
        return length
      },
    }),
  ),
  brokenBackend('cleanup-batch-1000', 'stops after 1,000 runs', ['CLN-10'], ({ backend }) => ({
    cleanupOldWorkflows: (options) => {
      const stop = new AbortController()
      const onProgress = ({ deleted }: { deleted: number }) => (deleted >= 1_000 ? stop.abort() : undefined)
      return backend.cleanupOldWorkflows({ ...options, signal: stop.signal, onProgress })
    },
  })),
  brokenBackend('cleanup-dry-run-deletes', 'dryRun is passed over', ['CLN-13', 'CLN-16'], ({ backend }) => ({
    cleanupOldWorkflows: (options) => backend.cleanupOldWorkflows({ ...options, dryRun: false }),
  })),
  brokenBackend('cleanup-signal-ignored', 'a call cannot be aborted', ['CLN-18'], ({ backend }) => ({
    cleanupOldWorkflows: ({ signal: _, ...options } = {}) => backend.cleanupOldWorkflows(options),
  })),
  brokenBackend('cleanup-abort-throws', 'an aborted call rejects', ['CLN-18'], ({ backend }) => ({
    cleanupOldWorkflows: async (options) => {
      options?.signal?.throwIfAborted()
      return backend.cleanupOldWorkflows(options)
    },
  })),
  brokenBackend('cleanup-progress-per-batch', 'onProgress tells the size of the batch', ['CLN-19'], ({ backend }) => ({
    cleanupOldWorkflows: ({ onProgress, ...options } = {}) => {
      let before = 0
      const tell = ({ deleted }: { deleted: number }) => {
        onProgress?.({ deleted: deleted - before })
        before = deleted
      }
      return backend.cleanupOldWorkflows({ ...options, onProgress: tell })
    },
  })),
  brokenBackend('cleanup-keeps-placeholders', 'placeholder runs never age out', ['CLN-16'], ({ backend }) => ({
    cleanupOldWorkflows: (options = {}) =>
      backend.cleanupOldWorkflows({ ...options, statuses: options.statuses ?? [...TERMINAL_STATUSES] }),
  })),
  brokenStore(
    'cleanup-takes-placeholders',
    'a placeholder run is deleted when its status is named',
    ['CLN-16', 'CLN-22'],
    class extends ReferenceStore {
      override async listRuns(query: Parameters<ReferenceStore['listRuns']>[0]) {
        const rows = await super.listRuns(query)
        return query.withoutState ? rows.map((row) => ({ ...row, placeholder: false })) : rows
      }
      protected override head(unit: CommitUnit) {
        const head = super.head(unit)
        return isOf(unit, 'delete-run') && head.run ? { ...head, run: { ...head.run, placeholder: false } } : head
      }
    },
  ),
  brokenStore(
    'cleanup-ignores-leases',
    'runs that somebody works on are deleted by age',
    ['CLN-14'],
    judgingInstead((condition, unit) =>
      condition.kind === 'unclaimed' && isOf(unit, 'delete-run') ? null : condition,
    ),
  ),
  brokenStore(
    'cleanup-judges-once',
    'whether a run may go is judged when it is listed, not when it is deleted',
    ['CLN-25', 'CLN-26'],
    judgingInstead((condition, unit) => (isOf(unit, 'delete-run') ? null : condition)),
  ),
  brokenStore(
    'delete-leaves-spans',
    'the spans of a deleted run stay',
    ['CLN-12', 'CLN-21'],
    class extends ReferenceStore {
      protected override deleteRun(runId: string) {
        const { spans } = this.tables
        super.deleteRun(runId)
        this.tables.spans = spans
      }
    },
  ),
  brokenStore(
    'delete-leaves-evaluations',
    'the evaluations of a deleted run stay',
    ['CLN-12', 'CLN-21', 'EVL-09'],
    class extends ReferenceStore {
      protected override deleteRun(runId: string) {
        const { evaluations } = this.tables
        super.deleteRun(runId)
        this.tables.evaluations = evaluations
      }
    },
  ),
  brokenStore(
    'delete-drops-system',
    'deleting a run drops the system state',
    ['CLN-12', 'SYS-05'],
    class extends ReferenceStore {
      protected override deleteRun(runId: string) {
        super.deleteRun(runId)
        this.tables.systemStates = []
      }
    },
  ),
  brokenStore(
    'versions-start-again',
    'the version counter does not outlive a deletion',
    ['CLN-20'],
    class extends ReferenceStore {
      protected override deleteRun(runId: string) {
        super.deleteRun(runId)
        this.tables.counters = { ...this.tables.counters, version: 0 }
      }
    },
  ),
  brokenStore(
    'fences-start-again',
    'the fence counter does not outlive a deletion',
    ['CLN-20'],
    class extends ReferenceStore {
      protected override deleteRun(runId: string) {
        super.deleteRun(runId)
        this.tables.counters = { ...this.tables.counters, fence: 0 }
      }
    },
  ),

  brokenStore(
    'stale-inclusive',
    'a task at the edge of the window is taken for stale',
    ['BGT-09', 'BGT-18'],
    class extends judgingInstead((condition) =>
      condition.kind === 'stale-task' ? { ...condition, before: condition.before + 1 } : condition,
    ) {
      override listStates(query: Parameters<ReferenceStore['listStates']>[0]) {
        const { isBackgroundTask, before } = query
        return super.listStates(isBackgroundTask && before !== undefined ? { ...query, before: before + 1 } : query)
      }
    },
  ),
  brokenStore(
    'stale-ignores-leases',
    'a task with a live lease is taken for stale',
    ['BGT-19', 'BGT-24'],
    judgingInstead((condition, unit) =>
      condition.kind === 'unclaimed' && isOf(unit, 'mark-stale') ? null : condition,
    ),
  ),
  brokenStore(
    'stale-keeps-lease',
    'a late worker may still write after its task was marked',
    ['BGT-20'],
    class extends ReferenceStore {
      override commit(units: readonly CommitUnit[], decide: Decide) {
        return super.commit(units, (unit, head, now) => {
          const { outcome, writes } = decide(unit, head, now)
          const kept = writes.filter(({ kind }) => kind !== 'delete-lease' || !isOf(unit, 'mark-stale'))
          return { outcome, writes: kept }
        })
      }
    },
  ),
  brokenStore(
    'stale-counted-by-each',
    'a task that somebody else has marked meanwhile is marked and counted again',
    ['BGT-22', 'BGT-23'],
    judgingInstead((condition) => (condition.kind === 'stale-task' ? null : condition)),
  ),
  brokenBackend('stale-blind-update', 'reads first and writes later, without looking again', ['BGT-13'], (world) => ({
    cleanupStaleBackgroundTasks: async ({ staleHours = 24 } = {}) => (await markByHand(world, staleHours)).length,
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
