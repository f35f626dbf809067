import { type Cursor, cursorOf, iterate } from '@flujo-state/core'
import type { RuleContext } from '../context.js'
import { type Item, LISTS, type List, type Page } from '../fixtures/walkable-lists.js'
import { fromNow, HOUR, SECOND } from '../fixtures/workflows.js'
import { type Rule, rule, ruleFor } from '../rule.js'

const GROUPS = { requires: ['states', 'runs', 'backgroundTasks', 'evaluations'] } as const

/** Nine names in five places: ties everywhere. */
const NAMES = ['i', 'h', 'g', 'f', 'e', 'd', 'c', 'b', 'a']
async function fill(t: RuleContext, list: List): Promise<Item[]> {
  // Added in another order than they are listed in.
  for (const index of [4, 0, 8, 2, 6, 1, 7, 3, 5]) await list.add(t, NAMES[index] ?? '', -Math.floor(index / 2))
  const items = await list.list(t)
  t.assert.equal(items.length, NAMES.length, 'all are listed')
  return items
}

async function iterated(list: (page: Page) => Promise<Item[]>, filter: Page): Promise<Item[]> {
  const items: Item[] = []
  for await (const item of iterate(list, filter)) items.push(item)
  return items
}

const names = (items: readonly Item[]) => items.map(({ runId }) => runId)

/** Walks the list by cursors; `between` is called after each page but the last. */
async function walk(
  t: RuleContext,
  list: List,
  limit: number,
  between: (page: number) => Promise<void> = async () => {},
): Promise<string[]> {
  const found: string[] = []
  let after: Cursor | undefined
  for (let page = 0; page < 100; page++) {
    const items = await list.list(t, after === undefined ? { limit } : { limit, after })
    found.push(...names(items))
    const last = items.at(-1)
    if (last === undefined) return found
    t.assert.ok(items.length <= limit, `a page has at most ${limit} items, got ${items.length}`)
    after = cursorOf(last)
    await between(page)
  }
  return t.assert.fail('the walk did not end')
}

