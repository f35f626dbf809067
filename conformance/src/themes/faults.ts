import type { StateBackend } from '@flujo-state/core'
import type { RuleContext } from '../context.js'
import type { Dump } from '../dump.js'
import { difference } from '../equality.js'
import {
  MUCH_LATER,
  READS,
  type Subject,
  type SubjectCall,
  saveOneRun,
  saveSubject,
  WRITES,
  withoutGrowing,
} from '../fixtures/subjects.js'
import { atEveryAccess, look, MANY, settle, told, underFault } from '../fixtures/under-fault.js'
import type { FaultKind } from '../harness.js'
import { type Rule, ruleFor } from '../rule.js'
import { show } from '../show.js'

/** A store, and one that is written to in the same way and never fails: it shows what should be there. */
interface Pair {
  readonly backend: StateBackend
  readonly twin: StateBackend
}

/** Both stores get what the write works on. */
async function saveSubjects(t: RuleContext, { backend, twin }: Pair, runId: string) {
  const subject = await saveOneRun(backend, t.clock, runId)
  const twins = await saveOneRun(twin, t.clock, runId)
  t.clock.advance(MUCH_LATER)
  return { subject, twins, before: await look(t, backend, 'before') }
}

/** The write fails at every access in turn; in the end it is made. */
async function writeAtEveryAccess(t: RuleContext, write: SubjectCall, kind: FaultKind, pair: Pair): Promise<void> {
  let { subject, twins, before } = await saveSubjects(t, pair, kind)
  const isMade = async (now: Dump, what: string) => {
    const made = await settle(write.call(pair.twin, twins))
    t.assert.ok(made.ok, `${write.name} without a fault: ${show(made)}`)
    t.assert.equal(withoutGrowing(now), withoutGrowing(await t.dump(pair.twin)), what)
  }
  await atEveryAccess(
    t,
    kind,
    () => write.call(pair.backend, subject),
    async (error, after) => {
      const what = `${write.name}, ${kind} after ${after} accesses`
      const isUnknown = told(t, error, kind, after, what)
      const now = await look(t, pair.backend, what)
      if (!isUnknown) return t.assert.equal(now, before, `${what}: the store`)
      if (difference(now, before) !== null)
        await isMade(now, `${what}, made all the same`)
        // Whether it was made does not always show: the end of a lease that has expired.
      ;({ subject, twins, before } = await saveSubjects(t, pair, `${kind} ${after}`))
    },
  )
  await isMade(await look(t, pair.backend, 'done'), `${write.name}, done under ${kind}`)
}

/** What the read gives without a fault: something, so that nothing is not mistaken for it. */
async function answerOf(t: RuleContext, read: SubjectCall, subject: Subject): Promise<unknown> {
  const answer = await read.call(t.backend, subject)
  const isEmpty = answer === null || (Array.isArray(answer) && answer.length === 0)
  t.assert.ok(!isEmpty, `${read.name} gives something of the subject`)
  return answer
}

/** The read by an instance that works, and by one that has yet to open the store. */
async function readAtEveryAccess(t: RuleContext, read: SubjectCall): Promise<void> {
  const subject = await saveSubject(t.backend, t.clock, 'subject')
  const expected = await answerOf(t, read, subject)
  let backend = t.backend
  for (const kind of t.faults.kinds)
    for (const isFresh of [false, true]) {
      if (isFresh) backend = await t.reopen()
      for (let after = 0; ; after++) {
        const what = `${read.name}${isFresh ? ' as the first call' : ''}, ${kind} after ${after} accesses`
        const outcome = await underFault(t, kind, after, () => read.call(backend, subject))
        if (outcome.ok) {
          if (kind === 'io' && isFresh) t.assert.ok(after > 0, `${what}: it cannot know the answer`)
          t.assert.equal(outcome.value, expected, what)
          break
        }
        t.assert.ok(after < MANY, `${what}: it still fails`)
        told(t, outcome.error, kind, null, what)
      }
      t.assert.equal(await read.call(backend, subject), expected, `${read.name}, after ${kind} is over`)
    }
}

