import type { Decision, RunHead } from '../state-store.js'
import { appliers } from './changes.js'
import { judge } from './conditions.js'
import type { Change, CommitUnit } from './unit.js'
import { Work } from './work.js'

/**
 * Decides a unit: which rows to write, or why not. Pure: the same unit, head and time (milliseconds) give the same decision.
 * All that a backend promises about status, versions, placeholders, leases and conditions is decided here, once.
 */
export function decide(unit: CommitUnit, head: RunHead, now: number): Decision {
  const error = judge(unit.conditions, head, unit.runId, now)
  if (error) return { outcome: { ok: false, error }, writes: [] }
  const work = new Work(unit.runId ?? '', head, now, unit.emptyObject)
  for (const change of unit.changes) apply(work, change)
  const { state, lease } = work
  return { outcome: { ok: true, version: state?.version ?? 0, lease }, writes: work.writes }
}

function apply<C extends Change>(work: Work, change: C): void {
  const applier = appliers[change.kind] as (work: Work, change: C) => void
  applier(work, change)
}
