import { wrong } from '../fixtures/runs.js'
import { fromNow, idsOf, SECOND } from '../fixtures/workflows.js'
import { type Rule, rule, ruleFor } from '../rule.js'

const RUNS = { requires: ['runs'] } as const
const parse = (text: string) => JSON.parse(text)

const bufferOf = (...bytes: number[]) => new Uint8Array(bytes).buffer
function holeAtTheEnd(...items: number[]): number[] {
  const array = [...items]
  array.length += 1
  return array
}

type Case = readonly [metadata: unknown, filter: unknown]

/** Metadata that contains the filter. */
const MATCHES: Readonly<Record<string, Case>> = {
  'an empty filter': [{ a: 1 }, {}],
  'an empty filter on empty metadata': [{}, {}],
  'one key of several': [{ a: 1, b: 2 }, { a: 1 }],
  'a nested key': [{ a: { b: { c: 1, d: 2 } } }, { a: { b: { d: 2 } } }],
  'an empty nested object': [{ a: { b: 1 } }, { a: {} }],
  'several keys': [
    { a: 1, b: { c: 2 }, d: 3 },
    { d: 3, b: { c: 2 } },
  ],
  'a null': [{ a: null }, { a: null }],
  'an equal array': [{ a: [1, { b: [2] }] }, { a: [1, { b: [2] }] }],
  'an empty array': [{ a: [] }, { a: [] }],
  'an object in an array, keys in another order': [{ a: [{ b: 1, c: 2 }] }, { a: [{ c: 2, b: 1 }] }],
  'a key with dots': [{ 'a.b': 1 }, { 'a.b': 1 }],
  'a key with quotes': [{ 'it\'s "so"': 1 }, { 'it\'s "so"': 1 }],
  'a key with $': [{ $ne: 1 }, { $ne: 1 }],
  'an empty key': [{ '': 1 }, { '': 1 }],
  'a key that is a number': [{ 0: 'a' }, { 0: 'a' }],
  'a text with a NUL and half a character': [{ a: 'x\u0000\ud800' }, { a: 'x\u0000\ud800' }],
  'a date': [{ a: new Date(5) }, { a: new Date(5) }],
  'a Map': [{ a: new Map([['k', { v: 1 }]]) }, { a: new Map([['k', { v: 1 }]]) }],
  'a Set': [{ a: new Set([1, 'x']) }, { a: new Set([1, 'x']) }],
  'a bigint': [{ a: 1n }, { a: 1n }],
  NaN: [{ a: Number.NaN }, { a: Number.NaN }],
  'undefined that is there': [{ a: undefined }, { a: undefined }],
  bytes: [{ a: new Uint8Array([1, 2]) }, { a: new Uint8Array([1, 2]) }],
  'a buffer': [{ a: bufferOf(1, 2) }, { a: bufferOf(1, 2) }],
  'a view': [{ a: new DataView(bufferOf(1, 2, 3), 1) }, { a: new DataView(bufferOf(2, 3)) }],
  'a regular expression': [{ a: /x+/gi }, { a: /x+/gi }],
  'an address': [{ a: new URL('https://a.example/b?c') }, { a: new URL('https://a.example/b?c') }],
  'an error': [{ a: new Error('broken', { cause: [1] }) }, { a: new Error('broken', { cause: [1] }) }],
  'an object without a prototype': [{ a: { b: 1, c: 2 } }, { a: Object.assign(Object.create(null), { b: 1 }) }],
}

