/** What a hurried author gets wrong in runs: leases, records kept in two places, what is forgotten between two openings. */
import { contains, type Lease, type RunSummary, type WorkflowState } from '@flujo-state/core'
import { ReferenceStore } from '../reference-store.js'
import { afterwards, changing, doing, has, seeing, unlessCondition, writing } from './altered-store.js'
import { type BrokenBackend, brokenBackend, brokenStore } from './broken-backend.js'
import { slice, whole } from './lists.js'

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Containment to which a filter that says null, or nothing, says other things than it should. */
function loosely(value: unknown, filter: unknown, isMet: (value: unknown, filter: unknown) => boolean): boolean {
  if (!isObject(filter) || !isObject(value)) return isMet(value, filter)
  return Object.keys(filter).every((key) => loosely(value[key], filter[key], isMet))
}
const byMetadata = (name: string, wrong: string, breaks: readonly string[], matches: typeof contains) =>
  brokenBackend(name, wrong, breaks, ({ backend }) => ({
    listRuns: async ({ metadataFilter = {}, ...filter } = {}): Promise<RunSummary[]> => {
      const runs = await backend.listRuns(whole(filter))
      return slice(
        runs.filter(({ metadata }) => matches(metadata, metadataFilter)),
        filter,
      )
    },
  }))

