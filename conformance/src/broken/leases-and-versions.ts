/** Leases and versions that are not what the caller is told. */
import type { Lease, StateBackend } from '@flujo-state/core'
import { ReferenceStore } from '../reference-store.js'
import { afterwards, changing, has, writing } from './altered-store.js'
import { type BrokenBackend, brokenBackend, brokenStore } from './broken-backend.js'

/** A store that answers other versions than it has written. */
class OldVersions extends ReferenceStore {
  override commit(...[units, decide]: Parameters<ReferenceStore['commit']>) {
    return super.commit(units, (unit, head, now) => {
      const { outcome, writes } = decide(unit, head, now)
      const version = head.state?.version
      const isOld = outcome.ok && has(unit, 'update-state') && version !== undefined
      return { outcome: isOld ? { ...outcome, version } : outcome, writes }
    })
  }
}

export const brokenLeasesAndVersions: readonly BrokenBackend[] = [
  brokenStore(
    'terms-capped',
    'a term of more than three seconds is cut',
    ['CLM-01', 'CLM-07'],
    changing((change) =>
      change.kind === 'claim' || change.kind === 'renew'
        ? { ...change, leaseMs: Math.min(change.leaseMs, 3_000) }
        : change,
    ),
  ),
  brokenStore(
    'one-lease-in-the-store',
    'a claim ends the leases of all other runs',
    ['CLM-06'],
    afterwards((unit, tables) => {
      if (has(unit, 'claim')) tables.leases = tables.leases.filter(({ runId }) => runId === unit.runId)
    }),
  ),
  brokenBackend(
    'release-in-the-background',
    'a release resolves before it is made',
    ['CLM-10', 'CLM-20'],
    ({ backend }) => ({
      releaseLease: async (lease) => {
        const current = await backend.getLease(lease.runId)
        if (current?.fence !== lease.fence) return backend.releaseLease(lease)
        setImmediate(() => void backend.releaseLease(lease).catch(() => {}))
      },
    }),
  ),
  brokenBackend('lease-by-identity', 'only the object that a claim gave is its lease', ['CLM-12'], ({ backend }) => {
    const given = new WeakSet<Lease>()
    const give = (lease: Lease) => {
      given.add(lease)
      return lease
    }
    return {
      claimRun: async (...args) => give(await backend.claimRun(...args)),
      renewLease: async (lease, options) => {
        const fence = given.has(lease) || typeof lease !== 'object' || lease === null ? lease : { ...lease, fence: 0 }
        return give(await backend.renewLease(fence, options))
      },
    }
  }),
  brokenStore('version-of-before', 'an update gives the version of before', ['VER-01', 'ATM-01'], OldVersions),
  brokenStore(
    'version-kept-by-equal-saves',
    'a save of an equal snapshot keeps the version',
    ['VER-02'],
    writing((write, { states }) => {
      if (write.kind !== 'put-state') return write
      const old = states.find(({ runId }) => runId === write.row.runId)
      const { version, updatedAt, ...fields } = write.row
      const { version: before, updatedAt: _then, ...stored } = old ?? write.row
      const isEqual = old !== undefined && JSON.stringify(fields) === JSON.stringify(stored)
      return isEqual
        ? { ...write, row: { ...fields, updatedAt, version: before } }
        : { ...write, row: { ...fields, updatedAt, version } }
    }),
  ),
  brokenBackend(
    'reads-dropped-at-shutdown',
    'a read that is under way at shutdown finds nothing',
    ['SHD-08'],
    ({ backend }) => {
      let closed = false
      return {
        loadState: async (runId) => {
          if (closed) return backend.loadState(runId)
          const state = await backend.loadState(runId)
          return closed ? null : state
        },
        shutdown: () => {
          closed = true
          return backend.shutdown()
        },
      } satisfies Partial<StateBackend>
    },
  ),
]
