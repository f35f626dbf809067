import type { CapabilityGroup, Evaluation } from '@flujo-state/core'
import type { RuleContext } from '../context.js'
import { DAY, HOUR, many, SECOND, save } from '../fixtures/workflows.js'
import { type Rule, ruleFor } from '../rule.js'

interface Paging {
  readonly limit?: number | undefined
  readonly offset?: number | undefined
}

/** A row that a list shall show; `matches`: whether the list's filter wants it. */
interface Row {
  readonly id: string
  readonly time: Date
  readonly matches: boolean
}

/** A list that pages, and how to give it rows that its order and its filter know. */
interface PagedList {
  readonly groups: readonly CapabilityGroup[]
  write(t: RuleContext, row: Row): Promise<unknown>
  /** The ids of a page of the rows that match. */
  page(t: RuleContext, paging: Paging): Promise<(string | null)[]>
  /** What asks for all rows, where that is not the default. */
  readonly all?: Paging
}

const ids = (items: readonly { readonly runId: string }[]) => items.map(({ runId }) => runId)

function writeState(t: RuleContext, { id, time, matches }: Row) {
  const times = { createdAt: time, updatedAt: time }
  const status = matches ? 'failed' : 'running'
  return save(t, id, { status, isBackgroundTask: true, parentRunId: matches ? 'parent' : 'other', ...times })
}

const LISTS = {
  listStates: {
    groups: ['states'],
    write: writeState,
    page: async (t, paging) => ids(await t.backend.listStates({ status: 'failed', ...paging })),
  },
  listWorkflows: {
    groups: ['states'],
    write: (t, { id, time, matches }) => save(t, id, { createdAt: time, pipelineName: matches ? 'n' : 'other' }),
    page: async (t, paging) => ids(await t.backend.listWorkflows({ pipelineName: 'n', ...paging })),
  },
  getFailedWorkflows: {
    groups: ['states'],
    write: writeState,
    page: async (t, paging) => ids(await t.backend.getFailedWorkflows(paging)),
  },
  listBackgroundTasks: {
    groups: ['states', 'backgroundTasks'],
    write: writeState,
    page: async (t, paging) => ids(await t.backend.listBackgroundTasks({ parentRunId: 'parent', ...paging })),
  },
  getFailedBackgroundTasks: {
    groups: ['states', 'backgroundTasks'],
    write: writeState,
    page: async (t, paging) => ids(await t.backend.getFailedBackgroundTasks(paging)),
  },
  listRuns: {
    groups: ['runs'],
    write: (t, { id, time, matches }) =>
      t.backend.saveRunStart({
        runId: id,
        createdAt: time,
        metadata: { matches },
        status: matches ? 'failed' : 'paused',
      }),
    page: async (t, paging) => ids(await t.backend.listRuns({ status: 'failed', ...paging })),
  },
  'listRuns by metadata': {
    groups: ['runs'],
    write: (t, { id, time, matches }) => t.backend.saveRunStart({ runId: id, createdAt: time, metadata: { matches } }),
    page: async (t, paging) => ids(await t.backend.listRuns({ metadataFilter: { matches: true }, ...paging })),
  },
  listEvaluations: {
    groups: ['evaluations'],
    write: (t, { id, time, matches }) => {
      t.clock.set(time)
      return t.backend.persistEvaluation(matches ? 'run' : 'other', { score: 1, feedback: id })
    },
    page: async (t, paging) =>
      (await t.backend.listEvaluations({ runId: 'run', ...paging })).map(({ feedback }: Evaluation) => feedback),
    all: { limit: 5_000 },
  },
} satisfies Record<string, PagedList> as Readonly<Record<string, PagedList>>

const EACH = { variantRequires: ({ groups }: PagedList) => groups }

/** So many rows have the same time: 9, 2 and 1. */
const TIES = [9, 2, 1]
const COUNT = 12
const SIZES = [1, 2, 3, 7, COUNT - 1, COUNT, COUNT + 1]

/** Rows oldest first, with ties; among them as many that do not match, each newer than the row before it. */
function rowsOf(t: RuleContext): Row[] {
  const start = t.clock.now().getTime() - HOUR
  const times = TIES.flatMap((count, n) => Array.from({ length: count }, () => start + n * SECOND))
  return times.flatMap((time, n) => [
    { id: `row ${String((n * 5) % COUNT).padStart(2, '0')}`, time: new Date(time), matches: true },
    { id: `other ${n}`, time: new Date(time + 1), matches: false },
  ])
}

/** Writes the rows one after the other and gives the ids of those that match, as the list gives them all at once. */
async function fill(t: RuleContext, list: PagedList, others = false): Promise<(string | null)[]> {
  for (const row of rowsOf(t)) if (others || row.matches) await list.write(t, row)
  const all = await list.page(t, { ...list.all })
  t.assert.equal(all.length, COUNT, 'rows in the whole list')
  return all
}

const BAD_NUMBERS: Readonly<Record<string, unknown>> = {
  negative: -1,
  fractional: 1.5,
  NaN: Number.NaN,
  infinite: Number.POSITIVE_INFINITY,
  'too large': 2 ** 53,
  text: '5',
  bigint: 5n,
  null: null,
}

