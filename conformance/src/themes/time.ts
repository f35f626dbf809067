import { DAY, fromNow, HOUR, idsOf, save, sortedIds } from '../fixtures/workflows.js'
import { type Rule, rule, ruleFor } from '../rule.js'

/** Noons whose last 24 hours or 30 days hold something that calendars stumble over somewhere. */
const STUMBLES: Readonly<Record<string, string>> = {
  'summer time begins in Europe': '2026-03-29T12:00:00.000Z',
  'summer time ends in Europe': '2026-10-25T12:00:00.000Z',
  'summer time begins in America': '2026-03-08T18:00:00.000Z',
  'summer time ends in America': '2026-11-01T18:00:00.000Z',
  '29 February': '2028-03-01T11:59:59.999Z',
  'no 29 February': '2027-03-01T00:00:00.000Z',
  'the end of a year': '2027-01-01T00:00:00.000Z',
  'the last millisecond of a month': '2026-07-31T23:59:59.999Z',
}

export const timeRules: readonly Rule[] = [
  rule(
    'TIM-02',
    'Windows and orders are those of instants, in whatever time zone the process runs, around its own midnight too.',
    { requires: ['states', 'stats', 'backgroundTasks'] },
    async (t) => {
      const localMidnight = new Date(2026, 5, 10)
      t.clock.set(localMidnight.getTime() + 26 * HOUR)
      const hours = Array.from({ length: 60 }, (_, n) => n - 2)
      const time = (hour: number) => fromNow(t, -hour * HOUR)
      const fields = { status: 'failed', isBackgroundTask: true } as const
      for (const hour of hours) await save(t, `${hour}`, { ...fields, createdAt: time(hour), updatedAt: time(hour) })
      const within = (last: number) => hours.filter((hour) => hour <= last).map(String)
      t.assert.equal(idsOf(await t.backend.listWorkflows()), hours.map(String), 'listWorkflows')
      for (const last of [0, 1, 5.5, 12, 23, 24, 25, 36, 48]) {
        t.assert.equal(
          idsOf(await t.backend.getFailedWorkflows({ hoursBack: last })),
          within(last),
          `failed, ${last} h`,
        )
        const created = await t.backend.listWorkflows({ createdAfter: time(last) })
        t.assert.equal(idsOf(created), within(last), `created, ${last} h`)
      }
      t.assert.equal((await t.backend.getWorkflowStats()).recentWorkflows24h, within(24).length, 'recentWorkflows24h')
      for (const hour of hours)
        await t.backend.updateState(`${hour}`, { status: 'running', updatedAt: time(hour - 0.5) })
      const marked = await t.backend.cleanupStaleBackgroundTasks({ staleHours: 12 })
      t.assert.equal(marked, hours.filter((hour) => hour - 0.5 > 12).length, 'stale')
    },
  ),

  ruleFor(
    'TIM-03',
    'An hour is 3,600,000 ms and a day 24 of them, across summer time, leap days and the ends of months and years.',
    { requires: ['states', 'stats', 'cleanup'] },
    STUMBLES,
    async (t, now) => {
      t.clock.set(new Date(now))
      for (const offset of [-1, 0, 1]) {
        const updatedAt = fromNow(t, -30 * DAY + offset)
        await save(t, `month ${offset}`, { status: 'completed', createdAt: updatedAt, updatedAt })
        const lastDay = fromNow(t, -DAY + offset)
        await save(t, `day ${offset}`, { status: 'failed', createdAt: lastDay, updatedAt: lastDay })
      }
      t.assert.equal(idsOf(await t.backend.getFailedWorkflows()), ['day 1', 'day 0'], 'failed in 24 hours')
      t.assert.equal((await t.backend.getWorkflowStats()).recentWorkflows24h, 2, 'recentWorkflows24h')
      t.assert.equal(await t.backend.cleanupOldWorkflows({ daysOld: 30 }), 1, 'older than 30 days')
      t.assert.equal(await t.backend.cleanupOldWorkflows({ daysOld: 1 }), 3, 'older than a day')
      t.assert.equal(sortedIds(await t.backend.listStates()), ['day 0', 'day 1'])
    },
  ),

  rule(
    'TIM-06',
    'A clock that steps back breaks nothing: writes are taken, and order is by the stored times.',
    { requires: ['states'] },
    async (t) => {
      await save(t, 'first')
      const { version } = await save(t, 'changed')
      t.clock.advance(-HOUR)
      await save(t, 'second')
      const again = await t.assert.resolves(t.backend.updateState('changed', { status: 'failed' }), 'an update')
      t.assert.ok(again.version > version, 'the version grows all the same')
      t.assert.equal((await t.backend.loadState('changed'))?.updatedAt, t.clock.now(), 'updatedAt is now')
      t.assert.equal(idsOf(await t.backend.listWorkflows()), ['first', 'changed', 'second'], 'newest createdAt first')
      t.assert.equal(idsOf(await t.backend.getFailedWorkflows()), ['changed'], 'failed')
    },
  ),
]
