/** Leases that do not hold what they promise. */
import { type CommitOutcome, isStateBackendError, type Lease, type RunHead, StateBackendError } from '@flujo-state/core'
import { ReferenceStore } from '../reference-store.js'
import { changing, doing, has, seeing, unlessCondition, writing } from './altered-store.js'
import { type BrokenBackend, brokenBackend, brokenStore } from './broken-backend.js'

const withExpiry = (lease: RunHead['lease'], later: number) => lease && { ...lease, expiresAt: lease.expiresAt + later }

export const brokenClaims: readonly BrokenBackend[] = [
  brokenStore(
    'claims-always-won',
    'a claim takes the run from whoever has it',
    ['CLM-03', 'CLM-04', 'CLM-18', 'CLM-19'],
    unlessCondition(({ kind }, unit) => kind === 'unclaimed' && has(unit, 'claim')),
  ),
  brokenStore(
    'judged-early',
    'conditions are judged first and the writes made a moment later',
    ['CLM-19', 'VER-13', 'VER-15'],
    class extends ReferenceStore {
      override async commit(...[units, decide]: Parameters<ReferenceStore['commit']>) {
        const judged = units.map((unit) => decide({ ...unit, changes: [] }, this.head(unit), Date.now()).outcome)
        await new Promise((resolve) => setImmediate(resolve))
        const outcomes: CommitOutcome[] = []
        for (const [index, unit] of units.entries()) {
          const done = judged[index]?.ok
            ? await super.commit([{ ...unit, conditions: [] }], decide)
            : judged.slice(index)
          outcomes.push(...done.slice(0, 1))
        }
        return outcomes
      }
    },
  ),
  brokenBackend('same-owner-claims-again', 'an owner may claim what it has already', ['CLM-03'], ({ backend }) => ({
    claimRun: async (runId, options) => {
      const lease = await backend.getLease(runId)
      if (lease && lease.owner === options?.owner) await backend.releaseLease(lease)
      return backend.claimRun(runId, options)
    },
  })),
  brokenStore(
    'lease-expiry-inclusive',
    'a lease still lives at its end',
    ['CLM-04'],
    seeing(({ lease }) => ({ lease: withExpiry(lease, 1) })),
  ),
  brokenStore(
    'lease-expiry-early',
    'a lease has ended a millisecond before its end',
    ['CLM-04', 'CLM-07'],
    seeing(({ lease }) => ({ lease: withExpiry(lease, -1) })),
  ),
  brokenBackend(
    'expired-lease-shown',
    'getLease gives expired leases too',
    ['CLM-04', 'CLM-08'],
    ({ backend, memory }) => ({
      claimRun: async (runId, options) => {
        const lease = await backend.claimRun(runId, options)
        memory.set(runId, lease)
        return lease
      },
      getLease: async (runId) => (await backend.getLease(runId)) ?? (memory.get(runId) as Lease | undefined) ?? null,
    }),
  ),
  brokenStore(
    'fence-per-run',
    'fences are counted per run, and begin again when it is deleted',
    ['CLM-05', 'CLM-21', 'CLM-23'],
    seeing(({ lease, counters }) => ({ counters: { ...counters, fence: lease?.fence ?? 0 } })),
  ),
  brokenStore(
    'fence-by-owner',
    'a lease is known by its owner only',
    ['LSE-01'],
    seeing(({ lease }, unit) => {
      const fence = unit.conditions.find(({ kind }) => kind === 'fence')
      return {
        lease:
          lease && fence?.kind === 'fence' && fence.owner === lease.owner ? { ...lease, fence: fence.fence } : lease,
      }
    }),
  ),
  brokenStore(
    'owner-not-looked-at',
    'a lease is known by its fence only',
    ['CLM-09', 'LSE-09'],
    doing((unit) => ({
      ...unit,
      conditions: unit.conditions.map((each) => (each.kind === 'fence' ? { ...each, owner: 'worker' } : each)),
    })),
  ),
  brokenBackend(
    'fence-silent',
    'a write with a stale lease is dropped but resolves',
    ['LSE-01[saveSpans]', 'LSE-05'],
    ({ backend }) => ({
      saveSpans: (...args) => unlessStale(backend.saveSpans(...args)),
      persistEvaluation: (...args) => unlessStale(backend.persistEvaluation(...args)),
    }),
  ),
  brokenStore(
    'evaluations-unfenced',
    'evaluations are written whatever the lease',
    ['LSE-01[persistEvaluation]', 'LSE-05'],
    unlessCondition(({ kind }, unit) => kind === 'fence' && has(unit, 'add-evaluation')),
  ),
  brokenStore(
    'deletions-unfenced',
    'snapshots are deleted whatever the lease',
    ['LSE-01', 'LSE-06'],
    unlessCondition(({ kind }, unit) => kind === 'fence' && has(unit, 'delete-state')),
  ),
  brokenStore(
    'expired-is-stale',
    'an expired lease is refused although it is the latest',
    ['LSE-02', 'CLM-08', 'CLM-11'],
    class extends ReferenceStore {
      override commit(...[units, decide]: Parameters<ReferenceStore['commit']>) {
        const strict: typeof decide = (unit, head, now) => {
          // The claim condition is judged with the real time: it says whether the lease still lives.
          const probe = decide({ ...unit, conditions: [{ kind: 'unclaimed' }], changes: [] }, head, now)
          const expired = head.lease !== null && probe.outcome.ok
          return decide(
            unit,
            expired ? { ...head, lease: { ...head.lease, fence: -1 } as typeof head.lease } : head,
            now,
          )
        }
        return super.commit(units, strict)
      }
    },
  ),
  brokenStore(
    'release-only-expires',
    'a released lease is kept as an expired one: its holder may still write',
    ['CLM-09', 'LSE-01', 'LSE-06'],
    writing((write, { leases }) => {
      const lease = write.kind === 'delete-lease' && leases.find(({ runId }) => runId === write.runId)
      return lease ? { kind: 'put-lease', row: { ...lease, expiresAt: 0 } } : write
    }),
  ),
  brokenStore(
    'renewal-only-adds',
    'a renewal cannot shorten the term',
    ['CLM-07'],
    writing((write, { leases }) => {
      if (write.kind !== 'put-lease') return write
      const old = leases.find(({ runId, fence }) => runId === write.row.runId && fence === write.row.fence)
      return { ...write, row: { ...write.row, expiresAt: Math.max(write.row.expiresAt, old?.expiresAt ?? 0) } }
    }),
  ),
  brokenStore(
    'claim-starts-run',
    'a claim makes a run record',
    ['CLM-02', 'PLH-06'],
    doing((unit) =>
      has(unit, 'claim') ? { ...unit, changes: [...unit.changes, { kind: 'start-run', set: {} }] } : unit,
    ),
  ),
  brokenStore(
    'delete-ignores-leases',
    'deleteRun passes whoever has claimed the run',
    ['CLM-22'],
    unlessCondition(({ kind }, unit) => kind === 'unclaimed' && has(unit, 'delete-run')),
  ),
  brokenStore(
    'delete-keeps-lease',
    'the lease of a deleted run is still good',
    ['CLM-09', 'CLM-23', 'LSE-08'],
    writing((write, { leases }) => {
      const lease = write.kind === 'delete-run' && leases.find(({ runId }) => runId === write.runId)
      return lease ? [write, { kind: 'put-lease', row: lease }] : write
    }),
  ),
  brokenBackend('force-forgotten', 'deleteRun does not look at force', ['CLM-23'], ({ backend }) => ({
    deleteRun: (runId, { force: _forgotten, ...options } = {}) => backend.deleteRun(runId, options),
  })),
  brokenBackend('lease-of-any-run', 'a lease of one run is good for others', ['LSE-04', 'CLM-14'], ({ backend }) => ({
    saveState: (runId, state, options) =>
      backend.saveState(runId, state, options?.lease?.runId === runId ? options : { ...options, lease: undefined }),
  })),
  brokenBackend(
    'claim-error-without-lease',
    'RUN_CLAIMED does not say whose lease it is',
    ['CLM-03', 'CLM-20'],
    ({ backend }) => ({
      claimRun: async (runId, options) => {
        try {
          return await backend.claimRun(runId, options)
        } catch (error) {
          if (!isStateBackendError(error, 'RUN_CLAIMED')) throw error
          throw new StateBackendError('RUN_CLAIMED', error.message, { runId })
        }
      },
    }),
  ),
  brokenStore(
    'short-terms-are-none',
    'terms are cut to whole milliseconds',
    ['CLM-16'],
    changing((change) => (change.kind === 'claim' ? { ...change, leaseMs: Math.floor(change.leaseMs) } : change)),
  ),
]

/** What the call gives, or nothing if the lease was stale. */
async function unlessStale(call: Promise<void>): Promise<void> {
  await call.catch((error) => {
    if (!isStateBackendError(error, 'STALE_LEASE')) throw error
  })
}
