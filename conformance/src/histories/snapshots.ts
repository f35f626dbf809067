import type { StateBackend } from '@flujo-state/core'
import fc from 'fast-check'
import type { RuleContext } from '../context.js'
import { marked, wholeSnapshot } from '../fixtures/marked.js'
import { assertLinearizable, assertNeverBack } from './checks.js'
import { clientsOf, range, type Workload } from './clients.js'
import { History } from './history.js'
import type { RegisterAction, RegisterResult } from './register.js'

const ROUNDS = 3
const CLIENTS = 4
const CALLS = 12
/** As many as the search takes. */
const MOST_CALLS = 60

type Draft = 'save' | 'update' | 'delete' | 'load' | 'save if' | 'update if'
/** Loads are most of it: they are what tells. */
const DRAFTS: readonly Draft[] = ['save', 'update', 'delete', 'load', 'load', 'load', 'save if', 'update if']

/** Random scripts, one for each client, the same for the same seed. */
function scripts(seed: number, clients: number): Draft[][] {
  const length = Math.min(CALLS, Math.floor(MOST_CALLS / clients))
  const script = fc.array(fc.constantFrom(...DRAFTS), { minLength: length, maxLength: length })
  return fc.sample(script, { seed, numRuns: clients })
}

/** Whatever saves, updates, deletions and loads of one run do at the same time, some order of them explains it. */
export const linearizable: Workload = {
  requires: [],
  async run(t, backends, options = {}) {
    const clients = clientsOf(backends, CLIENTS)
    let mark = 0
    for (const round of range(ROUNDS)) {
      const runId = `run-${round}`
      const history = new History<RegisterAction, RegisterResult>({ ...options, refusals: ['CONFLICT', 'NOT_FOUND'] })
      const script = scripts(t.seed + round, clients.length)
      const work = clients.map(async ({ name, backend }, index) => {
        let seen = 0
        for (const draft of script[index] ?? []) {
          const action = actionOf(draft, ++mark, seen)
          const result = await history.call(name, action, () => act(t, backend, runId, action))
          seen = result?.version ?? seen
        }
      })
      await Promise.all(work)
      assertLinearizable(t.assert, history.operations, `snapshot ${runId} (seed ${t.seed})`)
    }
  },
}

function actionOf(draft: Draft, mark: number, seen: number): RegisterAction {
  if (draft === 'save' || draft === 'update') return { do: draft, mark }
  if (draft === 'save if') return { do: 'save', mark, ifVersion: seen }
  return draft === 'update if' ? { do: 'update', mark, ifVersion: seen } : { do: draft }
}

async function act(
  t: RuleContext,
  backend: StateBackend,
  runId: string,
  action: RegisterAction,
): Promise<RegisterResult> {
  if (action.do === 'load') return (await wholeSnapshot(t, backend, runId)) ?? { mark: null, version: 0 }
  if (action.do === 'delete') {
    await backend.deleteState(runId)
    return {}
  }
  const options = action.ifVersion === undefined ? {} : { ifVersion: action.ifVersion }
  const write = action.do === 'save' ? backend.saveState : backend.updateState
  return write.call(backend, runId, marked(t, action.mark), options)
}

const WRITES = 24
const READS = 20

const SIGHTS: Readonly<Record<string, (backend: StateBackend) => Promise<number | undefined>>> = {
  loadState: async (backend) => (await backend.loadState('run'))?.version,
  listWorkflows: async (backend) => (await backend.listWorkflows())[0]?.version,
}

/** Writes one after the other through all instances in turn, beside readers in every instance: none ever sees an older version again. */
export const neverBack: Workload = {
  requires: [],
  async run(t, backends, options = {}) {
    const [first] = backends as [StateBackend]
    await first.saveState('run', t.gen.state())
    const history = new History<string, number>(options)
    const readers = clientsOf(backends, 2).flatMap(({ name, backend }) =>
      Object.entries(SIGHTS).map(async ([sight, see]) => {
        for (const _ of range(READS)) await history.call(name, sight, async () => (await see(backend)) ?? 0)
      }),
    )
    const writer = async () => {
      for (const n of range(WRITES)) {
        const backend = backends[n % backends.length] ?? first
        const write = async () => (await backend.updateState('run', { currentStepIndex: n })).version
        await history.call(`writer (instance ${(n % backends.length) + 1})`, 'updateState', write)
      }
    }
    await Promise.all([writer(), ...readers])
    // Who wrote a version has seen it: what begins after that must not give an older one.
    const seen = history.operations.filter(({ outcome }) => outcome === 'ok')
    assertNeverBack(t.assert, seen, 'versions of one run')
  },
}
