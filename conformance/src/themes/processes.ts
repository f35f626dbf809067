import type { StateBackend } from '@flujo-state/core'
import type { Call } from '../child/protocol.js'
import type { RuleContext } from '../context.js'
import { marked, wholeMark } from '../fixtures/marked.js'
import { range } from '../histories/clients.js'
import * as histories from '../histories/index.js'
import { completed } from '../kills/completed.js'
import { type Rule, rule, ruleFor } from '../rule.js'
import { inProcesses } from './workers.js'

const needs = { needs: ['spawn'], multiInstance: 'host', timeoutMs: 30_000 } as const
const EXIT_LIMIT_MS = 2_000

function endsByItself(t: RuleContext, end: { readonly code: number | null } | null): void {
  t.assert.ok(end !== null, `the process did not end within ${EXIT_LIMIT_MS} ms`)
  t.assert.equal(end?.code, 0, 'its exit code')
}

const WORKLOADS: Readonly<Record<string, histories.Workload>> = {
  'nothing is lost': histories.nothingLost,
  'snapshots are registers': histories.linearizable,
  'no reader goes back': histories.neverBack,
  'all effects are kept': histories.effectsKept,
  'spans are written whole': histories.spansWhole,
  'runs are deleted whole': histories.deletionsWhole,
  'cleanups count each run once': histories.cleanupCounts,
  'markings count each task once': histories.staleCounts,
}

const WRITES = { short: 30, long: 250 } as const

/** Writes of every kind, on runs that all share and on those of one writer. */
function mixedWrites(t: RuleContext, writer: number, count: number): Call[] {
  const own = `writer-${writer}`
  const kinds: ((n: number) => Call)[] = [
    (n) => ({ method: 'saveStepResult', args: [t.gen.step('shared', n, { executionId: `${writer} ${n}` })] }),
    (n) => ({ method: 'updateState', args: ['shared', { appendStepHistory: [{ writer, n }] }] }),
    (n) => ({ method: 'saveSpans', args: ['shared', [t.gen.span(`${writer} ${n}`)]] }),
    (n) => ({ method: 'persistEvaluation', args: ['shared', { score: n, feedback: `${writer} ${n}` }] }),
    (n) => ({ method: 'saveState', args: [`${own} ${n}`, marked(t, n)] }),
  ]
  return range(count).map((n) => (kinds[n % kinds.length] as (typeof kinds)[0])(n))
}

async function runHere(backend: StateBackend, calls: readonly Call[]): Promise<void> {
  for (const { method, args } of calls) await (Reflect.get(backend, method) as (...args: unknown[]) => unknown)(...args)
}

/** What was added in which order is nobody's business here. */
async function isAllThere(t: RuleContext, backend: StateBackend, writers: number, count: number): Promise<void> {
  const of = (kind: number) =>
    range(writers)
      .flatMap((writer) => range(count).flatMap((n) => (n % 5 === kind ? [`${writer} ${n}`] : [])))
      .sort()
  const steps = await backend.listRunSteps('shared')
  t.assert.equal(steps.map(({ executionId }) => executionId).sort(), of(0), 'steps')
  const state = t.assert.present(await backend.loadState('shared'), 'the shared snapshot')
  t.assert.equal(state.stepHistory.map(({ writer, n }) => `${writer} ${n}`).sort(), of(1), 'items of the history')
  const spans = await backend.getSpans('shared')
  t.assert.equal(spans.map(({ spanId }) => spanId).sort(), of(2), 'spans')
  const evaluations = await backend.listEvaluations({ runId: 'shared', limit: 10_000 })
  t.assert.equal(evaluations.map(({ feedback }) => feedback).sort(), of(3), 'evaluations')
  const own = (await backend.listStates()).map(({ runId }) => runId).filter((runId) => runId !== 'shared')
  t.assert.equal(own.map((runId) => runId.slice('writer-'.length)).sort(), of(4), 'snapshots')
}

const LARGE = 256 * 1024
const OVERWRITES = { short: 12, long: 200 } as const
const ROUNDS_OF_OPENING = { short: 2, long: 30 } as const

