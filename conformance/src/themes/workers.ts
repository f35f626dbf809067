import type { Lease, StateBackend } from '@flujo-state/core'
import type { RuleContext } from '../context.js'
import { claim, fillRun, MINUTE, RUN_WRITE_GROUPS, RUN_WRITES } from '../fixtures/runs.js'
import { range } from '../histories/clients.js'
import { chance, pause } from '../kills/kill.js'
import { type Rule, rule } from '../rule.js'

const needs = { needs: ['spawn'], multiInstance: 'host', timeoutMs: 30_000 } as const

/** The instance here and so many in processes of their own. */
export async function inProcesses(t: RuleContext, processes: number): Promise<StateBackend[]> {
  const spawned = await Promise.all(range(processes).map(() => t.spawn()))
  return [t.backend, ...spawned.map(({ backend }) => backend)]
}

/** How often runs are claimed, how many at a time, and by how many at once. */
const CLAIMS = {
  short: { rounds: 60, together: 10, claims: 8 },
  long: { rounds: 1_000, together: 10, claims: 50 },
} as const

/** Of all that claim the run at once one wins, and the others are told who. Gives the lease. */
async function oneWins(
  t: RuleContext,
  backends: readonly StateBackend[],
  runId: string,
  claims: number,
): Promise<Lease> {
  const calls = range(claims).map((n) => claim(backends[n % backends.length] as StateBackend, runId, `worker ${n}`))
  const outcomes = await Promise.allSettled(calls)
  const won = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
  const owners = won.map(({ owner }) => owner)
  t.assert.equal(owners.length, 1, `how many of ${claims} claims of ${runId} succeeded (${owners.join(', ')})`)
  const [lease] = won as [Lease]
  for (const outcome of outcomes) {
    if (outcome.status === 'fulfilled') continue
    const error = await t.assert.rejects(Promise.reject(outcome.reason), 'RUN_CLAIMED', { what: runId })
    t.assert.equal(error.lease, lease, `the holder of ${runId} that the refusal names`)
  }
  return lease
}

/** The refusal once more, so that it can be asserted. */
const refused = (outcome: unknown): Promise<unknown> =>
  outcome instanceof Error ? Promise.reject(outcome) : Promise.resolve(outcome)

/** When a worker is stopped that has just begun to write. */
const STOPS = { short: 3, long: 30 } as const

export const workerRules: readonly Rule[] = [
  rule(
    'EXT-02',
    'Of many claims of a run at once, over four processes, exactly one succeeds, and no fence is given twice.',
    { ...needs, requires: ['claims'] },
    async (t) => {
      const backends = await inProcesses(t, 3)
      const { rounds, together, claims } = CLAIMS[t.thoroughness]
      const fences = new Set<number>()
      for (const round of range(rounds / together)) {
        const runIds = range(together).map((n) => `run-${round}-${n}`)
        const leases = await Promise.all(runIds.map((runId) => oneWins(t, backends, runId, claims)))
        for (const { fence } of leases) fences.add(fence)
        for (const [n, backend] of backends.entries())
          t.assert.equal(await backend.getLease(runIds[n] as string), leases[n], 'the lease that a process sees')
      }
      t.assert.equal(fences.size, rounds, 'different fences')
    },
  ),

  rule(
    'EXT-03',
    'A worker that stood still past its lease can write nothing when it goes on, if another process took the run over.',
    { ...needs, requires: RUN_WRITE_GROUPS },
    async (t) => {
      const worker = await t.spawn()
      const next = await t.spawn()
      const writes = Object.entries(RUN_WRITES)
      const leases = new Map<string, Lease>()
      for (const [name] of writes) {
        await fillRun(worker.backend, name)
        const lease = await claim(worker.backend, name)
        await worker.backend.updateState(name, { totalSteps: 1 }, { lease })
        leases.set(name, lease)
      }
      const writeAll = () =>
        writes.map(async ([name, { write }]): Promise<[string, unknown]> => {
          const lease = leases.get(name) as Lease
          const outcome = await write(worker.backend, name, { lease }).then(
            () => 'it was made',
            (error: unknown) => error,
          )
          return [name, outcome]
        })
      worker.stop()
      // Told while it stands still, at a time when its leases were alive.
      const late = writeAll()
      t.clock.advance(MINUTE)
      for (const [name] of writes) {
        const lease = await claim(next.backend, name, 'next')
        await next.backend.saveRunEnd(name, { status: 'completed' }, { lease, state: { currentStepIndex: 5 } })
      }
      const before = await t.dump()
      worker.resume()
      for (const [name, outcome] of await Promise.all([...late, ...writeAll()]))
        await t.assert.rejects(refused(outcome), 'STALE_LEASE', { what: `${name} of the late worker` })
      t.assert.equal(await t.dump(), before, 'the store after the writes of the late worker')
    },
  ),

  rule(
    'EXT-09',
    'A write under way while its worker is stopped comes before the claim of the next worker, or is refused.',
    { ...needs, requires: ['claims'] },
    async (t) => {
      const worker = await t.spawn()
      const next = await t.spawn()
      const draw = chance(t.seed)
      for (const round of range(STOPS[t.thoroughness])) {
        const runId = `run-${round}`
        await worker.backend.saveState(runId, t.gen.state())
        const lease = await claim(worker.backend, runId)
        const write = worker.backend.updateState(runId, { currentStepIndex: 1 }, { lease }).then(
          () => 'it was made',
          (error: unknown) => error,
        )
        await pause(draw() * 3)
        worker.stop()
        t.clock.set(lease.expiresAt)
        const claimed = claim(next.backend, runId, 'next')
        // A worker that was stopped inside its commit holds the store: then nobody else gets in before it goes on.
        await Promise.race([claimed, pause(200)])
        const isBlocked = await Promise.race([claimed.then(() => false), pause(0).then(() => true)])
        if (isBlocked) worker.resume()
        const taken = await claimed
        const seen = (await next.backend.loadState(runId))?.currentStepIndex
        await next.backend.updateState(runId, { totalSteps: 7 }, { lease: taken })
        const before = await t.dump()
        worker.resume()
        const outcome = await write
        if (outcome instanceof Error) await t.assert.rejects(refused(outcome), 'STALE_LEASE')
        t.assert.equal(seen, outcome instanceof Error ? 0 : 1, 'the snapshot that the next worker began with')
        t.assert.equal(await t.dump(), before, 'the store after the worker went on')
      }
    },
  ),
]
