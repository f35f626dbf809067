import { describe, expect, it } from 'vitest'
import type { RunHead } from '../../src/state-store.js'
import { judge } from '../../src/store/conditions.js'
import type { Condition } from '../../src/store/unit.js'
import { runRow, stateRow } from '../support/rows.js'

const counters = { version: 0, fence: 0, evaluation: 0 }
const head = (part: Partial<RunHead> = {}): RunHead => ({
  state: null,
  historyLength: 0,
  run: null,
  lease: null,
  step: null,
  counters,
  ...part,
})
const state = stateRow
const lease = { runId: 'r', owner: 'w', fence: 3, expiresAt: 100 }

type Row = readonly [what: string, condition: Condition, head: RunHead, code: string | null]
const fence = (owner: string, fence: number): Condition => ({ kind: 'fence', owner, fence })
const expired = (fields: Partial<Extract<Condition, { kind: 'expired' }>> = {}): Condition => ({
  kind: 'expired',
  statuses: ['completed'],
  placeholders: true,
  before: 50,
  ...fields,
})
const done = { status: 'completed', updatedAt: 49 } as const

const rows: readonly Row[] = [
  ['the latest lease', fence('w', 3), head({ lease }), null],
  ['the latest lease, expired', fence('w', 3), head({ lease: { ...lease, expiresAt: 1 } }), null],
  ['an older fence', fence('w', 2), head({ lease }), 'STALE_LEASE'],
  ['a newer fence', fence('w', 4), head({ lease }), 'STALE_LEASE'],
  ['another owner', fence('x', 3), head({ lease }), 'STALE_LEASE'],
  ['no lease at all', fence('w', 3), head(), 'STALE_LEASE'],

  ['a snapshot', { kind: 'state-exists' }, head({ state: state() }), null],
  ['a run without a snapshot', { kind: 'state-exists' }, head({ run: runRow() }), 'NOT_FOUND'],

  ['an end that is completed', { kind: 'ends-as', status: 'completed' }, head({ run: runRow() }), null],
  ['no end that is failed', { kind: 'ends-as', status: 'failed' }, head({ run: runRow() }), 'VALIDATION'],
  ['an end as it was', { kind: 'ends-as', status: 'failed' }, head({ run: runRow({ status: 'failed' }) }), null],
  ['another end', { kind: 'ends-as', status: 'completed' }, head({ state: state({ status: 'failed' }) }), 'VALIDATION'],

  ['the version', { kind: 'version', is: 4 }, head({ state: state({ version: 4 }) }), null],
  ['an older version', { kind: 'version', is: 3 }, head({ state: state({ version: 4 }) }), 'CONFLICT'],
  ['no snapshot for version 0', { kind: 'version', is: 0 }, head(), null],
  ['a snapshot for version 0', { kind: 'version', is: 0 }, head({ state: state() }), 'CONFLICT'],
  ['no snapshot for a version', { kind: 'version', is: 1 }, head(), 'CONFLICT'],

  ['nobody has it', { kind: 'unclaimed' }, head(), null],
  ['somebody has it', { kind: 'unclaimed' }, head({ lease: { ...lease, expiresAt: 61 } }), 'RUN_CLAIMED'],
  ['somebody had it until now', { kind: 'unclaimed' }, head({ lease: { ...lease, expiresAt: 60 } }), null],
  ['the caller has it', { kind: 'unclaimed', except: 3 }, head({ lease }), null],
  ['another has it', { kind: 'unclaimed', except: 2 }, head({ lease }), 'RUN_CLAIMED'],

  ['an old terminal snapshot', expired(), head({ state: state(done) }), null],
  ['one at the edge', expired(), head({ state: state({ ...done, updatedAt: 50 }) }), 'CONFLICT'],
  ['one of another status', expired(), head({ state: state({ ...done, status: 'failed' }) }), 'CONFLICT'],
  ['an old run without a snapshot', expired(), head({ run: runRow(done) }), null],
  [
    'an old run with a fresh snapshot',
    expired(),
    head({ run: runRow(done), state: state({ ...done, updatedAt: 51 }) }),
    'CONFLICT',
  ],
  ['an old placeholder', expired(), head({ run: runRow({ placeholder: true, updatedAt: 49 }) }), null],
  [
    'an old placeholder, not asked for',
    expired({ placeholders: false }),
    head({ run: runRow({ placeholder: true, updatedAt: 49 }) }),
    'CONFLICT',
  ],
  ['a fresh placeholder', expired(), head({ run: runRow({ placeholder: true, updatedAt: 51 }) }), 'CONFLICT'],
  ['an old run that goes on', expired(), head({ run: runRow({ updatedAt: 49 }) }), 'CONFLICT'],
  ['nothing at all', expired(), head(), 'CONFLICT'],

  [
    'an old running task',
    { kind: 'stale-task', before: 50 },
    head({ state: state({ isBackgroundTask: true, updatedAt: 49 }) }),
    null,
  ],
  [
    'a task at the edge',
    { kind: 'stale-task', before: 50 },
    head({ state: state({ isBackgroundTask: true, updatedAt: 50 }) }),
    'CONFLICT',
  ],
  [
    'a task that paused',
    { kind: 'stale-task', before: 50 },
    head({ state: state({ isBackgroundTask: true, status: 'paused' }) }),
    'CONFLICT',
  ],
  ['no task', { kind: 'stale-task', before: 50 }, head({ state: state() }), 'CONFLICT'],
  ['no snapshot of a task', { kind: 'stale-task', before: 50 }, head(), 'CONFLICT'],
]

describe('judge', () => {
  it.each(rows)('%s', (_what, condition, head, code) => {
    const error = judge([condition], head, 'r', 60)
    expect(error?.code ?? null).toBe(code)
    if (error) expect(error.runId).toBe('r')
  })

  it('gives the first condition that does not hold', () => {
    const conditions: Condition[] = [{ kind: 'version', is: 0 }, fence('w', 1), { kind: 'state-exists' }]
    expect(judge(conditions, head(), 'r', 0)?.code).toBe('STALE_LEASE')
    expect(judge([], head(), 'r', 0)).toBeNull()
  })

  it('says whose the lease is and when it ends', () => {
    const error = judge([{ kind: 'unclaimed' }], head({ lease }), 'r', 0)
    expect(error?.lease).toEqual({ ...lease, expiresAt: new Date(100) })
    expect(error?.message).toContain("'w' until 1970-01-01T00:00:00.100Z")
  })
})
