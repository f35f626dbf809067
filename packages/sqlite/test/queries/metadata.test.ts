/** Whatever metadata is stored, by whatever codec, and whatever is filtered for: an index changes no answer. */
import { type Codec, contains, createCodec, type RunFilter } from '@flujo-state/core'
import Database from 'better-sqlite3'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SQLiteBackend, SQLiteBackendOptions } from '../../src/index.js'
import { backendOf, handleOf } from '../support/backends.js'
import { aState } from '../support/state.js'
import { temporaryFile } from '../support/temporary.js'

const plain = createCodec()
const codecs: Record<string, Codec | undefined> = {
  default: undefined,
  'made by createCodec': plain,
  'no JSON': {
    json: false,
    encode: (value) => Buffer.from(plain.encode(value)).toString('hex'),
    decode: (text) => plain.decode(Buffer.from(text, 'hex').toString()),
  },
  'JSON of its own, asynchronous': {
    json: true,
    encode: async (value) => JSON.stringify({ a: 1, text: plain.encode(value) }),
    decode: async (text) => plain.decode(JSON.parse(text).text),
  },
}

// Few keys and values, so that many are equal or nearly so. Two keys differ in capitals only.
const key = fc.constantFrom('a', 'A', 'b', '$flujo', '__proto__', 'é')
const primitive = fc.constantFrom(
  ...[0, -0, 1, 12, 1.5, 0.1, 1e21, 2 ** 60, 2 ** 53 + 2, Number.NaN, 1n],
  ...['', '1', 'a', 'true', 'null', '{', 'quo"te', 'x\0y', '\ud800', '\\u0061', true, false, null, undefined],
  new Date(0),
)
const { object } = fc.letrec<{ value: unknown; object: Record<string, unknown> }>((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, primitive, fc.array(tie('value'), { maxLength: 2 }), tie('object')),
  object: fc.array(fc.tuple(key, tie('value')), { maxLength: 3 }).map((entries) => Object.fromEntries(entries)),
}))
type Metadata = NonNullable<RunFilter['metadataFilter']>
const metadata = fc.oneof(
  object,
  object.map((object) => Object.assign(Object.create(null), object)),
) as fc.Arbitrary<Metadata>
const runId = fc.constantFrom('r1', 'r2', 'r3', 'r4')

type Call = (backend: SQLiteBackend) => Promise<unknown>
const call: fc.Arbitrary<Call> = fc.oneof(
  fc.tuple(runId, metadata).map(
    ([runId, metadata]): Call =>
      (b) =>
        b.saveRunStart({ runId, metadata }),
  ),
  fc.tuple(runId, metadata).map(
    ([id, metadata]): Call =>
      (b) =>
        b.saveState(id, aState({ metadata })),
  ),
  fc.tuple(runId, metadata).map(
    ([id, metadata]): Call =>
      (b) =>
        b.updateState(id, { metadata }),
  ),
  fc.tuple(runId, metadata).map(
    ([id, metadata]): Call =>
      (b) =>
        b.saveRunEnd(id, { metadata }, { state: { metadata, status: 'completed' } }),
  ),
  runId.map(
    (id): Call =>
      (b) =>
        b.saveState(id, aState()),
  ),
  runId.map(
    (id): Call =>
      (b) =>
        b.persistEvaluation(id, { score: 1 }),
  ),
  runId.map(
    (id): Call =>
      (b) =>
        b.deleteState(id),
  ),
  runId.map(
    (id): Call =>
      (b) =>
        b.deleteRun(id),
  ),
)

