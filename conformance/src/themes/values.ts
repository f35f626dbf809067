import type { Storable } from '@flujo-state/core'
import type { RuleContext } from '../context.js'
import { SLOTS, type Slot } from '../fixtures/slots.js'
import {
  ENVELOPES,
  KEY_VALUES,
  LOOK_ALIKES,
  NUMBER_VALUES,
  PLAIN_VALUES,
  RICH_VALUES,
  TEXT_VALUES,
  UNSTORABLE_VALUES,
} from '../fixtures/values.js'
import { type Rule, ruleFor } from '../rule.js'

type Corpus = Readonly<Record<string, () => unknown>>

/** Writes every value under an id of its own, at the top of the slot and inside an array, and reads them back. */
async function comesBack(t: RuleContext, slot: Slot, corpus: Corpus): Promise<void> {
  const cases = Object.entries(corpus).map(([name, make], index) => ({ name, make, id: `value-${index}` }))
  // At once, so that a store that waits for a disk waits once.
  await Promise.all(cases.map(({ id }) => slot.prepare?.(t.backend, id)))
  const writes = cases.map(({ id, name, make }) =>
    t.assert.resolves(slot.write(t.backend, id, make() as Storable), name),
  )
  await Promise.all(writes)
  for (const { name, make, id } of cases) {
    // At the top of a payload that may be any value, undefined means that none was given.
    const expected = make() === undefined && !slot.path.endsWith('.value') ? null : make()
    t.assert.equal(await slot.read(t.backend, id), expected, name)
  }
  const all = () => Object.values(corpus).map((make) => make())
  await slot.prepare?.(t.backend, 'together')
  await t.assert.resolves(slot.write(t.backend, 'together', all() as Storable), 'all together')
  t.assert.equal(await slot.read(t.backend, 'together'), all(), 'all together')
}

/** A rule about a corpus, for each slot. */
function fidelity(id: string, statement: string, corpus: Corpus): Rule {
  return perSlot(id, statement, (t, slot) => comesBack(t, slot, corpus))
}

function perSlot(id: string, statement: string, run: (t: RuleContext, slot: Slot) => Promise<void>): Rule {
  return ruleFor(id, statement, { variantRequires: ({ group }) => [group] }, SLOTS, run)
}

async function roundTrip(t: RuleContext, slot: Slot, make: () => unknown, what: string): Promise<void> {
  const id = t.gen.runId('value')
  await slot.prepare?.(t.backend, id)
  await t.assert.resolves(slot.write(t.backend, id, make() as Storable), what)
  t.assert.equal(await slot.read(t.backend, id), make(), what)
}

function nested(depth: number, kind: 'arrays' | 'objects'): unknown {
  let value: unknown = 'end'
  for (let level = 0; level < depth; level++) value = kind === 'arrays' ? [value] : { in: value }
  return value
}

/** Payloads that stores search, each in its own way, and the one that is the largest of most: the deepest value is tried there. */
const LOOKED_INTO = [SLOTS['snapshot metadata'], SLOTS['run metadata'], SLOTS.pipelineContext]

/** Joins a path inside a value to the slot's own. */
const pathIn = (slot: Slot, path: string) => slot.path + path.slice(1)

function throwingProxy(): object {
  const refuse = () => {
    throw new Error('hands off')
  }
  return new Proxy({}, { get: refuse, ownKeys: refuse, getOwnPropertyDescriptor: refuse, getPrototypeOf: refuse })
}

const pick = (corpus: Corpus, test: (name: string) => boolean): Corpus =>
  Object.fromEntries(Object.entries(corpus).filter(([name]) => test(name)))

