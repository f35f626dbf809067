import type { StateBackend } from '@flujo-state/core'
import { Content } from '../content.js'
import { collectGarbage } from '../harness/measure.js'
import { slopeOf } from '../harness/statistics.js'
import type { Place } from '../subjects/place.js'
import { type Bound, bound, sized } from './bound.js'

const RUNS = 200
/** A run is deleted after so many operations on it: what is stored does not grow. */
const LIFE = 40
const LANES = 16
const SAMPLES = 40
const FEW_SAMPLES = 8
const KB = 1024

/** How the process grows with the operations done: shown, as it also depends on when the engine gives memory back. */
export function growths(places: readonly Place[]): Bound[] {
  return places.map((place) =>
    bound('memory, mixed operations', place, async ({ folder, settings, say }) => {
      const many = place.name === 'file' ? 100_000 : 1_000_000
      const operations = sized(settings, { quick: 128, normal: place.name === 'file' ? 10_000 : 30_000, full: many })
      const backend = place.openOurs(folder)
      await backend.open()
      const samples: Sample[] = []
      const count = settings.quick ? FEW_SAMPLES : SAMPLES
      const each = Math.floor(operations / count)
      const work = mixedWork(backend)
      for (let sample = 0; sample < count; sample++) {
        await work(each)
        collectGarbage()
        const { heapUsed, rss } = process.memoryUsage()
        samples.push({ operations: (sample + 1) * each, heapUsed, rss })
        say(`${(sample * each).toLocaleString('en')} of ${operations.toLocaleString('en')}`)
      }
      await backend.shutdown()
      const what = `growth, ${operations.toLocaleString('en')} mixed operations`
      return [{ what, figures: slopes(samples), unit: 'B/op' }]
    }),
  )
}

interface Sample {
  readonly operations: number
  readonly heapUsed: number
  readonly rss: number
}

/** Without the first quarter, in which code is compiled and caches fill. */
function slopes(samples: readonly Sample[]): Record<string, number> {
  const warm = samples.slice(samples.length / 4)
  const slope = (of: (sample: Sample) => number) =>
    slopeOf(warm.map((sample) => [sample.operations, of(sample)] as const))
  return { heap: slope(({ heapUsed }) => heapUsed), RSS: slope(({ rss }) => rss) }
}

/** Does so many operations of all kinds, some of them at once, on runs that come and go. */
function mixedWork(backend: StateBackend): (operations: number) => Promise<void> {
  const content = new Content()
  let serial = 0
  const lane = async (own: number, operations: number) => {
    for (let done = 0; done < operations; done++) {
      serial += 1
      // Lanes have runs of their own: no run is deleted under another's hands.
      const run = own + LANES * (Math.floor(serial / LANES) % Math.floor(RUNS / LANES))
      await operation(backend, content, `run-${run}`, Math.floor(serial / RUNS) % LIFE)
    }
  }
  return async (operations) => {
    const shares = Array.from({ length: LANES }, (_, own) => lane(own, Math.ceil(operations / LANES)))
    await Promise.all(shares)
  }
}

/** What is done to a run at some age of it. */
async function operation(backend: StateBackend, content: Content, runId: string, age: number): Promise<unknown> {
  if (age === LIFE - 1) return backend.deleteRun(runId)
  if (age === 0) return backend.saveState(runId, content.state(KB))
  const step = content.step(runId, age, KB)
  const kinds: readonly (() => Promise<unknown>)[] = [
    () => backend.saveState(runId, content.state(KB)),
    () => backend.saveStepResult(step),
    () => backend.loadState(runId),
    () => backend.listWorkflows({ status: 'running', limit: 20 }),
    () => backend.saveRunStart({ runId, metadata: { age } }),
    () => backend.saveSpans(runId, [{ spanId: `${age}`, name: 'step', startTime: age, endTime: age + 1 }]),
    () => backend.persistEvaluation(runId, { score: age }),
    () => backend.getWorkflowStats(),
    () => backend.listRunSteps(runId),
    async () => backend.releaseLease(await backend.claimRun(runId, { owner: 'worker', leaseMs: 60_000 })),
  ]
  return kinds[(age + content.next(3)) % kinds.length]?.()
}
