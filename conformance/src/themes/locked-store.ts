import type { StateBackend } from '@flujo-state/core'
import type { RuleContext } from '../context.js'
import type { Dump } from '../dump.js'
import { bytesOf, sameBytes } from '../fixtures/raw-bytes.js'
import { type SubjectCall, saveOneRun, saveSubject, WRITES } from '../fixtures/subjects.js'
import { look, MANY, told, underFault } from '../fixtures/under-fault.js'
import { type Rule, rule } from '../rule.js'
import { show } from '../show.js'

/** A call that did not fail had nothing to write. */
function didNothing(t: RuleContext, { name }: SubjectCall, value: unknown): void {
  t.assert.ok(value === 0 || name === 'compact', `${name} is not told, and gives ${show(value)}`)
}

/** All there is to see where the harness says that this cannot happen to the storage. */
async function isAsBefore(t: RuleContext, backend: StateBackend, before: Dump): Promise<void> {
  t.assert.equal(await look(t, backend, 'reopened'), before, 'reopened')
}

export const lockedStoreRules: readonly Rule[] = [
  rule(
    'DUR-09',
    'A store whose lock others hold is busy, never damaged: whoever opens it reads it or is told BUSY, writes are BUSY, not a byte of it changes, and it works as soon as the lock is free.',
    { needs: ['faults', 'reopen', 'storage'] },
    async (t) => {
      await saveSubject(t.backend, t.clock, 'a')
      const before = await t.dump()
      await t.backend.shutdown()
      const bytes = await bytesOf(t)
      const backend = await t.reopen()
      if (!t.faults.kinds.includes('busy')) return isAsBefore(t, backend, before)
      const loaded = await underFault(t, 'busy', 0, () => backend.loadState('a'))
      if (loaded.ok) t.assert.equal(loaded.value, before.runs.a?.state, 'the snapshot, while the lock is held')
      else told(t, loaded.error, 'busy', null, 'loadState')
      for (const write of Object.values(WRITES).filter(({ group }) => backend.capabilities[group])) {
        const outcome = await underFault(t, 'busy', 0, () =>
          write.call(backend, { runId: 'a', lease: before.runs.a?.lease ?? null }),
        )
        if (outcome.ok) didNothing(t, write, outcome.value)
        else told(t, outcome.error, 'busy', 0, write.name)
      }
      await sameBytes(t, bytes, 'while the lock was held')
      t.assert.equal(await look(t, backend, 'free again'), before, 'the store, free again')
      await backend.setSystemState('a', { n: 1 })
      t.assert.equal((await backend.getSystemState('a'))?.value, { n: 1 }, 'what is written when the lock is free')
    },
  ),
  rule(
    'DUR-11',
    'Of a storage that must not be written to every read works, writes reject with IO, and not a byte changes.',
    { level: 'should', needs: ['faults', 'reopen', 'storage'] },
    async (t) => {
      const subject = await saveSubject(t.backend, t.clock, 'a')
      const before = await t.dump()
      await t.backend.shutdown()
      const bytes = await bytesOf(t)
      const backend = await t.reopen()
      if (!t.faults.kinds.includes('readonly')) return isAsBefore(t, backend, before)
      const seen = await underFault(t, 'readonly', 0, () => t.dump(backend))
      if (seen.ok) t.assert.equal(seen.value, before, 'what is read')
      else t.assert.fail(`it cannot be read: ${show(seen.error)}`)
      for (const write of Object.values(WRITES).filter(({ group }) => backend.capabilities[group])) {
        const outcome = await underFault(t, 'readonly', 0, () => write.call(backend, subject))
        if (outcome.ok) didNothing(t, write, outcome.value)
        else told(t, outcome.error, 'readonly', 0, write.name)
      }
      await sameBytes(t, bytes, 'while it was read-only')
      t.assert.equal(await look(t, backend, 'writable again'), before, 'the store, writable again')
    },
  ),
  rule(
    'DUR-36',
    'A shutdown during which the storage fails resolves or says what failed, and loses nothing: the next instance finds all and writes.',
    { needs: ['faults', 'reopen'], timeoutMs: 20_000 },
    async (t) => {
      await saveOneRun(t.backend, t.clock, 'a')
      const before = await t.dump()
      let backend = t.backend
      for (const kind of t.faults.kinds)
        for (let after = 0; ; after++) {
          const what = `shutdown, ${kind} after ${after} accesses`
          await backend.setSystemState('a', { n: 0 })
          const outcome = await underFault(t, kind, after, () => backend.shutdown())
          if (!outcome.ok) told(t, outcome.error, kind, null, what)
          backend = await t.abandon()
          t.assert.equal(await look(t, backend, what), before, `${what}: the store`)
          if (outcome.ok || after === MANY) break
        }
    },
  ),
]
