import { cursorOf, type ListItem } from '@flujo-state/core'
import type { RuleContext } from '../context.js'
import { fromNow, HOUR, idsOf, SECOND } from '../fixtures/workflows.js'
import { type Rule, rule, ruleFor } from '../rule.js'

interface Page {
  readonly after?: string
  readonly limit?: number
}
type Listed = ListItem & { readonly runId: string }

/** Lists with a filter that lets through every other row, or those that are young enough. */
const FILTERED: Readonly<Record<string, (t: RuleContext, page: Page) => Promise<Listed[]>>> = {
  'listStates by statuses': (t, page) => t.backend.listStates({ ...page, status: ['failed', 'paused'] }),
  'listWorkflows by statuses': (t, page) => t.backend.listWorkflows({ ...page, status: ['failed', 'paused'] }),
  'listRuns by statuses': (t, page) => t.backend.listRuns({ ...page, status: ['failed', 'paused'] }),
  'listBackgroundTasks by parent': (t, page) => t.backend.listBackgroundTasks({ ...page, parentRunId: 'parent' }),
  'listBackgroundTasks by statuses': (t, page) =>
    t.backend.listBackgroundTasks({ ...page, status: ['failed', 'paused'] }),
  'getFailedBackgroundTasks by parent': (t, page) =>
    t.backend.getFailedBackgroundTasks({ ...page, parentRunId: 'parent' }),
  'getFailedBackgroundTasks by hours': (t, page) => t.backend.getFailedBackgroundTasks({ ...page, hoursBack: 6 }),
  'getFailedWorkflows by hours': (t, page) => t.backend.getFailedWorkflows({ ...page, hoursBack: 6 }),
}

const GROUPS = { requires: ['states', 'runs', 'backgroundTasks'] } as const

async function fill(t: RuleContext): Promise<void> {
  for (let n = 0; n < 12; n++) {
    const time = fromNow(t, -n * HOUR)
    const status = n % 3 === 2 ? 'completed' : 'failed'
    const fields = { status, createdAt: time, updatedAt: time } as const
    const runId = `r${String(n).padStart(2, '0')}`
    const parentRunId = n % 2 ? 'other' : 'parent'
    await t.backend.saveState(runId, t.gen.state({ ...fields, isBackgroundTask: true, parentRunId }))
    await t.backend.saveRunStart(t.gen.run(runId, fields))
  }
}

export const filterRules: readonly Rule[] = [
  ruleFor('CUR-15', 'What is behind a cursor is filtered like the whole list.', GROUPS, FILTERED, async (t, list) => {
    await fill(t)
    const whole = await list(t, {})
    t.assert.ok(whole.length > 2 && whole.length < 12, `the filter lets some through, got ${whole.length}`)
    for (const [index, item] of whole.entries()) {
      const behind = idsOf(whole.slice(index + 1))
      t.assert.equal(idsOf(await list(t, { after: cursorOf(item) })), behind, `behind ${item.runId}`)
      t.assert.equal(idsOf(await list(t, { after: cursorOf(item), limit: 1 })), behind.slice(0, 1), 'the next one')
    }
  }),

  rule('RUN-42', 'A window of listRuns combines with its other filters.', GROUPS, async (t) => {
    await fill(t)
    const window = { createdAfter: fromNow(t, -9 * HOUR), createdBefore: fromNow(t, -2 * HOUR - SECOND) }
    const inside = await t.backend.listRuns(window)
    const failed = inside.filter(({ status }) => status === 'failed')
    t.assert.equal(idsOf(inside), ['r03', 'r04', 'r05', 'r06', 'r07', 'r08', 'r09'], 'the window alone')
    t.assert.equal(idsOf(await t.backend.listRuns({ ...window, status: 'failed' })), idsOf(failed), 'and a status')
    const wanted = { ...window, status: ['failed' as const], pipelineName: 'Orders', limit: 2, offset: 1 }
    t.assert.equal(idsOf(await t.backend.listRuns(wanted)), idsOf(failed.slice(1, 3)), 'and a page')
  }),

  rule('BGT-27', 'A status named twice gives no task of listBackgroundTasks twice.', GROUPS, async (t) => {
    await fill(t)
    const twice = await t.backend.listBackgroundTasks({ status: ['failed', 'completed', 'failed'] })
    t.assert.equal(idsOf(twice), idsOf(await t.backend.listBackgroundTasks()))
  }),
]