export const cursorRules: readonly Rule[] = [
  ruleFor(
    'CUR-01',
    'Pages of any size, walked by cursorOf(last item), joined are the whole list.',
    GROUPS,
    LISTS,
    async (t, list) => {
      const all = names(await fill(t, list))
      for (const limit of [1, 2, 3, 7, 9, 10]) t.assert.equal(await walk(t, list, limit), all, `pages of ${limit}`)
    },
  ),

  ruleFor(
    'CUR-02',
    'after gives exactly the items behind the one whose cursor it is, the first and last included.',
    GROUPS,
    LISTS,
    async (t, list) => {
      const items = await fill(t, list)
      for (const [index, item] of items.entries())
        t.assert.equal(
          names(await list.list(t, { after: cursorOf(item) })),
          names(items.slice(index + 1)),
          `behind ${item.runId}`,
        )
    },
  ),

  ruleFor('CUR-03', 'after combines with limit and offset, which count from there.', GROUPS, LISTS, async (t, list) => {
    const items = await fill(t, list)
    const after = cursorOf(items[1] as Item)
    const behind = names(items.slice(2))
    for (const [limit, offset] of [
      [0, 0],
      [1, 0],
      [2, 3],
      [100, 6],
      [100, 7],
      [3, 100],
    ] as const)
      t.assert.equal(
        names(await list.list(t, { after, limit, offset })),
        behind.slice(offset, offset + limit),
        `limit ${limit}, offset ${offset}`,
      )
    t.assert.equal(names(await list.list(t, { after, offset: 5 })), behind.slice(5), 'offset alone')
  }),

  ruleFor(
    'CUR-04',
    'A walk during inserts, updates and deletes gives every item that stays where it is exactly once.',
    GROUPS,
    LISTS,
    async (t, list) => {
      await fill(t, list)
      const stays = new Set(NAMES)
      const found = await walk(t, list, 2, async (page) => {
        if (page >= 3) return
        // In front of everything, behind everything, in the middle; never where a new item could be taken for an old one.
        for (const seconds of [10 + page, -2, -50 - page]) await list.add(t, `new ${page} ${seconds}`, seconds)
        await list.touch(t, NAMES[page] ?? '')
        const gone = NAMES[8 - page] ?? ''
        stays.delete(gone)
        await list.remove(t, gone)
      })
      t.assert.equal(found.filter((name) => stays.has(name)).sort(), [...stays].sort())
      t.assert.equal([...new Set(found)].length, found.length, 'nothing comes twice')
    },
  ),

  ruleFor('CUR-05', 'The cursor of an item that is gone still says where to go on.', GROUPS, LISTS, async (t, list) => {
    const items = await fill(t, list)
    const item = items[3] as Item
    await list.remove(t, item.runId)
    t.assert.equal(names(await list.list(t, { after: cursorOf(item) })), names(items.slice(4)))
  }),

  ruleFor('CUR-08', 'iterate() walks the whole list; its limit is the page size.', GROUPS, LISTS, async (t, list) => {
    const all = names(await fill(t, list))
    for (const limit of [1, 2, 4, 9, 100]) {
      const found = await t.assert.resolves(
        iterated((page) => list.list(t, page), { limit }),
        `pages of ${limit}`,
      )
      t.assert.equal(names(found), all, `pages of ${limit}`)
    }
    const skipped = await iterated((page) => list.list(t, page), { limit: 2, offset: 3 })
    t.assert.equal(names(skipped), all.slice(3), 'with an offset')
  }),

  rule(
    'CUR-09',
    'A cursor is a text that names a position: an item of any list of runs gives it, in either order.',
    GROUPS,
    async (t) => {
      const times = [
        [3, 1],
        [2, 2],
        [1, 3],
      ] as const
      for (const [created, updated] of times)
        await t.backend.saveState(
          `${created}`,
          t.gen.state({
            isBackgroundTask: true,
            status: 'failed',
            createdAt: fromNow(t, created * SECOND),
            updatedAt: fromNow(t, updated * SECOND),
          }),
        )
      const middle = (await t.backend.listStates())[1]
      const after = cursorOf(t.assert.present(middle, 'an item of listStates'))
      t.assert.equal(typeof after, 'string')
      t.assert.equal(names(await t.backend.listWorkflows({ after })), ['1'], 'listWorkflows, by createdAt')
      t.assert.equal(names(await t.backend.listBackgroundTasks({ after })), ['3'], 'listBackgroundTasks, by updatedAt')
      t.assert.equal(names(await t.backend.getFailedWorkflows({ after })), ['3'], 'getFailedWorkflows, by updatedAt')
    },
  ),

  rule('CUR-10', 'Cursors of hostile ids work.', GROUPS, async (t) => {
    for (const runId of t.gen.ids) await t.backend.saveRunStart({ runId })
    const all = names(await t.backend.listRuns())
    t.assert.equal([...all].sort(), [...t.gen.ids].sort(), 'all are listed')
    t.assert.equal(await walk(t, LISTS.listRuns as List, 7), all)
  }),

  rule('CUR-11', 'after combines with every filter of listRuns and listWorkflows.', GROUPS, async (t) => {
    for (let index = 0; index < 12; index++) {
      const runId = `r${String(index).padStart(2, '0')}`
      const fields = {
        pipelineName: index % 2 ? 'odd' : 'even',
        status: index % 3 ? 'paused' : 'failed',
        createdAt: fromNow(t, index * SECOND),
      } as const
      await t.backend.saveState(runId, t.gen.state(fields))
      await t.backend.saveRunStart({ runId, ...fields })
    }
    const after = cursorOf((await t.backend.listRuns())[3] as Item)
    const window = { createdAfter: fromNow(t, 2 * SECOND), createdBefore: fromNow(t, 8 * SECOND) }
    for (const filter of [
      { pipelineName: 'even' },
      { status: 'paused' as const },
      window,
      { pipelineName: 'odd', ...window },
    ]) {
      for (const list of [
        (page: Page) => t.backend.listRuns({ ...filter, ...page }),
        (page: Page) => t.backend.listWorkflows({ ...filter, ...page }),
      ]) {
        const expected = names(await list({})).filter((runId) => runId < 'r08')
        t.assert.equal(names(await list({ after })), expected, Object.keys(filter).join())
        t.assert.equal(names(await list({ after, limit: 2 })), expected.slice(0, 2), 'with a limit')
      }
    }
  }),

  rule('CUR-12', 'A cursor is good after a reopening.', { ...GROUPS, needs: ['reopen'] }, async (t) => {
    const items = await fill(t, LISTS.listRuns as List)
    const after = cursorOf(items[4] as Item)
    const reopened = await t.reopen()
    t.assert.equal(names(await reopened.listRuns({ after })), names(items.slice(5)))
  }),

  rule('CUR-13', 'Evaluations of one time are walked one by one, by the order of saving.', GROUPS, async (t) => {
    for (let score = 0; score < 7; score++) await t.backend.persistEvaluation('r', { score })
    t.clock.advance(-HOUR)
    await t.backend.persistEvaluation('r', { score: 7 })
    const scores: number[] = []
    for await (const { score } of iterate((page: Page) => t.backend.listEvaluations({ ...page, runId: 'r' }), {
      limit: 2,
    }))
      scores.push(score)
    t.assert.equal(scores, [6, 5, 4, 3, 2, 1, 0, 7])
  }),

  rule('CUR-14', 'A walk goes past items of the last and of the first possible time.', GROUPS, async (t) => {
    const times = ['9999-12-31T23:59:59.999Z', '0001-01-01T00:00:00.000Z']
    for (const [index, time] of times.entries()) {
      const date = new Date(time)
      const fields = { createdAt: date, updatedAt: date, status: 'failed', isBackgroundTask: true } as const
      await t.backend.saveState(`${index}`, t.gen.state(fields))
      await t.backend.saveRunStart({ runId: `${index}`, createdAt: date })
      t.clock.set(date)
      await t.backend.persistEvaluation(`${index}`, { score: 1 })
    }
    const lists: Readonly<Record<string, (page: Page) => Promise<Item[]>>> = {
      listWorkflows: (page) => t.backend.listWorkflows(page),
      listRuns: (page) => t.backend.listRuns(page),
      listBackgroundTasks: (page) => t.backend.listBackgroundTasks(page),
      listEvaluations: (page) => t.backend.listEvaluations(page),
    }
    for (const [name, list] of Object.entries(lists)) {
      const found = await t.assert.resolves(iterated(list, { limit: 1 }), name)
      t.assert.equal(names(found), ['0', '1'], name)
    }
  }),
]