/** Metadata that does not contain the filter. */
const MISSES: Readonly<Record<string, Case>> = {
  'another value': [{ a: 1 }, { a: 2 }],
  'a key that is not there': [{ a: 1 }, { b: 1 }],
  'one of two keys': [{ a: 1 }, { a: 1, b: 2 }],
  'null where the key is not there': [{ a: 1 }, { b: null }],
  'undefined where the key is not there': [{ a: 1 }, { b: undefined }],
  'undefined where null is': [{ a: null }, { a: undefined }],
  'a number and a text': [{ a: '1' }, { a: 1 }],
  'a text and a number': [{ a: 1 }, { a: '1' }],
  'a number and a bigint': [{ a: 1 }, { a: 1n }],
  'false and 0': [{ a: 0 }, { a: false }],
  'true and 1': [{ a: 1 }, { a: true }],
  'an empty text and 0': [{ a: 0 }, { a: '' }],
  'null and an empty object': [{ a: null }, { a: {} }],
  'a text in another case': [{ a: 'x' }, { a: 'X' }],
  'a beginning of a text': [{ a: 'xyz' }, { a: 'x' }],
  'a pattern': [{ a: 'xyz' }, { a: 'x%' }],
  'an operator': [{ a: 1 }, { a: { $ne: 2 } }],
  'a part of an array': [{ a: [1, 2] }, { a: [1] }],
  'an item of an array': [{ a: [1, 2] }, { a: 1 }],
  'an array in another order': [{ a: [1, 2] }, { a: [2, 1] }],
  'a part of an object in an array': [{ a: [{ b: 1, c: 2 }] }, { a: [{ b: 1 }] }],
  'an array asked as an object': [{ a: [1] }, { a: { 0: 1 } }],
  'an object asked as an array': [{ a: { 0: 1 } }, { a: [1] }],
  'a path for a nested key': [{ a: { b: 1 } }, { 'a.b': 1 }],
  'a nested key for a path': [{ 'a.b': 1 }, { a: { b: 1 } }],
  'a key one level up': [{ a: { b: 1 } }, { b: 1 }],
  'a date and its text': [{ a: new Date(5).toISOString() }, { a: new Date(5) }],
  'a date and another': [{ a: new Date(5) }, { a: new Date(6) }],
  'a Map asked as an object': [{ a: new Map([['k', 1]]) }, { a: { k: 1 } }],
  'a Map with less': [
    {
      a: new Map([
        ['k', 1],
        ['l', 2],
      ]),
    },
    { a: new Map([['k', 1]]) },
  ],
  'a Map with more': [
    { a: new Map([['k', 1]]) },
    {
      a: new Map([
        ['k', 1],
        ['l', 2],
      ]),
    },
  ],
  'a Set with one other value': [{ a: new Set([1, 2]) }, { a: new Set([1, 3]) }],
  'a number and NaN': [{ a: 1 }, { a: Number.NaN }],
  'NaN and a number': [{ a: Number.NaN }, { a: 1 }],
  'null and an array': [{ a: null }, { a: [] }],
  'an array and null': [{ a: [] }, { a: null }],
  'undefined and an array': [{ a: undefined }, { a: [] }],
  'an object and undefined': [{ a: {} }, { a: undefined }],
  'more than an object in an array has': [{ a: [{ b: 1 }] }, { a: [{ b: 1, c: 2 }] }],
  'an array and the same with a hole at its end': [{ a: [1] }, { a: holeAtTheEnd(1) }],
  'a buffer and another': [{ a: bufferOf(1, 2) }, { a: bufferOf(1, 3) }],
  'a part of a buffer': [{ a: bufferOf(1, 2) }, { a: bufferOf(1) }],
  'a view and another': [{ a: new DataView(bufferOf(1, 2)) }, { a: new DataView(bufferOf(1, 3)) }],
  'a view and one of more bytes': [{ a: new DataView(bufferOf(1)) }, { a: new DataView(bufferOf(1, 2)) }],
  'a buffer and its bytes': [{ a: bufferOf(1) }, { a: new Uint8Array([1]) }],
  'a regular expression and another': [{ a: /x/g }, { a: /x/i }],
  'an address and another': [{ a: new URL('https://a.example/b') }, { a: new URL('https://a.example/c') }],
  'an error and one with another message': [{ a: new Error('broken') }, { a: new Error('lost') }],
  'an error and one with another cause': [
    { a: new Error('broken', { cause: 1 }) },
    { a: new Error('broken', { cause: 2 }) },
  ],
}

const KEYS_OF_ALL_OBJECTS = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf']

