import type { CapabilityGroup } from '@flujo-state/core'
import type { RuleContext } from '../context.js'
import { DAY, fromNow, SECOND, save } from '../fixtures/workflows.js'
import { fillWorld } from '../fixtures/world.js'
import { type Rule, rule, ruleFor } from '../rule.js'

interface Writer {
  readonly groups: readonly CapabilityGroup[]
}
const EACH = { variantRequires: ({ groups }: Writer) => groups }

/** Writes something and gives the times that the backend made up for it. */
interface MadeUp extends Writer {
  times(t: RuleContext, runId: string): Promise<unknown[]>
}
async function runTimes(t: RuleContext, runId: string) {
  const run = t.assert.present(await t.backend.getRunDetails(runId), 'the run')
  return run
}

const MADE_UP: Readonly<Record<string, MadeUp>> = {
  saveState: {
    groups: ['states'],
    times: async (t, runId) => {
      await save(t, runId)
      const state = await t.backend.loadState(runId)
      return [state?.createdAt, state?.updatedAt]
    },
  },
  updateState: {
    groups: ['states'],
    times: async (t, runId) => {
      await save(t, runId, { updatedAt: fromNow(t, -DAY) })
      await t.backend.updateState(runId, { totalSteps: 2 })
      return [(await t.backend.loadState(runId))?.updatedAt]
    },
  },
  saveRunStart: {
    groups: ['runs'],
    times: async (t, runId) => {
      await t.backend.saveRunStart({ runId })
      const { createdAt, updatedAt } = await runTimes(t, runId)
      return [createdAt, updatedAt]
    },
  },
  saveRunEnd: {
    groups: ['runs'],
    times: async (t, runId) => {
      await t.backend.saveRunStart({ runId, createdAt: fromNow(t, -DAY), updatedAt: fromNow(t, -DAY) })
      await t.backend.saveRunEnd(runId, {})
      const { endedAt, updatedAt } = await runTimes(t, runId)
      return [endedAt, updatedAt]
    },
  },
  'a placeholder run': {
    groups: ['runs', 'evaluations'],
    times: async (t, runId) => {
      await t.backend.persistEvaluation(runId, { score: 1 })
      const { createdAt, updatedAt } = await runTimes(t, runId)
      return [createdAt, updatedAt]
    },
  },
  saveStepResult: {
    groups: ['steps'],
    times: async (t, runId) => {
      await t.backend.saveStepResult(t.gen.step(runId, 0))
      return (await t.backend.listRunSteps(runId)).map(({ createdAt }) => createdAt)
    },
  },
  persistEvaluation: {
    groups: ['evaluations'],
    times: async (t, runId) => {
      await t.backend.persistEvaluation(runId, { score: 1 })
      return (await t.backend.listEvaluations({ runId })).map(({ createdAt }) => createdAt)
    },
  },
  setSystemState: {
    groups: ['systemState'],
    times: async (t, runId) => {
      await t.backend.setSystemState(runId, {})
      return [(await t.backend.getSystemState(runId))?.updatedAt]
    },
  },
  claimRun: {
    groups: ['claims'],
    times: async (t, runId) => {
      const { expiresAt } = await t.backend.claimRun(runId, { owner: 'worker', leaseMs: SECOND })
      return [new Date(expiresAt.getTime() - SECOND)]
    },
  },
  cleanupStaleBackgroundTasks: {
    groups: ['states', 'backgroundTasks'],
    times: async (t, runId) => {
      await save(t, runId, { isBackgroundTask: true, updatedAt: fromNow(t, -9 * DAY) })
      await t.backend.cleanupStaleBackgroundTasks()
      return [(await t.backend.loadState(runId))?.updatedAt]
    },
  },
}

/** Takes a time; `path` is where a bad one is refused. */
interface TimeField extends Writer {
  readonly path: string
  call(t: RuleContext, time: Date): Promise<unknown>
}
const field = (groups: readonly CapabilityGroup[], path: string, call: TimeField['call']): TimeField => ({
  groups,
  path,
  call,
})

const TIME_FIELDS: Readonly<Record<string, TimeField>> = {
  'saveState createdAt': field(['states'], '$.createdAt', (t, createdAt) => save(t, 'new', { createdAt })),
  'saveState updatedAt': field(['states'], '$.updatedAt', (t, updatedAt) => save(t, 'new', { updatedAt })),
  'updateState createdAt': field(['states'], '$.createdAt', (t, createdAt) =>
    t.backend.updateState('run', { createdAt }),
  ),
  'updateState updatedAt': field(['states'], '$.updatedAt', (t, updatedAt) =>
    t.backend.updateState('run', { updatedAt }),
  ),
  'saveRunStart createdAt': field(['runs'], '$.createdAt', (t, createdAt) =>
    t.backend.saveRunStart({ runId: 'new', createdAt }),
  ),
  'saveRunStart updatedAt': field(['runs'], '$.updatedAt', (t, updatedAt) =>
    t.backend.saveRunStart({ runId: 'new', updatedAt }),
  ),
  'saveRunEnd endedAt': field(['runs'], '$.endedAt', (t, endedAt) => t.backend.saveRunEnd('new', { endedAt })),
  'saveRunEnd updatedAt': field(['runs'], '$.updatedAt', (t, updatedAt) => t.backend.saveRunEnd('new', { updatedAt })),
  'saveStepResult createdAt': field(['steps'], '$.createdAt', (t, createdAt) =>
    t.backend.saveStepResult(t.gen.step('new', 0, { createdAt })),
  ),
  'listWorkflows createdAfter': field(['states'], '$.createdAfter', (t, createdAfter) =>
    t.backend.listWorkflows({ createdAfter }),
  ),
  'listRuns createdBefore': field(['runs'], '$.createdBefore', (t, createdBefore) =>
    t.backend.listRuns({ createdBefore }),
  ),
}

