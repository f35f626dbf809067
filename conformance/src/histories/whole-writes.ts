import type { SpanNode, StateBackend } from '@flujo-state/core'
import type { RuleContext } from '../context.js'
import { clientsOf, range, type Workload } from './clients.js'

const ROUNDS = 6

/** An end, steps, a repeated start and an update of the same run at the same time: each of them has its whole effect. */
export const effectsKept: Workload = {
  requires: ['runs', 'steps'],
  async run(t, backends) {
    const of = (n: number) => backends[n % backends.length] as StateBackend
    for (const round of range(ROUNDS)) {
      const runId = `run-${round}`
      await of(round).saveRunStart(t.gen.run(runId))
      await of(round).saveState(runId, t.gen.state())
      await Promise.all([
        of(round).saveRunEnd(runId, { executionTimeMs: 7, totalSteps: 3, errorMessage: 'all done' }),
        ...range(3).map((n) => of(round + n + 1).saveStepResult(t.gen.step(runId, n, { costUsd: 1 }))),
        of(round + 1).saveRunStart({ runId, pipelineId: 'p2', pipelineName: 'renamed', memoryUsageMb: 5 }),
        of(round + 2).updateState(runId, { currentStepIndex: 3, metadata: { kept: true } }),
      ])
      for (const backend of backends) await hasAllEffects(t, backend, runId)
    }
  },
}

async function hasAllEffects(t: RuleContext, backend: StateBackend, runId: string): Promise<void> {
  const run = t.assert.present(await backend.getRunDetails(runId), 'the run')
  const { status, executionTimeMs, totalSteps, errorMessage, pipelineId, pipelineName, memoryUsageMb } = run
  t.assert.equal(
    { status, executionTimeMs, totalSteps, errorMessage },
    { status: 'completed', executionTimeMs: 7, totalSteps: 3, errorMessage: 'all done' },
    'the effect of saveRunEnd',
  )
  t.assert.equal(
    { pipelineId, pipelineName, memoryUsageMb },
    { pipelineId: 'p2', pipelineName: 'renamed', memoryUsageMb: 5 },
    'the effect of saveRunStart',
  )
  t.assert.equal(run.totalCostUsd, 3, 'the costs of the steps')
  t.assert.equal((await backend.listRunSteps(runId)).length, 3, 'the steps')
  const state = t.assert.present(await backend.loadState(runId), 'the snapshot')
  t.assert.equal(
    { status: state.status, currentStepIndex: state.currentStepIndex, metadata: state.metadata },
    { status: 'completed', currentStepIndex: 3, metadata: { kept: true } },
    'the effects of updateState and of the end',
  )
}

const WRITES = 10
const SPANS = 6

/** Traces and batches of spans beside readers: they see all of one write or all of another. */
export const spansWhole: Workload = {
  requires: ['traces'],
  async run(t, backends) {
    const [writer] = backends as [StateBackend]
    const write = async (n: number) => {
      const span = (spanId: string) => t.gen.span(spanId, { attributes: { n } })
      await writer.saveSpans(
        'batch',
        range(SPANS).map((index) => span(`span ${index}`)),
      )
      // Traces of different sizes: what is left of an older one is seen.
      await writer.saveTrace('trace', {
        ...span('root'),
        children: range(1 + (n % SPANS)).map((i) => span(`child ${i}`)),
      })
    }
    await write(0)
    const reading = clientsOf(backends.slice(-1), 2).map(async ({ backend }) => {
      for (const _ of range(2 * WRITES)) {
        const spans = await backend.getSpans('batch')
        t.assert.equal(spans.length, SPANS, 'spans of the batch')
        t.assert.equal(new Set(spans.map(({ attributes }) => attributes.n)).size, 1, 'writes seen in one batch')
        isWholeTrace(t, await backend.getTrace('trace'))
      }
    })
    const writing = async () => {
      for (const n of range(WRITES)) await write(n + 1)
    }
    await Promise.all([writing(), ...reading])
  },
}

function isWholeTrace(t: RuleContext, root: SpanNode | null): void {
  const { attributes, children, spanId } = t.assert.present(root, 'the trace')
  t.assert.equal(spanId, 'root', 'the root of the trace')
  t.assert.equal(children.length, 1 + (Number(attributes.n) % SPANS), `children of trace ${attributes.n}`)
  const ofOthers = children.filter((child) => child.attributes.n !== attributes.n)
  t.assert.equal(ofOthers, [], `children of other traces in trace ${attributes.n}`)
}

const LONG_AGO = new Date('2020-01-01T00:00:00.000Z')
const RUNS = 8

type Part = (backend: StateBackend, runId: string) => Promise<boolean>
/** Whether this part of a run is there. */
const PARTS: Readonly<Record<string, Part>> = {
  snapshot: async (backend, runId) => (await backend.loadState(runId)) !== null,
  run: async (backend, runId) => (await backend.getRunDetails(runId)) !== null,
  steps: async (backend, runId) => (await backend.listRunSteps(runId)).length > 0,
  spans: async (backend, runId) => (await backend.getSpans(runId)).length > 0,
  evaluations: async (backend, runId) => (await backend.listEvaluations({ runId })).length > 0,
}

/** Runs deleted by cleanup and by deleteRun beside readers: once one part of a run is gone, all of it is. */
export const deletionsWhole: Workload = {
  requires: ['cleanup', 'runs', 'steps', 'traces', 'evaluations'],
  async run(t, backends) {
    const [writer] = backends as [StateBackend]
    const runIds = range(RUNS).map((n) => `run-${n}`)
    await Promise.all(runIds.map((runId) => wholeRun(t, writer, runId)))
    const reading = clientsOf(backends.slice(-1), 2).flatMap(({ backend }, client) =>
      runIds.map((runId, n) => goesAtOnce(t, backend, runId, client + n)),
    )
    const deleting = runIds.slice(0, RUNS / 2).map((runId) => writer.deleteRun(runId))
    await Promise.all([...deleting, writer.cleanupOldWorkflows(), ...reading])
    for (const runId of runIds)
      for (const [name, isThere] of Object.entries(PARTS))
        for (const backend of backends) t.assert.equal(await isThere(backend, runId), false, `${name} of ${runId}`)
  },
}

async function wholeRun(t: RuleContext, backend: StateBackend, runId: string): Promise<void> {
  await backend.saveState(runId, t.gen.state({ status: 'completed', updatedAt: LONG_AGO }))
  await backend.saveRunStart(t.gen.run(runId))
  await backend.saveStepResult(t.gen.step(runId, 0))
  await backend.saveSpans(runId, [t.gen.span('span')])
  await backend.persistEvaluation(runId, { score: 1 })
}

/** Looks at the parts in turn, each reader beginning with another one. */
async function goesAtOnce(t: RuleContext, backend: StateBackend, runId: string, first: number): Promise<void> {
  const names = Object.keys(PARTS)
  let gone: string | null = null
  for (const turn of range(3 * names.length)) {
    const name = names[(first + turn) % names.length] as string
    const isThere = await PARTS[name]?.(backend, runId)
    t.assert.ok(!(isThere && gone), `${runId}: ${name} found after ${gone} had gone`)
    if (!isThere) gone = name
  }
}