export const runMetadataFilterRules: readonly Rule[] = [
  ruleFor(
    'RUN-10',
    'metadataFilter matches by containment: nested objects contain, all else is deep-equal.',
    RUNS,
    MATCHES,
    async (t, [metadata, filter]) => {
      await t.backend.saveRunStart({ runId: 'r', metadata: wrong(metadata) })
      t.assert.equal(idsOf(await t.backend.listRuns({ metadataFilter: wrong(filter) })), ['r'])
    },
  ),

  ruleFor(
    'RUN-30',
    'metadataFilter does not match what is not contained.',
    RUNS,
    MISSES,
    async (t, [metadata, filter]) => {
      await t.backend.saveRunStart({ runId: 'r', metadata: wrong(metadata) })
      t.assert.equal(idsOf(await t.backend.listRuns({ metadataFilter: wrong(filter) })), [])
      t.assert.equal(idsOf(await t.backend.listRuns()), ['r'], 'without the filter')
    },
  ),

  rule('RUN-11', 'metadataFilter finds keys like `__proto__` and `constructor` only as own keys.', RUNS, async (t) => {
    await t.backend.saveRunStart({ runId: 'plain', metadata: { a: 1 } })
    for (const key of KEYS_OF_ALL_OBJECTS)
      await t.backend.saveRunStart({ runId: key, metadata: parse(`{"${key}":{"own":1,"more":2}}`) })
    for (const key of KEYS_OF_ALL_OBJECTS) {
      const found = async (value: string) =>
        idsOf(await t.backend.listRuns({ metadataFilter: parse(`{"${key}":${value}}`) }))
      t.assert.equal(await found('{}'), [key], `${key} that contains {}`)
      t.assert.equal(await found('{"own":1}'), [key], `${key} that contains own: 1`)
      t.assert.equal(await found('{"own":2}'), [], `${key} that contains own: 2`)
    }
  }),

  rule('RUN-12', 'metadataFilter applies before limit and offset.', RUNS, async (t) => {
    const matching: string[] = []
    for (let index = 0; index < 24; index++) {
      const runId = `run ${String(index).padStart(2, '0')}`
      if (index % 3 === 0) matching.unshift(runId)
      await t.backend.saveRunStart({ runId, createdAt: fromNow(t, index * SECOND), metadata: { third: index % 3 } })
    }
    const metadataFilter = { third: 0 }
    t.assert.equal(idsOf(await t.backend.listRuns({ metadataFilter })), matching, 'unpaged')
    for (const [limit, offset] of [
      [3, 0],
      [3, 2],
      [8, 0],
      [9, 7],
      [1, 7],
      [5, 8],
      [0, 0],
    ] as const)
      t.assert.equal(
        idsOf(await t.backend.listRuns({ metadataFilter, limit, offset })),
        matching.slice(offset, offset + limit),
        `limit ${limit}, offset ${offset}`,
      )
    t.assert.equal(idsOf(await t.backend.listRuns({ metadataFilter, offset: 6 })), matching.slice(6), 'offset alone')
  }),

  rule(
    'RUN-31',
    "metadataFilter looks at the snapshot's metadata if there is a snapshot, else at the run's.",
    { requires: ['runs', 'states'] },
    async (t) => {
      await t.backend.saveRunStart({ runId: 'both', metadata: { of: 'run' } })
      await t.backend.saveState('both', t.gen.state({ metadata: { of: 'snapshot' } }))
      await t.backend.saveRunStart({ runId: 'run only', metadata: { of: 'run' } })
      t.assert.equal(idsOf(await t.backend.listRuns({ metadataFilter: { of: 'snapshot' } })), ['both'])
      t.assert.equal(idsOf(await t.backend.listRuns({ metadataFilter: { of: 'run' } })), ['run only'])
    },
  ),

  rule('RUN-32', 'Changing the filter after the call changes nothing.', RUNS, async (t) => {
    for (const runId of ['a', 'b']) await t.backend.saveRunStart({ runId, metadata: { name: runId } })
    const metadataFilter = { name: 'a' }
    const call = t.backend.listRuns({ metadataFilter })
    metadataFilter.name = 'b'
    t.assert.equal(idsOf(await call), ['a'])
  }),

  rule(
    'RUN-33',
    'A metadataFilter that holds what cannot be stored is refused with SERIALIZATION.',
    RUNS,
    async (t) => {
      const filter = { deep: { callback: () => 1 } }
      await t.assert.rejects(() => t.backend.listRuns({ metadataFilter: wrong(filter) }), 'SERIALIZATION', {
        path: '$.metadataFilter.deep.callback',
      })
    },
  ),
]