const perGroup = { variantRequires: ({ group }: SubjectCall) => [group] }
const pick = (...names: string[]) => Object.fromEntries(Object.entries(READS).filter(([name]) => names.includes(name)))
const STATISTICS = pick('getWorkflowStats', 'getSpanStatistics')
const TASK_LISTS = pick('listBackgroundTasks', 'getFailedBackgroundTasks')
const OTHER_READS = Object.fromEntries(
  Object.entries(READS).filter(([name]) => !(name in STATISTICS) && !(name in TASK_LISTS)),
)
const { cleanupOldWorkflows, cleanupStaleBackgroundTasks, ...ATOMIC } = WRITES
/** They are atomic for each run, not as a whole. */
const SETTLING = { cleanupOldWorkflows, cleanupStaleBackgroundTasks } as Readonly<Record<string, SubjectCall>>
const readUnderFaults = { ...perGroup, needs: ['faults', 'reopen'] } as const

/** Each run is as it was, or as it is when the call is done. Gives how many are done. */
async function settledWholly(
  t: RuleContext,
  now: Dump,
  { before, after }: { readonly before: Dump; readonly after: Dump },
  what: string,
): Promise<number> {
  const open = Object.keys(before.runs).filter((id) => difference(before.runs[id], after.runs[id]) !== null)
  let done = 0
  for (const runId of new Set([...Object.keys(before.runs), ...Object.keys(now.runs)])) {
    const isDone = open.includes(runId) && difference(now.runs[runId], before.runs[runId]) !== null
    const expected = isDone ? after.runs[runId] : before.runs[runId]
    t.assert.equal(withoutGrowing(now.runs[runId]), withoutGrowing(expected), `${what}: run ${runId}`)
    if (isDone) done += 1
  }
  return done
}

/** Lets the call fail at every access in turn, and looks each time at all runs, and at what it has counted. */
async function settleAtEveryAccess(t: RuleContext, settling: SubjectCall): Promise<void> {
  const twin = await t.other()
  const ids = ['a', 'b']
  for (const kind of t.faults.kinds) {
    const fill = (backend: StateBackend) => Promise.all(ids.map((id) => saveSubject(backend, t.clock, `${kind} ${id}`)))
    const [subject] = await fill(t.backend)
    await fill(twin)
    t.clock.advance(MUCH_LATER)
    const before = await look(t, t.backend, 'before')
    const all = await settling.call(twin, subject as Subject)
    const after = await t.dump(twin)
    let done = 0
    const count = await atEveryAccess(
      t,
      kind,
      () => settling.call(t.backend, subject as Subject),
      async (error, accesses) => {
        const what = `${settling.name}, ${kind} after ${accesses} accesses`
        told(t, error, kind, accesses, what)
        done = await settledWholly(t, await look(t, t.backend, what), { before, after }, what)
      },
    )
    t.assert.equal(count, (all as number) - done, `${settling.name} counts those that were left after ${kind}`)
    const end = await look(t, t.backend, 'done')
    t.assert.equal(withoutGrowing(end), withoutGrowing(after), `${settling.name}, done under ${kind}`)
  }
}

export const faultRules: readonly Rule[] = [
  ruleFor(
    'STT-09',
    'Statistics of a store that cannot be read reject; zero means zero.',
    readUnderFaults,
    STATISTICS,
    readAtEveryAccess,
  ),
  ruleFor(
    'BGT-14',
    'Background tasks of a store that cannot be read reject; empty means empty.',
    readUnderFaults,
    TASK_LISTS,
    readAtEveryAccess,
  ),
  ruleFor(
    'DUR-31',
    'A read of a store that fails rejects with BUSY or IO, or gives exactly what is stored: never null, empty or a part of it.',
    readUnderFaults,
    OTHER_READS,
    readAtEveryAccess,
  ),
  ruleFor(
    'DUR-10',
    'Whatever of the storage fails during a write (a lock, the space, reading, writing), it rejects with BUSY or IO and nothing has changed, or it was made wholly (and COMMIT_UNKNOWN says that this may be so); when the fault is over, everything works.',
    { ...perGroup, needs: ['faults', 'reopen'], timeoutMs: 30_000 },
    ATOMIC,
    async (t, write) => {
      const pair = { backend: t.backend, twin: await t.other() }
      for (const kind of t.faults.kinds) {
        await writeAtEveryAccess(t, write, kind, pair)
        const before = await t.dump(pair.backend)
        pair.backend = await t.reopen()
        t.assert.equal(await look(t, pair.backend, 'reopened'), before, `reopened after ${kind}`)
      }
    },
  ),
  ruleFor(
    'CLN-11',
    'A cleanup (or stale marking) that fails in the middle has settled each run wholly or not at all; repeated, it settles and counts those that were left.',
    { ...perGroup, needs: ['faults'], timeoutMs: 30_000 },
    SETTLING,
    settleAtEveryAccess,
  ),
]