export const valueRules: readonly Rule[] = [
  fidelity('VAL-01', 'Every shape of plain JSON comes back equal.', PLAIN_VALUES),
  fidelity('VAL-02', 'Numbers come back exactly.', NUMBER_VALUES),
  fidelity('VAL-03', 'NaN, the infinities and minus zero come back as themselves.', {
    NaN: () => Number.NaN,
    Infinity: () => Number.POSITIVE_INFINITY,
    '-Infinity': () => Number.NEGATIVE_INFINITY,
    '-0': () => -0,
    inside: () => ({ a: [Number.NaN, -0, 0], b: Number.NEGATIVE_INFINITY }),
  }),
  fidelity('VAL-04', 'Texts come back unit for unit.', TEXT_VALUES),
  fidelity(
    'VAL-05',
    'Lone surrogates come back as they are.',
    pick(TEXT_VALUES, (name) => name.includes('surrogate')),
  ),
  fidelity('VAL-06', 'Own keys with special names come back as own keys; no prototype is touched.', KEY_VALUES),

  perSlot('VAL-07', 'Arrays keep order and length: of 0, 1 and 10,000 items, nested.', async (t, slot) => {
    for (const length of [0, 1, 10_000])
      await roundTrip(t, slot, () => Array.from({ length }, (_, n) => (n * 7919) % 10_007), `${length} items`)
    await roundTrip(t, slot, () => Array.from({ length: 50 }, (_, n) => Array.from({ length: n }, () => n)), 'nested')
  }),

  fidelity('VAL-08', 'undefined in objects and arrays, and holes, come back as themselves.', {
    'undefined member': () => ({ a: undefined, b: 1 }),
    'undefined item': () => [undefined, 1, undefined],
    'sparse array': RICH_VALUES['sparse array'] as () => unknown,
    'only holes': RICH_VALUES['only holes'] as () => unknown,
    'hole beside undefined': () => {
      const items: unknown[] = [undefined]
      items[2] = null
      return { items }
    },
  }),

  fidelity('VAL-09', 'Every type of the codec comes back as that type, with its content.', RICH_VALUES),

  perSlot('VAL-10', 'A cycle is refused; the same object twice without a cycle is not.', async (t, slot) => {
    const shared = () => {
      const leaf = { tags: ['x'] }
      return { a: leaf, b: [leaf, { leaf }], c: leaf.tags }
    }
    await roundTrip(t, slot, shared, 'shared object')
    for (const [name, { make, path }] of Object.entries(UNSTORABLE_VALUES).filter(([name]) => name.startsWith('cycle')))
      await t.assert.rejects(() => slot.write(t.backend, 'cycle', make() as Storable), 'SERIALIZATION', {
        path: pathIn(slot, path),
        what: name,
      })
  }),

  fidelity('VAL-11', 'A text that looks like something else stays a text.', LOOK_ALIKES),
  fidelity('VAL-12', 'A plain object that looks like an envelope of some codec stays that object.', ENVELOPES),

  perSlot('VAL-13', 'A text of 1 MiB comes back exactly.', async (t, slot) => {
    await roundTrip(t, slot, () => 'a é\u0000😀"\\'.repeat(95_326), '1 MiB')
  }),

  perSlot(
    'VAL-14',
    'A value 1,000 levels deep comes back; a deeper one comes back too or is refused, never cut.',
    async (t, slot) => {
      // Some slots put the value into an object of theirs.
      const deepest = slot.path.endsWith('.value') ? 999 : 1_000
      for (const kind of ['arrays', 'objects'] as const)
        for (const depth of [1, 100, deepest])
          await roundTrip(t, slot, () => nested(depth, kind), `${depth} levels of ${kind}`)
      await slot.prepare?.(t.backend, 'deep')
      const before = await t.dump(t.backend, ['deep'])
      const far = LOOKED_INTO.includes(slot) ? 10_000 : 2_000
      const deep = nested(far, 'arrays') as Storable
      const refused = await slot.write(t.backend, 'deep', deep).then(
        () => false,
        () => true,
      )
      if (refused) t.assert.equal(await t.dump(), before, 'nothing of the refused value was stored')
      else t.assert.equal(await slot.read(t.backend, 'deep'), deep, `${far} levels`)
    },
  ),

  perSlot('VAL-15', 'A getter or proxy that throws is refused, and nothing is stored.', async (t, slot) => {
    const { make, path } = UNSTORABLE_VALUES['throwing getter'] as (typeof UNSTORABLE_VALUES)[string]
    await slot.prepare?.(t.backend, 'a')
    const before = await t.dump(t.backend, ['a'])
    const options = { path: pathIn(slot, path) }
    await t.assert.rejects(() => slot.write(t.backend, 'a', make() as Storable), 'SERIALIZATION', options)
    await t.assert.rejects(() => slot.write(t.backend, 'a', { deep: throwingProxy() } as Storable), 'SERIALIZATION')
    t.assert.equal(await t.dump(), before)
  }),

  perSlot(
    'VAL-16',
    'What comes back is made of ordinary objects and arrays, writable and without accessors.',
    async (t, slot) => {
      await slot.prepare?.(t.backend, 'a')
      await slot.write(
        t.backend,
        'a',
        Object.freeze({ list: Object.freeze([Object.freeze({ n: 1 })]), object: {} }) as Storable,
      )
      const value = t.assert.present((await slot.read(t.backend, 'a')) as Record<string, unknown>, 'the value')
      t.assert.equal(value, { list: [{ n: 1 }], object: {} })
      for (const object of [
        value,
        value.list as object,
        (value.list as object[])[0] as object,
        value.object as object,
      ]) {
        t.assert.ok(!Object.isFrozen(object) && Object.isExtensible(object), 'it can be changed')
        for (const descriptor of Object.values(Object.getOwnPropertyDescriptors(object)))
          t.assert.ok('value' in descriptor, 'no accessors')
      }
    },
  ),

  perSlot(
    'VAL-17',
    'What cannot be stored is refused before anything is written, and the error points at it.',
    async (t, slot) => {
      await slot.prepare?.(t.backend, 'a')
      const before = await t.dump(t.backend, ['a'])
      for (const [name, { make, path }] of Object.entries(UNSTORABLE_VALUES)) {
        const error = await t.assert.rejects(() => slot.write(t.backend, 'a', make() as Storable), 'SERIALIZATION', {
          what: name,
        })
        const expected = pathIn(slot, path)
        t.assert.ok(error.path?.startsWith(expected), `${name}: the path begins with ${expected}, is ${error.path}`)
        t.assert.ok(error.message.includes(error.path ?? ''), `${name}: the message has the path: ${error.message}`)
      }
      t.assert.equal(await t.dump(), before)
    },
  ),

  ruleFor(
    'VAL-18',
    'A document of 5 MiB comes back exactly.',
    { requires: ['states', 'steps'], timeoutMs: 20_000 },
    { pipelineContext: SLOTS.pipelineContext as Slot, 'step output': SLOTS['step output'] as Slot },
    async (t, slot) => {
      const document = () =>
        Array.from({ length: 20_000 }, (_, n) => ({ n, text: `${n} `.repeat(40).slice(0, 220), tags: ['a', null] }))
      await roundTrip(t, slot, document, '5 MiB')
    },
  ),
]