export const pagingRules: readonly Rule[] = [
  ruleFor(
    'PAG-01',
    'Pages of any size, joined, are the whole list, also where rows have the same time.',
    EACH,
    LISTS,
    async (t, list) => {
      const all = await fill(t, list)
      for (const limit of SIZES) {
        const joined: (string | null)[] = []
        for (let offset = 0; offset < COUNT + limit; offset += limit)
          joined.push(...(await list.page(t, { limit, offset })))
        t.assert.equal(joined, all, `pages of ${limit}`)
      }
    },
  ),

  ruleFor('PAG-02', 'A limit of 0 gives an empty list.', EACH, LISTS, async (t, list) => {
    await fill(t, list)
    t.assert.equal(await list.page(t, { limit: 0 }), [], 'limit 0')
    t.assert.equal(await list.page(t, { limit: 0, offset: 3 }), [], 'limit 0 with an offset')
  }),

  ruleFor(
    'PAG-03',
    'A limit above the number of rows gives all; an offset at or above it gives none.',
    EACH,
    LISTS,
    async (t, list) => {
      const all = await fill(t, list)
      for (const limit of [COUNT, COUNT + 1, 1_000_000, Number.MAX_SAFE_INTEGER])
        t.assert.equal(await list.page(t, { limit }), all, `limit ${limit}`)
      for (const offset of [COUNT, COUNT + 1, 1_000_000, Number.MAX_SAFE_INTEGER]) {
        t.assert.equal(await list.page(t, { offset }), [], `offset ${offset}`)
        t.assert.equal(
          await list.page(t, { offset, limit: Number.MAX_SAFE_INTEGER }),
          [],
          `offset ${offset} with a limit`,
        )
      }
    },
  ),

  ruleFor(
    'PAG-04',
    'An offset works without a limit; undefined is as good as left out.',
    EACH,
    LISTS,
    async (t, list) => {
      const all = await fill(t, list)
      for (const offset of [0, 1, 5, COUNT - 1])
        t.assert.equal(await list.page(t, { offset }), all.slice(offset), `offset ${offset}`)
      t.assert.equal(await list.page(t, { limit: undefined, offset: undefined }), all, 'undefined')
    },
  ),

  ruleFor(
    'PAG-05',
    'Filters apply before limit and offset: rows that do not match take no place on a page.',
    EACH,
    LISTS,
    async (t, list) => {
      const all = await fill(t, list, true)
      t.assert.equal(
        all.filter((id) => id?.startsWith('other')),
        [],
        'rows that do not match',
      )
      for (const [limit, offset] of [
        [3, 0],
        [3, 3],
        [5, 4],
        [1, COUNT - 1],
        [COUNT, 1],
      ] as const)
        t.assert.equal(
          await list.page(t, { limit, offset }),
          all.slice(offset, offset + limit),
          `limit ${limit}, offset ${offset}`,
        )
    },
  ),

  ruleFor(
    'PAG-06',
    'A limit or an offset that is no integer from 0 on is refused, with its path.',
    EACH,
    LISTS,
    async (t, list) => {
      await fill(t, list)
      for (const [what, value] of Object.entries(BAD_NUMBERS))
        for (const name of ['limit', 'offset']) {
          const paging = { [name]: value } as Paging
          await t.assert.rejects(() => list.page(t, paging), 'VALIDATION', {
            path: `$.${name}`,
            what: `${name}: ${what}`,
          })
        }
    },
  ),

  ruleFor(
    'PAG-07',
    'There is no hidden limit: 1,001 rows come at once.',
    { ...EACH, timeoutMs: 30_000 },
    LISTS,
    async (t, list) => {
      const time = new Date(t.clock.now().getTime() - HOUR)
      const digits = (n: number) => String(n).padStart(4, '0')
      await many(1_001, (n) => list.write(t, { id: digits(n), time, matches: true }))
      const all = await list.page(t, { ...list.all })
      t.assert.equal(
        [...all].sort(),
        Array.from({ length: 1_001 }, (_, n) => digits(n)),
      )
    },
  ),

  ruleFor(
    'PAG-08',
    'A page has exactly as many rows as asked for, while there are so many.',
    EACH,
    LISTS,
    async (t, list) => {
      await fill(t, list, true)
      for (const limit of SIZES)
        for (const offset of [0, 1, 6]) {
          const { length } = await list.page(t, { limit, offset })
          t.assert.equal(length, Math.min(limit, COUNT - offset), `limit ${limit}, offset ${offset}`)
        }
    },
  ),

  ruleFor(
    'PAG-09',
    'Pages follow the rows as they are now: a newer row moves the others by one.',
    EACH,
    LISTS,
    async (t, list) => {
      const all = await fill(t, list)
      await list.write(t, { id: 'newest', time: new Date(t.clock.now().getTime() + DAY), matches: true })
      t.assert.equal(await list.page(t, { limit: 3 }), ['newest', ...all.slice(0, 2)], 'the first page')
      t.assert.equal(await list.page(t, { limit: 3, offset: 3 }), all.slice(2, 5), 'the second page')
      t.assert.equal(await list.page(t, { offset: COUNT }), all.slice(-1), 'the last row')
    },
  ),
]