export const processRules: readonly Rule[] = [
  ruleFor(
    'CON-50',
    'What several clients do at once, in processes of their own, has an explanation, and none of it is lost.',
    { ...needs, variantRequires: ({ requires }: histories.Workload) => requires },
    WORKLOADS,
    async (t, workload) => workload.run(t, await inProcesses(t, 2)),
  ),

  rule(
    'CON-51',
    'A reader in another process sees only whole snapshots while large ones replace each other.',
    needs,
    async (t) => {
      const writer = await t.spawn()
      const large = (mark: number) => ({ ...marked(t, mark), lastStepOutput: `${mark % 10}`.repeat(LARGE) })
      await t.backend.saveState('a', large(0))
      const calls = range(OVERWRITES[t.thoroughness]).map((n) => ({ method: 'saveState', args: ['a', large(n + 1)] }))
      let isWriting = true
      const writing = writer.script(calls).finally(() => {
        isWriting = false
      })
      while (isWriting) {
        const {
          currentStepIndex: mark,
          lastStepOutput,
          stepHistory,
        } = t.assert.present(await completed(t, t.backend.loadState('a'), 'a read'), 'the snapshot')
        const isWhole = lastStepOutput === `${mark % 10}`.repeat(LARGE)
        t.assert.ok(isWhole, `snapshot ${mark} has the output of another one, or only a part of its own`)
        t.assert.equal(stepHistory, [{ mark }, { mark }], `the history of snapshot ${mark}`)
        // A read from a cache never leaves the event loop.
        await new Promise((resolve) => setImmediate(resolve))
      }
      await writing
      t.assert.equal((await t.backend.loadState('a'))?.currentStepIndex, calls.length, 'the last one')
    },
  ),

  rule(
    'CON-13',
    'Four processes that write as fast as they can are never refused with BUSY, and lose nothing.',
    { ...needs, requires: ['runs', 'steps', 'traces', 'evaluations'] },
    async (t) => {
      const processes = await Promise.all(range(3).map(() => t.spawn()))
      await t.backend.saveState('shared', t.gen.state())
      const count = WRITES[t.thoroughness]
      const writing: Promise<unknown>[] = [
        ...processes.map((process, writer) => process.script(mixedWrites(t, writer, count))),
        runHere(t.backend, mixedWrites(t, processes.length, count)),
      ]
      await Promise.all(writing.map((work, writer) => completed(t, work, `a write of process ${writer}`)))
      for (const backend of [t.backend, ...processes.map(({ backend }) => backend)])
        await isAllThere(t, backend, writing.length, count)
    },
  ),

  rule(
    'MIG-02',
    'Several processes that open empty storage at the same time all work, on one store.',
    needs,
    async (t) => {
      for (const _ of range(ROUNDS_OF_OPENING[t.thoroughness])) {
        const here = await t.other()
        const processes = await Promise.all(range(3).map(() => t.spawn(here)))
        const backends = [here, ...processes.map(({ backend }) => backend)]
        const work = backends.map(async (backend, n) => {
          await backend.open()
          await backend.saveState(`run-${n}`, marked(t, n))
        })
        await Promise.all(work.map((each) => completed(t, each, 'to open the store and write')))
        for (const backend of backends)
          for (const n of range(backends.length))
            t.assert.equal(await wholeMark(t, backend, `run-${n}`), n, `the snapshot of process ${n}`)
        // Who comes late finds what is there.
        for (const process of processes) await process.release()
        const late = await t.spawn(here)
        t.assert.equal((await late.backend.listStates()).length, backends.length, 'snapshots that a late process sees')
        t.assert.equal((await here.listStates()).length, backends.length, 'snapshots after a late process has opened')
        await late.release()
      }
    },
  ),

  rule(
    'SHD-04',
    'A process that has used the backend and shut it down ends by itself within two seconds.',
    { needs: ['spawn'], timeoutMs: 15_000 },
    async (t) => {
      const process = await t.spawn()
      await process.backend.saveState('a', t.gen.state())
      t.assert.equal((await process.backend.listStates()).length, 1, 'snapshots')
      const end = await process.leave({ limitMs: EXIT_LIMIT_MS })
      endsByItself(t, end)
    },
  ),

  rule(
    'SHD-06',
    'A process that has used the backend ends by itself within two seconds, also without a shutdown.',
    { needs: ['spawn'], level: 'should', timeoutMs: 15_000 },
    async (t) => {
      const process = await t.spawn()
      await process.backend.saveState('a', t.gen.state())
      const end = await process.leave({ limitMs: EXIT_LIMIT_MS, shutdown: false })
      endsByItself(t, end)
      t.assert.equal((await t.backend.listStates()).length, 1, 'snapshots that it left')
    },
  ),
]
