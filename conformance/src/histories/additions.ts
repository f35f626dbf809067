import type { StateBackend } from '@flujo-state/core'
import type { RuleContext } from '../context.js'
import { type Add, assertNothingLost, type SetRead } from './checks.js'
import { type Client, clientsOf, range, type Workload, type WorkloadOptions } from './clients.js'
import { History } from './history.js'

const CLIENTS = 3
const ADDS = 6

/** One kind of record of which there can be many. */
interface Addable {
  add(t: RuleContext, backend: StateBackend, element: string, n: number): Promise<unknown>
  list(backend: StateBackend): Promise<readonly string[]>
}

const ADDABLE: Readonly<Record<string, Addable>> = {
  steps: {
    add: (t, backend, executionId, n) => backend.saveStepResult(t.gen.step('run', n, { executionId })),
    list: async (backend) => (await backend.listRunSteps('run')).map(({ executionId }) => executionId),
  },
  spans: {
    add: (t, backend, spanId) => backend.saveSpans('run', [t.gen.span(spanId)]),
    list: async (backend) => (await backend.getSpans('run')).map(({ spanId }) => spanId),
  },
  evaluations: {
    add: (_, backend, feedback, n) => backend.persistEvaluation('run', { score: n, feedback }),
    list: async (backend) => (await backend.listEvaluations({ limit: 1_000 })).map(({ feedback }) => feedback ?? ''),
  },
  runs: {
    add: (t, backend, runId) => backend.saveRunStart(t.gen.run(runId)),
    // The run that steps, spans and evaluations belong to is no added one.
    list: async (backend) => (await backend.listRuns()).flatMap(({ runId }) => (runId === 'run' ? [] : [runId])),
  },
  snapshots: {
    add: (t, backend, runId) => backend.saveState(runId, t.gen.state()),
    list: async (backend) => (await backend.listStates()).map(({ runId }) => runId),
  },
}

/** Records of every kind, added by all clients at once, are listed exactly once by all of them, at once and ever after. */
export const nothingLost: Workload = {
  requires: ['steps', 'traces', 'evaluations', 'runs'],
  async run(t, backends, options = {}) {
    const clients = clientsOf(backends, CLIENTS)
    await Promise.all(Object.entries(ADDABLE).map(([what, kind]) => addAndList(t, clients, what, kind, options)))
  },
}

async function addAndList(
  t: RuleContext,
  clients: readonly Client[],
  what: string,
  kind: Addable,
  options: WorkloadOptions,
): Promise<void> {
  const history = new History<Add['action'] | SetRead['action'], unknown>(options)
  const list = ({ name, backend }: Client) => history.call(name, { list: what }, () => kind.list(backend))
  const work = clients.map(async (client, index) => {
    for (const n of range(ADDS)) {
      const element = `${what} ${index}/${n}`
      await history.call(client.name, { add: element }, () => kind.add(t, client.backend, element, n))
      if (n % 3 === index % 3) await list(client)
    }
  })
  await Promise.all(work)
  for (const client of clients) await list(client)
  const adds = history.operations.filter((operation): operation is Add => 'add' in operation.action)
  const reads = history.operations.filter(
    (operation): operation is SetRead => 'list' in operation.action && operation.outcome === 'ok',
  )
  assertNothingLost(t.assert, adds, reads, what)
}
