/** Several writers in one process: each makes its next write when the one before was acknowledged. */
import type { StateBackend } from '@flujo-state/core'
import { untilGone } from '../child/process.js'
import type { Call } from '../child/protocol.js'
import type { Spawned } from '../child/spawned.js'
import type { RuleContext } from '../context.js'
import { difference } from '../equality.js'
import { completed } from './completed.js'
import { type Moment, pause } from './kill.js'

const WRITERS = ['first', 'second', 'third']
const LENGTH = 60
/** The kinds of write in a chain, in turn. */
const KINDS = ['step', 'system state', 'evaluation', 'run'] as const

function writeOf(t: RuleContext, writer: string, n: number): Call {
  const kind = KINDS[n % KINDS.length]
  if (kind === 'step') {
    const state = { currentStepIndex: n, appendStepHistory: [{ n }] }
    return { method: 'saveStepResult', args: [t.gen.step(writer, n), { state }] }
  }
  if (kind === 'system state') return { method: 'setSystemState', args: [writer, { n }] }
  if (kind === 'evaluation') return { method: 'persistEvaluation', args: [writer, { score: n }] }
  return { method: 'saveRunStart', args: [t.gen.run(`${writer} ${n}`)] }
}

/** What is found of a writer's chain after so many of its writes. */
function traceOf(writer: string, done: number): Readonly<Record<string, unknown>> {
  const of = (kind: (typeof KINDS)[number]) =>
    Array.from({ length: done }, (_, n) => n).filter((n) => KINDS[n % KINDS.length] === kind)
  return {
    steps: of('step'),
    history: of('step').map((n) => ({ n })),
    systemState: of('system state').at(-1) ?? null,
    scores: of('evaluation').reverse(),
    runs: of('run').map((n) => `${writer} ${n}`),
  }
}

async function foundOf(backend: StateBackend, writer: string): Promise<Readonly<Record<string, unknown>>> {
  const runs = (await backend.listRuns()).map(({ runId }) => runId).filter((runId) => runId.startsWith(`${writer} `))
  const numberOf = (runId: string) => Number(runId.slice(writer.length))
  return {
    steps: (await backend.listRunSteps(writer)).map(({ stepIndex }) => stepIndex),
    history: (await backend.loadState(writer))?.stepHistory ?? [],
    systemState: (await backend.getSystemState(writer))?.value.n ?? null,
    scores: (await backend.listEvaluations({ runId: writer, limit: LENGTH })).map(({ score }) => score),
    runs: runs.sort((a, b) => numberOf(a) - numberOf(b)),
  }
}

type Acknowledged = Readonly<Record<string, number>>

/** Runs the chains in the process, at the same time, and kills it. How many writes of each were acknowledged. */
export async function killAmongChains(t: RuleContext, process: Spawned, moment: Moment): Promise<Acknowledged> {
  for (const writer of WRITERS) await process.backend.saveState(writer, t.gen.state())
  const acknowledged: Record<string, number> = Object.fromEntries(WRITERS.map((writer) => [writer, 0]))
  let total = 0
  let reached = () => {}
  const atMoment = new Promise<void>((resolve) => {
    reached = resolve
  })
  const begin = performance.now()
  const running = WRITERS.map(async (writer) => {
    const calls = Array.from({ length: LENGTH }, (_, n) => writeOf(t, writer, n))
    const script = process.script(calls, (index) => {
      acknowledged[writer] = index + 1
      if (++total === moment.after) reached()
    })
    await untilGone(script)
  })
  await Promise.race([atMoment, Promise.all(running)])
  await pause(((moment.inside ?? 0) * (performance.now() - begin)) / moment.after)
  await process.kill()
  await Promise.all(running)
  return acknowledged
}

/** Of each chain there is all that was acknowledged, at most the one write under way beyond that, and no gap. */
export async function chainsAreWhole(t: RuleContext, backend: StateBackend, acknowledged: Acknowledged): Promise<void> {
  for (const [writer, count] of Object.entries(acknowledged)) {
    const found = await completed(t, foundOf(backend, writer), `to read what ${writer} has written`)
    const problems = [count, count + 1].map((done) => difference(found, traceOf(writer, done)))
    t.assert.ok(
      problems.includes(null),
      `the ${writer} of the writers, ${count} writes acknowledged: not the store after them: ${problems[0]}; ` +
        `nor after one more: ${problems[1]}`,
    )
  }
}
