import type { CapabilityGroup } from '@flujo-state/core'
import type { RuleContext } from '../context.js'
import {
  EVALUATIONS,
  LISTS,
  type PagedList,
  type Paging,
  type Row,
  type Rows,
  RUNS,
  SNAPSHOTS,
} from '../fixtures/paged-lists.js'
import { DAY, fromNow, HOUR, idsOf, many, SECOND } from '../fixtures/workflows.js'
import { type Rule, ruleFor } from '../rule.js'

/** Lists with a window from three hours ago up to, and without, an hour from now. */
interface Windowed {
  readonly groups: readonly CapabilityGroup[]
  readonly rows: Rows
  page(t: RuleContext, paging: Paging): Promise<string[]>
}
const windowOf = (t: RuleContext) => ({ createdAfter: fromNow(t, -3 * HOUR), createdBefore: fromNow(t, HOUR) })
const WINDOWED: Readonly<Record<string, Windowed>> = {
  listWorkflows: {
    groups: ['states'],
    rows: SNAPSHOTS,
    page: async (t, paging) => idsOf(await t.backend.listWorkflows({ ...windowOf(t), ...paging })),
  },
  listRuns: {
    groups: ['runs'],
    rows: RUNS,
    page: async (t, paging) => idsOf(await t.backend.listRuns({ ...windowOf(t), ...paging })),
  },
}

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
  for (const row of rowsOf(t)) if (others || row.matches) await list.rows.write(t, row)
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
    { variantRequires: ({ groups }: Rows) => groups, timeoutMs: 30_000 },
    { snapshots: SNAPSHOTS, runs: RUNS, evaluations: EVALUATIONS },
    async (t, rows) => {
      const time = new Date(t.clock.now().getTime() - HOUR)
      const digits = (n: number) => String(n).padStart(4, '0')
      await many(1_001, (n) => rows.write(t, { id: digits(n), time, matches: true }))
      const expected = Array.from({ length: 1_001 }, (_, n) => digits(n))
      const hasAll = (groups: readonly CapabilityGroup[]) => groups.every((group) => t.backend.capabilities[group])
      for (const [name, list] of Object.entries(LISTS))
        if (list.rows === rows && hasAll(list.groups))
          t.assert.equal([...(await list.page(t, { ...list.all }))].sort(), expected, name)
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
      await list.rows.write(t, { id: 'newest', time: new Date(t.clock.now().getTime() + DAY), matches: true })
      t.assert.equal(await list.page(t, { limit: 3 }), ['newest', ...all.slice(0, 2)], 'the first page')
      t.assert.equal(await list.page(t, { limit: 3, offset: 3 }), all.slice(2, 5), 'the second page')
      t.assert.equal(await list.page(t, { offset: COUNT }), all.slice(-1), 'the last row')
    },
  ),

  ruleFor(
    'PAG-10',
    'Windows apply before limit and offset: rows outside take no place on a page.',
    { variantRequires: ({ groups }: Windowed) => groups },
    WINDOWED,
    async (t, { rows, page }) => {
      // Newest first: two after the window, four in it, two before it.
      for (const hours of [-3, 0, 2, -1, -4, 1, -2, -5])
        await rows.write(t, { id: `${hours}`, time: new Date(t.clock.now().getTime() + hours * HOUR), matches: true })
      const window = ['0', '-1', '-2', '-3']
      t.assert.equal(await page(t, {}), window, 'the window')
      for (const [limit, offset] of [
        [2, 0],
        [2, 2],
        [3, 3],
        [9, 1],
      ] as const)
        t.assert.equal(
          await page(t, { limit, offset }),
          window.slice(offset, offset + limit),
          `${limit} from ${offset}`,
        )
    },
  ),
]
