import type { StateBackend } from '@flujo-state/core'
import { Content } from '../content.js'
import type { Snapshots } from '../subjects/control.js'
import { growing, makeRun } from '../work/step-run.js'
import { type Counts, difference } from './counters.js'

/** In the middle of 1,000 steps a rewrite costs what it costs on the average. */
const FROM = 475
const SAVES = 50
/** What ours may write, of what is written by rewriting the whole snapshot. */
const SHARE = 0.05

interface Result {
  readonly operation: string
  readonly counts: Counts
  readonly problem: string | null
}

/** A whole snapshot, longer by one item each time, in the middle of 1,000 steps: what ours writes, and what a raw rewrite writes. */
export async function checkGrowing(backend: StateBackend, control: Snapshots, now: () => Counts): Promise<Result[]> {
  const ours = await countSaves(now, (runId, state) => backend.saveState(runId, state))
  const { bytes } = await countSaves(now, (runId, state) => control.save(runId, state))
  const isTooMuch = ours.bytes !== null && bytes !== null && ours.bytes > SHARE * bytes
  return [
    {
      operation: 'growing saveState, around step 500',
      counts: ours,
      problem: isTooMuch ? `above ${SHARE * 100} % of rewriting` : null,
    },
    { operation: '  rewriting, by hand', counts: { statements: null, syncs: 1, bytes }, problem: null },
  ]
}

async function countSaves(now: () => Counts, save: Snapshots['save']): Promise<Counts> {
  const run = makeRun(new Content(11), 'growing-run', FROM + SAVES)
  let before = now()
  let step = 0
  for (const state of growing(run)) {
    step += 1
    if (step < FROM) continue
    await save(run.runId, state)
    if (step === FROM) before = now()
  }
  const { statements, syncs, bytes } = difference(now(), before)
  const each = (value: number | null) => (value === null ? null : value / SAVES)
  return { statements: each(statements), syncs: syncs / SAVES, bytes: each(bytes) }
}