export const hurriedRuns: readonly BrokenBackend[] = [
  brokenStore(
    'renewal-from-the-old-end',
    'a renewal adds its term to the old end, not to now',
    ['CLM-07', 'CLM-08'],
    class extends ReferenceStore {
      override commit(...[units, decide]: Parameters<ReferenceStore['commit']>) {
        return super.commit(units, (unit, head, now) => {
          const { outcome, writes } = decide(unit, head, now)
          const renewal = unit.changes.find(({ kind }) => kind === 'renew')
          if (renewal?.kind !== 'renew' || !outcome.ok || !outcome.lease || !head.lease) return { outcome, writes }
          const row = { ...outcome.lease, expiresAt: head.lease.expiresAt + renewal.leaseMs }
          return { outcome: { ...outcome, lease: row }, writes: [{ kind: 'put-lease', row }] }
        })
      }
    },
  ),
  brokenStore(
    'release-by-anybody',
    'a lease that was superseded still releases the run',
    ['CLM-09'],
    unlessCondition(({ kind }, unit) => kind === 'fence' && has(unit, 'release')),
  ),
  brokenStore(
    'renewal-by-anybody',
    'a lease that was superseded still renews: the run goes on as that of its successor',
    ['CLM-09'],
    unlessCondition(({ kind }, unit) => kind === 'fence' && has(unit, 'renew')),
  ),
  brokenBackend('lease-cache', 'an instance trusts what it knows of a lease', ['CLM-20'], ({ backend }) => {
    const known = new Map<string, Lease>()
    const keep = (lease: Lease) => known.set(lease.runId, lease)
    return {
      claimRun: async (runId, options) => {
        const lease = await backend.claimRun(runId, options)
        keep(lease)
        return { ...lease }
      },
      renewLease: async (...args) => {
        const lease = await backend.renewLease(...args)
        keep(lease)
        return { ...lease }
      },
      releaseLease: async (lease) => {
        await backend.releaseLease(lease)
        known.delete(lease.runId)
      },
      getLease: async (runId) => {
        const lease = await backend.getLease(runId)
        return known.get(runId) ?? (lease && { ...lease })
      },
    }
  }),
  brokenStore(
    'expiry-in-seconds',
    'the end of a lease is kept in whole seconds',
    ['CLM-16'],
    writing((write) =>
      write.kind === 'put-lease'
        ? { ...write, row: { ...write.row, expiresAt: Math.floor(write.row.expiresAt / 1_000) * 1_000 } }
        : write,
    ),
  ),
  brokenStore(
    'claims-move-updatedAt',
    'a claim touches the snapshot',
    ['CLM-17', 'VER-09'],
    afterwards((unit, { states }) => {
      const index = states.findIndex(({ runId }) => runId === unit.runId)
      const state = states[index]
      if (state && has(unit, 'claim')) states[index] = { ...state, version: state.version + 1 }
    }),
  ),
  brokenStore(
    'late-step-reopens',
    'a step that comes after the end sets the run running',
    ['STP-17'],
    doing((unit) =>
      has(unit, 'save-step') && !has(unit, 'update-state', 'end-run')
        ? { ...unit, changes: [...unit.changes, { kind: 'start-run', set: { status: 'running' } }] }
        : unit,
    ),
  ),
  brokenStore(
    'costs-survive-deletion',
    'the sum of the costs is kept beside the run, and not deleted with it',
    ['RUN-37'],
    class extends ReferenceStore {
      readonly #sums = new Map<string, string>()
      protected override deleteRun(runId: string) {
        const run = this.tables.runs.find((row) => row.runId === runId)
        if (run) this.#sums.set(runId, run.stepCosts)
        super.deleteRun(runId)
      }
      protected override apply(...[write]: Parameters<ReferenceStore['apply']>) {
        const stepCosts = write.kind === 'put-run' ? this.#sums.get(write.row.runId) : undefined
        if (write.kind === 'put-run' && stepCosts !== undefined)
          super.apply({ ...write, row: { ...write.row, stepCosts } })
        else super.apply(write)
      }
    },
  ),
  brokenStore(
    'delete-in-one-page',
    'deleteRun takes the first hundred steps of a run',
    ['RUN-40'],
    class extends ReferenceStore {
      protected override deleteRun(runId: string) {
        const steps = this.tables.steps.filter((row) => row.runId === runId)
        super.deleteRun(runId)
        this.tables.steps.push(...steps.slice(100))
      }
    },
  ),
  brokenStore(
    'start-overwrites-metadata',
    "saveRunStart puts its metadata over the snapshot's",
    ['RUN-28'],
    afterwards(({ runId, changes }, { states }) => {
      const start = changes.find(({ kind }) => kind === 'start-run')
      const index = states.findIndex((row) => row.runId === runId)
      const row = states[index]
      const metadata = start?.kind === 'start-run' ? start.set.metadata : undefined
      if (row && metadata !== undefined) states[index] = { ...row, metadata }
    }),
  ),
  byMetadata(
    'null-contains-absent',
    'null in a metadataFilter matches a key that is not there',
    ['RUN-30'],
    (value, filter) =>
      loosely(value, filter, (each, wanted) => (wanted === null && each === undefined) || contains(each, wanted)),
  ),
  byMetadata(
    'empty-contains-empty',
    'an empty object in a metadataFilter matches only an empty one',
    ['RUN-10'],
    (value, filter) => loosely(value, filter, contains) && !hasEmptyAgainstFull(value, filter),
  ),
  brokenStore(
    'cleanup-by-run-record',
    'the age of a run is that of its run record, also where there is a snapshot',
    ['CLN-17'],
    seeing(({ state, run }, unit) =>
      state && run && has(unit, 'delete-run') ? { state: { ...state, updatedAt: run.updatedAt } } : {},
    ),
  ),
  brokenStore(
    'steps-of-end-counted',
    'an end sets totalSteps to the number of steps that were saved',
    ['RUN-04', 'RUN-05'],
    class extends ReferenceStore {
      override commit(...[units, decide]: Parameters<ReferenceStore['commit']>) {
        const counted = units.map((unit) => ({
          ...unit,
          changes: unit.changes.map((change) => {
            const totalSteps = this.tables.steps.filter(({ runId }) => runId === unit.runId).length
            return change.kind === 'end-run' ? { ...change, set: { ...change.set, totalSteps } } : change
          }),
        }))
        return super.commit(counted, decide)
      }
    },
  ),
  brokenStore(
    'end-takes-history',
    'the last snapshot of saveRunEnd replaces the history with what it adds',
    ['ATM-01'],
    changing((change) =>
      change.kind === 'update-state' && change.append ? { ...change, history: change.append, append: null } : change,
    ),
  ),
  brokenBackend('second-lists-cached', 'an instance lists again what it has listed once', ['CON-05'], ({ backend }) => {
    const listed = new Map<string, RunSummary[]>()
    return {
      saveRunStart: async (...args) => {
        await backend.saveRunStart(...args)
        listed.clear()
      },
      listRuns: async (filter) => {
        const key = JSON.stringify(filter)
        const runs = listed.get(key) ?? (await backend.listRuns(filter))
        listed.set(key, runs)
        return structuredClone(runs)
      },
    }
  }),
  brokenBackend('ttl-cache', 'what was read is taken for true for a while', ['CON-05'], ({ backend }) => {
    const cache = new Map<string, { readonly until: number; readonly state: WorkflowState | null }>()
    return {
      loadState: async (runId) => {
        const kept = cache.get(runId)
        if (kept && performance.now() < kept.until) return structuredClone(kept.state)
        const state = await backend.loadState(runId)
        cache.set(runId, { until: performance.now() + 50, state })
        return structuredClone(state)
      },
    }
  }),
]

function hasEmptyAgainstFull(value: unknown, filter: unknown): boolean {
  if (!isObject(filter) || !isObject(value)) return false
  const keys = Object.keys(filter)
  if (keys.length === 0) return Object.keys(value).length > 0
  return keys.some((key) => hasEmptyAgainstFull(value[key], filter[key]))
}
