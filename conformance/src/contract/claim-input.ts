import { claim, fillRun, MINUTE, wrong } from '../fixtures/runs.js'
import { type Rule, rule, ruleFor } from '../rule.js'

const CLAIMS = { requires: ['claims'] } as const
const DELETE = { requires: ['claims', 'runs', 'states', 'steps', 'traces', 'evaluations'] } as const

const BAD_CLAIMS: Readonly<Record<string, readonly [path: string, options: unknown]>> = {
  'no options': ['$', undefined],
  'no owner': ['$.owner', { leaseMs: MINUTE }],
  'an empty owner': ['$.owner', { owner: '', leaseMs: MINUTE }],
  'a number for the owner': ['$.owner', { owner: 7, leaseMs: MINUTE }],
  'no term': ['$.leaseMs', { owner: 'w' }],
  'a term of 0': ['$.leaseMs', { owner: 'w', leaseMs: 0 }],
  'a negative term': ['$.leaseMs', { owner: 'w', leaseMs: -1 }],
  'NaN for the term': ['$.leaseMs', { owner: 'w', leaseMs: Number.NaN }],
  'an endless term': ['$.leaseMs', { owner: 'w', leaseMs: Number.POSITIVE_INFINITY }],
  'a term as text': ['$.leaseMs', { owner: 'w', leaseMs: '1' }],
  'an unknown option': ['$.force', { owner: 'w', leaseMs: MINUTE, force: true }],
}

const BAD_LEASES: Readonly<Record<string, readonly [path: string, change: Readonly<Record<string, unknown>>]>> = {
  'no run id': ['$.lease.runId', { runId: undefined }],
  'no owner': ['$.lease.owner', { owner: undefined }],
  'a fence as text': ['$.lease.fence', { fence: '1' }],
  'a fractional fence': ['$.lease.fence', { fence: 1.5 }],
  'an end as text': ['$.lease.expiresAt', { expiresAt: '2026-03-01' }],
  'an unknown field': ['$.lease.token', { token: 'x' }],
}

export const claimInputRules: readonly Rule[] = [
  ruleFor(
    'CLM-13',
    'claimRun refuses wrong options with VALIDATION and the path, and claims nothing.',
    CLAIMS,
    BAD_CLAIMS,
    async (t, [path, options]) => {
      await t.assert.rejects(() => t.backend.claimRun('r', wrong(options)), 'VALIDATION', { path })
      t.assert.equal(await t.backend.getLease('r'), null)
    },
  ),

  ruleFor(
    'CLM-14',
    'A malformed lease is refused with VALIDATION and the path, by renewLease, releaseLease and every other write.',
    { requires: ['claims', 'states'] },
    BAD_LEASES,
    async (t, [path, change]) => {
      const good = await claim(t.backend, 'r')
      const lease = wrong({ ...good, ...change })
      await t.assert.rejects(() => t.backend.renewLease(lease, { leaseMs: MINUTE }), 'VALIDATION', { path })
      await t.assert.rejects(() => t.backend.releaseLease(lease), 'VALIDATION', { path })
      await t.assert.rejects(() => t.backend.saveState('r', t.gen.state(), { lease }), 'VALIDATION', { path })
      t.assert.equal(
        [await t.backend.getLease('r'), await t.backend.loadState('r')],
        [good, null],
        'the store afterwards',
      )
    },
  ),

  ruleFor(
    'CLM-15',
    'renewLease refuses wrong options with VALIDATION and the path.',
    CLAIMS,
    {
      'no term': {},
      'a term of 0': { leaseMs: 0 },
      'a term as text': { leaseMs: '1' },
      'an endless term': { leaseMs: Number.POSITIVE_INFINITY },
    },
    async (t, options) => {
      const lease = await claim(t.backend, 'r')
      await t.assert.rejects(() => t.backend.renewLease(lease, wrong(options)), 'VALIDATION', { path: '$.leaseMs' })
      t.assert.equal(await t.backend.getLease('r'), lease)
    },
  ),

  rule('CLM-24', 'deleteRun refuses wrong options with VALIDATION and the path.', DELETE, async (t) => {
    await fillRun(t.backend, 'r')
    const bad = { '$.force': { force: 'yes' }, '$.ifVersion': { ifVersion: 1 }, '$.lease': { lease: null }, $: 'force' }
    for (const [path, options] of Object.entries(bad))
      await t.assert.rejects(() => t.backend.deleteRun('r', wrong(options)), 'VALIDATION', { path })
    t.assert.ok(await t.backend.loadState('r'), 'the run is still there')
  }),
]
