/** Statuses, ends and placeholders that differ between the two records of a run. */
import { ReferenceStore } from '../reference-store.js'
import { changing, doing, has, writing } from './altered-store.js'
import { type BrokenBackend, brokenStore } from './broken-backend.js'

export const brokenStatuses: readonly BrokenBackend[] = [
  brokenStore(
    'status-only-in-snapshot',
    'a snapshot write leaves the run record',
    ['ONE-01', 'ONE-02', 'ONE-07', 'BGT-21', 'ONE-14'],
    class extends ReferenceStore {
      override commit(...[units, decide]: Parameters<ReferenceStore['commit']>) {
        return super.commit(units, (unit, head, now) => {
          const decision = decide(unit, head, now)
          if (has(unit, 'end-run', 'start-run', 'save-step')) return decision
          return { ...decision, writes: decision.writes.filter(({ kind }) => kind !== 'patch-run') }
        })
      }
    },
  ),
  brokenStore(
    'status-only-in-run',
    'saveRunStart and saveRunEnd leave the snapshot',
    ['ONE-01', 'ONE-06', 'LST-16', 'STT-11', 'FLD-10'],
    class extends ReferenceStore {
      override commit(...[units, decide]: Parameters<ReferenceStore['commit']>) {
        return super.commit(units, (unit, head, now) => {
          const decision = decide(unit, head, now)
          if (!has(unit, 'end-run', 'start-run') || has(unit, 'update-state')) return decision
          return { ...decision, writes: decision.writes.filter(({ kind }) => kind !== 'patch-state') }
        })
      }
    },
  ),
  brokenStore(
    'ended-at-of-last-write',
    'endedAt moves with every terminal status',
    ['ONE-04', 'ONE-05'],
    class extends ReferenceStore {
      override commit(...[units, decide]: Parameters<ReferenceStore['commit']>) {
        return super.commit(units, (unit, head, now) =>
          decide(unit, head.run ? { ...head, run: { ...head.run, status: 'running' } } : head, now),
        )
      }
    },
  ),
  brokenStore(
    'ended-at-stays',
    'endedAt stays when a run goes on',
    ['ONE-03', 'ONE-05'],
    writing((write) => {
      if (write.kind !== 'patch-run' || write.set.endedAt !== null) return write
      const { endedAt: _kept, ...set } = write.set
      return { ...write, set }
    }),
  ),
  brokenStore(
    'start-restarts',
    'saveRunStart without a status sets the run running',
    ['ONE-08', 'ONE-09', 'PLH-07'],
    changing((change) =>
      change.kind === 'start-run'
        ? { ...change, set: { ...change.set, status: change.set.status ?? 'running' } }
        : change,
    ),
  ),
  brokenStore(
    'end-always-completes',
    'saveRunEnd without a status completes what has failed',
    ['ONE-10'],
    changing((change) =>
      change.kind === 'end-run'
        ? { ...change, set: { ...change.set, status: change.set.status ?? 'completed' } }
        : change,
    ),
  ),
  brokenStore(
    'metadata-not-inherited',
    "a snapshot without metadata does not get the run's",
    ['ONE-13', 'STA-29'],
    changing((change) =>
      change.kind === 'save-state'
        ? { ...change, draft: { ...change.draft, metadata: change.draft.metadata ?? '{}' } }
        : change,
    ),
  ),
  brokenStore(
    'placeholder-stays',
    'a placeholder keeps its mark when it is filled',
    ['PLH-02', 'PLH-03', 'STP-05', 'STA-30'],
    writing((write) => {
      if (write.kind !== 'patch-run') return write
      const { placeholder: _kept, ...set } = write.set
      return { ...write, set }
    }),
  ),
  brokenStore(
    'placeholder-unmarked',
    'a run that nobody started looks like one that was',
    ['PLH-01', 'RUN-06', 'TRC-10', 'PLH-09'],
    writing((write) => (write.kind === 'put-run' ? { ...write, row: { ...write.row, placeholder: false } } : write)),
  ),
  brokenStore(
    'placeholder-does-not-age',
    'a placeholder is as old as the write that made it',
    ['PLH-10'],
    writing((write, { runs }) => {
      if (write.kind !== 'patch-run' || Object.keys(write.set).join() !== 'updatedAt') return write
      return runs.some(({ runId, placeholder }) => runId === write.runId && placeholder) ? [] : write
    }),
  ),
  brokenStore(
    'states-start-runs',
    'saveState makes a run record',
    ['PLH-06', 'RUN-13'],
    doing((unit) =>
      has(unit, 'save-state') ? { ...unit, changes: [...unit.changes, { kind: 'start-run', set: {} }] } : unit,
    ),
  ),
]