const NO_TIMES: Readonly<Record<string, unknown>> = {
  'ISO text': '2026-01-01T00:00:00.000Z',
  'ISO text with an offset': '2026-01-01T00:00:00+05:30',
  milliseconds: 1_767_225_600_000,
  'an invalid Date': new Date(Number.NaN),
  'the year 0': new Date(-62_135_596_800_001),
  'the year 10,000': new Date(253_402_300_800_000),
}

const TIME_KEYS = new Set(['createdAt', 'updatedAt', 'endedAt', 'expiresAt'])

/** Every value under a name of a time, wherever it stands. */
function* timesIn(value: unknown, path: string): Generator<readonly [path: string, time: unknown]> {
  if (typeof value !== 'object' || value === null || value instanceof Date) return
  for (const [key, member] of Object.entries(value)) {
    if (TIME_KEYS.has(key)) yield [`${path}.${key}`, member]
    else yield* timesIn(member, `${path}.${key}`)
  }
}

const MILLISECONDS = ['.000', '.001', '.010', '.100', '.500', '.999']
const SECONDS = ['2026-03-01T00:00:00', '1969-12-31T23:59:59', '0001-01-01T00:00:00', '9999-12-31T23:59:59']
const EXACT_TIMES = SECONDS.flatMap((second) => MILLISECONDS.map((millisecond) => new Date(`${second}${millisecond}Z`)))

export const timeFieldRules: readonly Rule[] = [
  ruleFor(
    'TIM-01',
    'Every time that the backend makes up comes from the injected clock.',
    EACH,
    MADE_UP,
    async (t, { times }) => {
      for (const now of ['2031-07-04T05:06:07.089Z', '1999-12-31T23:59:59.999Z']) {
        t.clock.set(new Date(now))
        for (const time of await times(t, `at ${now}`)) t.assert.equal(time, new Date(now), now)
      }
    },
  ),

  ruleFor(
    'TIM-04',
    'A time is a valid Date of the years 1 to 9999; anything else is refused.',
    EACH,
    TIME_FIELDS,
    async (t, { call, path }) => {
      if (t.backend.capabilities.states) await save(t, 'run')
      for (const [what, value] of Object.entries(NO_TIMES))
        await t.assert.rejects(() => call(t, value as Date), 'VALIDATION', { path, what })
      const good = call(t, new Date('9999-12-31T23:59:59.999Z'))
      t.assert.ok((await good) !== null, 'the last millisecond of 9999 is taken')
    },
  ),

  rule(
    'TIM-05',
    'Times keep every millisecond, from the year 1 to the year 9999.',
    { requires: ['states', 'runs', 'steps'] },
    async (t) => {
      for (const [n, time] of EXACT_TIMES.entries()) {
        await save(t, `${n}`, { status: 'completed', createdAt: time, updatedAt: time })
        await t.backend.saveRunStart({ runId: `${n}`, status: 'completed', createdAt: time, updatedAt: time })
        await t.backend.saveRunEnd(`${n}`, { endedAt: time, updatedAt: time })
        await t.backend.saveStepResult(t.gen.step(`${n}`, 0, { createdAt: time }))
        const state = await t.backend.loadState(`${n}`)
        const run = await t.backend.getRunDetails(`${n}`)
        const [step] = await t.backend.listRunSteps(`${n}`)
        const times = [
          state?.createdAt,
          state?.updatedAt,
          run?.createdAt,
          run?.updatedAt,
          run?.endedAt,
          step?.createdAt,
        ]
        t.assert.equal(times, Array(6).fill(time), time.toISOString())
      }
    },
  ),

  rule(
    'TIM-07',
    'Times come back as Dates, in every method.',
    { requires: ['states', 'runs', 'steps', 'evaluations', 'systemState', 'claims', 'backgroundTasks'] },
    async (t) => {
      await fillWorld(t)
      const times = [...timesIn(await t.dump(), '$')]
      t.assert.ok(times.length > 100, `enough times were read: ${times.length}`)
      for (const [path, time] of times)
        t.assert.ok(
          time instanceof Date || (time === null && path.endsWith('endedAt')),
          `${path} is a Date: ${String(time)}`,
        )
    },
  ),
]
