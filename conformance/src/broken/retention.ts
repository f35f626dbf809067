/** Cleanup that takes too much, too little or at the wrong time, and deletions that leave something behind. */
import {
  type CommitUnit,
  type RunQuery,
  type StateQuery,
  TERMINAL_STATUSES,
  WORKFLOW_STATUSES,
} from '@flujo-state/core'
import { ReferenceStore, type Tables } from '../reference-store.js'
import { doing, has, unlessCondition } from './altered-store.js'
import { type BrokenBackend, brokenBackend, brokenStore } from './broken-backend.js'

const DAY = 86_400_000

/** A store that deletes a run and then something more, or puts something of it back. */
function deletingRuns(change: (tables: Tables, before: Tables) => void) {
  return class extends ReferenceStore {
    protected override deleteRun(runId: string) {
      const before = { ...this.tables }
      super.deleteRun(runId)
      change(this.tables, before)
    }
  }
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
  brokenStore(
    'cleanup-inclusive',
    'a workflow at the edge of the window is deleted',
    ['CLN-02', 'CLN-06', 'TIM-03'],
    class extends doing((unit) => ({
      ...unit,
      conditions: unit.conditions.map((each) =>
        each.kind === 'expired' ? { ...each, before: each.before + 1 } : each,
      ),
    })) {
      override listStates({ before, ...query }: StateQuery) {
        return super.listStates({ ...query, before: before === undefined ? undefined : before + 1 })
      }
    },
  ),
  brokenBackend('cleanup-whole-dates', 'the window begins with a date', ['CLN-02', 'CLN-03'], ({ backend, env }) => ({
    cleanupOldWorkflows: ({ daysOld = 30, ...options } = {}) =>
      backend.cleanupOldWorkflows({ ...options, daysOld: daysOld + (env.clock.now().getTime() % DAY) / DAY }),
  })),
  brokenBackend('cleanup-days-overflow', 'many days wrap around', ['CLN-23'], ({ backend }) => ({
    cleanupOldWorkflows: (options = {}) =>
      backend.cleanupOldWorkflows({ ...options, daysOld: (options.daysOld ?? 30) > 1e5 ? 0 : options.daysOld }),
  })),
  brokenStore(
    'cleanup-needs-snapshots',
    'runs without a snapshot are never deleted by age',
    ['CLN-16', 'CLN-17'],
    class extends ReferenceStore {
      override listRuns(query: RunQuery) {
        return query.withoutState ? [] : super.listRuns(query)
      }
    },
  ),
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
        return has(unit, 'delete-run') && head.run ? { ...head, run: { ...head.run, placeholder: false } } : head
      }
    },
  ),
  brokenStore(
    'cleanup-ignores-leases',
    'runs that somebody works on are deleted by age',
    ['CLN-14'],
    unlessCondition(({ kind }, unit) => kind === 'unclaimed' && has(unit, 'delete-run')),
  ),
  brokenStore(
    'cleanup-judges-once',
    'whether a run may go is judged when it is listed, not when it is deleted',
    ['CLN-25', 'CLN-26'],
    unlessCondition((_, unit) => has(unit, 'delete-run')),
  ),
  brokenStore(
    'delete-leaves-spans',
    'the spans of a deleted run stay',
    ['CLN-12', 'CLN-21'],
    deletingRuns((tables, { spans }) => Object.assign(tables, { spans })),
  ),
  brokenStore(
    'delete-leaves-evaluations',
    'the evaluations of a deleted run stay',
    ['CLN-12', 'CLN-21', 'EVL-09'],
    deletingRuns((tables, { evaluations }) => Object.assign(tables, { evaluations })),
  ),
  brokenStore(
    'delete-leaves-leases',
    'the lease of a deleted run is still good for writing',
    ['CLN-24'],
    deletingRuns((tables, { leases }) => Object.assign(tables, { leases })),
  ),
  brokenStore(
    'delete-drops-system',
    'deleting a run drops the system state',
    ['CLN-12', 'SYS-05'],
    deletingRuns((tables) => Object.assign(tables, { systemStates: [] })),
  ),
  brokenStore(
    'versions-start-again',
    'the version counter does not outlive a deletion',
    ['CLN-20'],
    deletingRuns((tables) => Object.assign(tables, { counters: { ...tables.counters, version: 0 } })),
  ),
  brokenStore(
    'fences-start-again',
    'the fence counter does not outlive a deletion',
    ['CLN-20'],
    deletingRuns((tables) => Object.assign(tables, { counters: { ...tables.counters, fence: 0 } })),
  ),
]
