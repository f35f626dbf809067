import type { CapabilityGroup, Lease, StateBackend } from '@flujo-state/core'
import { createGenerators } from '../fixtures/generators.js'
import { claim, MINUTE } from '../fixtures/runs.js'
import { type Rule, rule, ruleFor } from '../rule.js'

const gen = createGenerators()

interface LastWrite {
  readonly groups: readonly CapabilityGroup[]
  write(backend: StateBackend, lease: Lease): Promise<unknown>
}

/** Every write but `saveState`, which SHD-03 makes: run `r` has a snapshot, a record and a lease. */
const LAST_WRITES: Readonly<Record<string, LastWrite>> = {
  updateState: { groups: ['states'], write: (b) => b.updateState('r', { currentStepIndex: 9 }) },
  deleteState: { groups: ['states'], write: (b) => b.deleteState('r') },
  saveRunStart: { groups: ['runs'], write: (b) => b.saveRunStart(gen.run('r', { totalSteps: 9 })) },
  saveRunEnd: { groups: ['runs'], write: (b) => b.saveRunEnd('r', { status: 'failed' }) },
  deleteRun: { groups: ['runs'], write: (b) => b.deleteRun('r', { force: true }) },
  saveStepResult: { groups: ['steps'], write: (b) => b.saveStepResult(gen.step('r', 0)) },
  saveTrace: { groups: ['traces'], write: (b) => b.saveTrace('r', gen.span('root')) },
  saveSpans: { groups: ['traces'], write: (b) => b.saveSpans('r', [gen.span('s')]) },
  persistEvaluation: { groups: ['evaluations'], write: (b) => b.persistEvaluation('r', { score: 1 }) },
  setSystemState: { groups: ['systemState'], write: (b) => b.setSystemState('r', { n: 1 }) },
  claimRun: { groups: [], write: (b) => claim(b, 'another') },
  renewLease: { groups: [], write: (b, lease) => b.renewLease(lease, { leaseMs: 2 * MINUTE }) },
  releaseLease: { groups: [], write: (b, lease) => b.releaseLease(lease) },
}

async function prepare(backend: StateBackend): Promise<Lease> {
  await backend.saveState('r', gen.state())
  await backend.saveRunStart(gen.run('r'))
  return claim(backend, 'r')
}

export const shutdownWriteRules: readonly Rule[] = [
  ruleFor(
    'SHD-10',
    'A write that was called before shutdown, in the same turn, is finished by it, whichever it is.',
    {
      requires: ['states', 'runs', 'claims'],
      needs: ['reopen'],
      persistence: 'process',
      variantRequires: ({ groups }: LastWrite) => groups,
    },
    LAST_WRITES,
    async (t, { write }) => {
      const other = await t.other()
      await write(other, await prepare(other))
      const lease = await prepare(t.backend)
      const written = write(t.backend, lease)
      const reopening = t.reopen()
      await t.assert.resolves(written, 'the write')
      const ids = ['r', 'another']
      t.assert.equal(await t.dump(await reopening, ids), await t.dump(other, ids), 'what is stored')
    },
  ),

  rule(
    'SHD-11',
    'However it is asked to end, a backend has ended when the promise resolves: a second shutdown and a disposal wait too.',
    { requires: ['states'] },
    async (t) => {
      const endings = {
        'shutdown, called twice': (backend: StateBackend) => {
          void backend.shutdown()
          return backend.shutdown()
        },
        disposal: (backend: StateBackend) => backend[Symbol.asyncDispose](),
      }
      for (const [name, end] of Object.entries(endings)) {
        const backend = await t.other()
        await backend.open()
        let written = false
        const write = backend.saveState('r', t.gen.state()).then(() => {
          written = true
        })
        await end(backend)
        t.assert.ok(written, `${name}: the write before it has ended too`)
        await write
      }
    },
  ),
]