describe.each(Object.entries(codecs))('metadata of the codec %s', (_name, codec) => {
  it.each([[[]], [['a', 'A', 'b']]])(
    'is found with indexes of %j as by looking at every run',
    async (indexedMetadata) => {
      const rest = fc.record(
        {
          status: fc.constantFrom('running' as const, ['completed' as const, 'failed' as const]),
          limit: fc.nat(3),
          offset: fc.nat(2),
        },
        { requiredKeys: [] },
      )
      const filters = fc.array(fc.tuple(metadata, rest), { minLength: 4 })
      await fc.assert(
        fc.asyncProperty(fc.array(call, { maxLength: 12 }), filters, async (calls, filters) => {
          const handle = new Database(':memory:')
          const backend = backendOf(handle, { indexedMetadata, codec })
          for (const call of calls) await call(backend).catch(() => null)
          const all = await backend.listRuns()
          // Also what some run surely has.
          const likely = all.map(({ metadata }) => [metadata, {}] as const)
          for (const [filter, { limit = Infinity, offset = 0, status }] of [...filters, ...likely] as Asked[]) {
            const matching = (await backend.listRuns({ status })).filter(({ metadata }) => contains(metadata, filter))
            const page = { status, offset, ...(limit < Infinity && { limit }) }
            expect(await backend.listRuns({ metadataFilter: filter, ...page })).toEqual(
              matching.slice(offset, offset + limit),
            )
          }
          for (const run of all)
            expect(await backend.getRunDetails(run.runId)).toMatchObject({ metadata: run.metadata })
          const copies = handle.prepare(`select runs.run_id from runs left join workflow_state using (run_id)
          where state_metadata is not workflow_state.metadata`)
          expect(copies.all()).toEqual([])
          await backend.shutdown()
          handle.close()
        }),
        { numRuns: 25 },
      )
    },
    60_000,
  )
})

type Asked = readonly [Metadata, Pick<RunFilter, 'status' | 'limit' | 'offset'>]

const names = (path: string) =>
  handleOf(path).prepare("select name from sqlite_schema where name like 'runs_by_metadata%' order by 1").pluck().all()

describe('indexedMetadata', () => {
  it('makes an index for each key, once, and leaves those that are not declared any more', async () => {
    const path = temporaryFile()
    const open = (indexedMetadata: string[], migrate: SQLiteBackendOptions['migrate'] = 'auto') =>
      backendOf(path, { indexedMetadata, migrate }).open()
    await open(['tenant', 'Tenant'])
    expect(names(path)).toEqual(['runs_by_metadata_^tenant', 'runs_by_metadata_tenant'])
    await open(['tenant', 'order'])
    await open([])
    expect(names(path)).toHaveLength(3)
    await open(['other'], 'verify')
    await open(['other'], 'off')
    expect(names(path)).toHaveLength(3)
  })

  it.each(['auto', 'verify', 'off'] as const)('is looked up under migrate: %s, if it is there', async (migrate) => {
    const path = temporaryFile()
    await backendOf(path, { indexedMetadata: ['tenant'] }).open()
    const statements: string[] = []
    const handle = new Database(path, { verbose: (sql) => void statements.push(String(sql)) })
    const backend = backendOf(handle, { indexedMetadata: ['order', 'tenant'], migrate })
    await backend.saveRunStart({ runId: 'r', metadata: { tenant: 't1', order: 7 } })
    const planOf = async (filter: RunFilter) => {
      statements.length = 0
      expect(await backend.listRuns(filter)).toHaveLength(1)
      const sql = statements.find((sql) => /^select .* from "runs"/.test(sql))
      const rows = handle.prepare(`explain query plan ${sql}`).all() as { detail: string }[]
      return rows.map(({ detail }) => detail)
    }
    const search = 'SEARCH runs USING INDEX runs_by_metadata_tenant (<expr>=?)'
    const merged = ['MERGE (UNION ALL)', 'LEFT', search, 'RIGHT', search]
    expect(await planOf({ metadataFilter: { tenant: 't1' } })).toEqual(merged)
    expect(
      await planOf({ metadataFilter: { tenant: 't1', order: 7 }, status: ['running', 'failed'], limit: 5 }),
    ).toEqual(migrate === 'auto' ? expect.arrayContaining(['MERGE (UNION ALL)']) : merged)
    await backend.shutdown()
    handle.close()
  })

  it('judges what another codec wrote as without an index', async () => {
    const path = temporaryFile()
    const hex = codecs['no JSON']
    await backendOf(path, { codec: hex }).saveRunStart({ runId: 'foreign', metadata: { a: 1 } })
    const backend = backendOf(path, { indexedMetadata: ['a'] })
    for (const metadataFilter of [{ a: 1 }, { b: 1 }])
      await expect(backend.listRuns({ metadataFilter })).rejects.toMatchObject({
        code: 'DESERIALIZATION',
        runId: 'foreign',
      })
  })
})
