import type { RuleContext } from '../context.js'
import { difference } from '../equality.js'
import { METHODS, type Method } from '../fixtures/methods.js'
import { deepFreeze, objectsIn, scramble } from '../fixtures/scramble.js'
import { fillWorld, WORLD_IDS } from '../fixtures/world.js'
import { WRITE_CALLS, type WriteCall } from '../fixtures/writes.js'
import { type Rule, rule, ruleFor } from '../rule.js'

const perWrite = { variantRequires: ({ groups }: WriteCall) => groups }
const READS = METHODS.filter(({ kind }) => kind === 'read')
const perRead = { variantRequires: ({ group }: Method) => [group] }
const reads = Object.fromEntries(READS.map((method) => [method.name, method]))
/** Where `fillWorld` has put something for the method to find. */
const subjectOf = ({ name }: Method) => (name === 'getSpans' ? 'Plain' : 'plain')

/** What the write should have stored, written to a store of its own with arguments that nobody touches. */
async function undisturbed(t: RuleContext, write: WriteCall) {
  const other = await t.other()
  await write.prepare?.(other)
  await write.call(other, write.args())
  return t.dump(other)
}

export const isolationRules: readonly Rule[] = [
  ruleFor(
    'ISO-01',
    'Changing the arguments after the write changes nothing that is stored, at any depth.',
    perWrite,
    WRITE_CALLS,
    async (t, write) => {
      const expected = await undisturbed(t, write)
      await write.prepare?.(t.backend)
      const args = write.args()
      await write.call(t.backend, args)
      scramble(args)
      t.assert.equal(await t.dump(), expected)
    },
  ),

  ruleFor(
    'ISO-02',
    'Changing the arguments right after the call, before it has resolved, changes nothing that is stored.',
    perWrite,
    WRITE_CALLS,
    async (t, write) => {
      const expected = await undisturbed(t, write)
      await write.prepare?.(t.backend)
      const args = write.args()
      const pending = write.call(t.backend, args)
      scramble(args)
      await t.assert.resolves(pending, 'the call')
      t.assert.equal(await t.dump(), expected)
    },
  ),

  ruleFor(
    'ISO-03',
    'Changing what a read gave changes neither the store nor what other reads give.',
    perRead,
    reads,
    async (t, method) => {
      const other = await t.other()
      await fillWorld(t)
      await fillWorld(t, other)
      const subject = subjectOf(method)
      const expected = await method.call(other, subject)
      const kept = await method.call(t.backend, subject)
      const changed = await method.call(t.backend, subject)
      t.assert.ok(objectsIn(changed).size > 0, `${method.name} gives something`)
      scramble(changed)
      t.assert.equal(kept, expected, 'what another read gave')
      t.assert.equal(await method.call(t.backend, subject), expected, 'what a later read gives')
    },
  ),

  rule('ISO-04', 'No two reads give the same object, and none gives one that was handed in.', {}, async (t) => {
    const usable = READS.filter(({ group }) => t.backend.capabilities[group])
    const owners = new Map<object, string>()
    for (const [name, write] of Object.entries(WRITE_CALLS)) {
      if (!write.groups.every((group) => t.backend.capabilities[group])) continue
      const args = write.args()
      await write.prepare?.(t.backend)
      await write.call(t.backend, args)
      for (const object of objectsIn(args)) owners.set(object, `the arguments of ${name}`)
    }
    for (const round of [1, 2])
      for (const method of usable)
        for (const object of objectsIn(await method.call(t.backend, 'subject'))) {
          const owner = owners.get(object)
          if (owner) t.assert.fail(`${method.name} (time ${round}) gave an object that is also in ${owner}`)
          owners.set(object, `what ${method.name} gave (time ${round})`)
        }
    t.assert.ok(owners.size > 100, `objects were compared, got ${owners.size}`)
  }),

  ruleFor(
    'ISO-05',
    'Arguments are not changed: deeply frozen ones are taken, and equal afterwards.',
    perWrite,
    WRITE_CALLS,
    async (t, write) => {
      const expected = await undisturbed(t, write)
      await write.prepare?.(t.backend)
      const args = deepFreeze(write.args())
      await t.assert.resolves(write.call(t.backend, args), 'a call with frozen arguments')
      t.assert.equal(args, write.args(), 'the arguments')
      t.assert.equal(await t.dump(), expected, 'the store')
    },
  ),

  ruleFor(
    'ISO-06',
    'A list that was given does not change with later writes.',
    perRead,
    Object.fromEntries(
      READS.filter(({ name }) => /^(list|getSpans|getFailed)/.test(name)).map((method) => [method.name, method]),
    ),
    async (t, method) => {
      const other = await t.other()
      await fillWorld(t, other)
      const expected = await method.call(other, subjectOf(method))
      await fillWorld(t)
      const given = await method.call(t.backend, subjectOf(method))
      // Some have nothing to do: a lease that is not held, a snapshot that was deleted.
      for (const write of METHODS.filter(({ kind, group }) => kind === 'write' && t.backend.capabilities[group]))
        for (const runId of ['plain', 'Plain', 'new']) await write.call(t.backend, runId).catch(() => {})
      if (t.backend.capabilities.states) for (const runId of WORLD_IDS) await t.backend.deleteState(runId)
      const now = await method.call(t.backend, subjectOf(method))
      t.assert.ok(difference(now, expected) !== null, 'the later writes change what it gives')
      t.assert.equal(given, expected)
    },
  ),
]
