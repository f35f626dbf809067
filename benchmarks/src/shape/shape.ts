/**
 * The shape of the cost: what an operation does, counted. A step must cost the same at the beginning of a run and at its end;
 * saves in flight together must share a commit; reads must write nothing; no operation may cost more than its limit. These are the only things that fail a build.
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { StateBackend } from '@flujo-state/core'
import { Content } from '../content.js'
import { spreadOf } from '../harness/statistics.js'
import { commitStep } from '../work/step-commit.js'
import { makeRun } from '../work/step-run.js'
import { type Counted, type Counts, difference } from './counters.js'
import { checkGrowing } from './growing.js'
import { withLimit } from './limits.js'
import { type CountedPlace, countedPlaces } from './places.js'

export interface ShapeResult {
  readonly operation: string
  readonly place: string
  /** Of one operation. */
  readonly counts: Counts
  /** What is wrong; null if nothing is. */
  readonly problem: string | null
}

const SIZE = 1024
const STEPS = 1_000
const IN_FLIGHT = 64
/** Larger pages and longer numbers make a later step a little larger. */
const BYTES_MAY_GROW = 1.3
/** Checkpoints included, which come unevenly. */
const MEAN_MAY_GROW = 1.5

/** Bytes by which the threads of asynchronous file work wake the event loop: eight each time. */
const WAKE_UPS = 256

/** Counts in each place, each in a folder of its own. */
export async function checkShape(folder: string): Promise<ShapeResult[]> {
  const results: ShapeResult[] = []
  for (const place of countedPlaces) {
    const own = join(folder, place.name)
    await mkdir(own)
    results.push(...(await checkPlace(place, own)))
  }
  return results
}

async function checkPlace(place: CountedPlace, folder: string): Promise<ShapeResult[]> {
  const { close, ...counted } = await place.open(folder)
  const control = await place.openControl(folder)
  try {
    await counted.backend.open()
    const results = [
      ...(await checkSnapshots(counted)),
      ...(await checkReads(counted)),
      ...(await checkSteps(counted)),
      ...(await checkGrowing(counted.backend, control, counted.now)),
    ]
    return results.map((result) => withLimit({ ...result, place: place.name }))
  } finally {
    await control.close()
    await close()
  }
}

type Result = Omit<ShapeResult, 'place'>

async function checkSnapshots(counted: Counted): Promise<Result[]> {
  const { backend } = counted
  const content = new Content()
  const save = (runId: string) => backend.saveState(runId, content.state(SIZE))
  const saveMany = () => Promise.all(Array.from({ length: IN_FLIGHT }, (_, index) => save(`run-${index}`)))
  const one = await typical(counted, () => save('run-0'))
  await saveMany()
  const many = await count(counted, saveMany)
  const append = await typical(counted, () =>
    backend.updateState('run-0', { appendStepHistory: [content.document(SIZE)] }),
  )
  return [
    { operation: 'saveState', counts: one, problem: one.syncs > 0 ? null : 'it is not made durable' },
    { operation: `${IN_FLIGHT} saveState in flight, together`, counts: many, problem: null },
    { operation: 'updateState, one more history item', counts: append, problem: null },
  ]
}

async function checkReads(counted: Counted): Promise<Result[]> {
  const { backend } = counted
  const reads: Record<string, (backend: StateBackend) => Promise<unknown>> = {
    loadState: () => backend.loadState('run-1'),
    'newest by status': () => backend.listWorkflows({ status: 'running', limit: 50 }),
    stats: () => backend.getWorkflowStats(),
  }
  const results: Result[] = []
  for (const [operation, read] of Object.entries(reads)) {
    const counts = await typical(counted, () => read(backend))
    const wrote = counts.syncs > 0 || (counts.bytes ?? 0) > WAKE_UPS
    results.push({ operation, counts, problem: wrote ? 'a read writes' : null })
  }
  return results
}

async function checkSteps(counted: Counted): Promise<Result[]> {
  const { backend } = counted
  const { runId, initial, commits } = makeRun(new Content(7), 'long-run', STEPS)
  const { pipelineId, pipelineName, pipelineVersion } = initial
  await backend.saveRunStart({ runId, pipelineId, pipelineName, pipelineVersion })
  await backend.saveState(runId, initial)
  const steps: Counts[] = []
  for (const { step, change } of commits) steps.push(await count(counted, () => commitStep(backend, step, change)))
  const early = merge(steps.slice(5, 16), medianOf)
  const late = merge(steps.slice(-11), medianOf)
  const means = [merge(steps.slice(100, 300), meanOf), merge(steps.slice(-200), meanOf)] as const
  return [
    { operation: 'step commit, step 10', counts: early, problem: null },
    { operation: `step commit, step ${STEPS}`, counts: late, problem: growth(early, late, BYTES_MAY_GROW) },
    { operation: 'step commit, mean of 100 to 300', counts: means[0], problem: null },
    { operation: 'step commit, mean of 800 to 1000', counts: means[1], problem: growth(...means, MEAN_MAY_GROW) },
  ]
}

/** What grows with a run though it must not; null if nothing does. */
export function growth(early: Counts, late: Counts, bytesMayGrow: number): string | null {
  const grown = (name: keyof Counts, factor: number) => (late[name] ?? 0) > (early[name] ?? 0) * factor
  const names = (['statements', 'syncs', 'bytes'] as const).filter((name) =>
    grown(name, name === 'bytes' ? bytesMayGrow : 1.05),
  )
  return names.length === 0 ? null : `${names.join(' and ')} grow with the run`
}

async function count(counted: Counted, work: () => Promise<unknown>): Promise<Counts> {
  const before = counted.now()
  await work()
  return difference(counted.now(), before)
}

/** What it costs once everything is prepared and nothing else happens to fall into it. */
async function typical(counted: Counted, work: () => Promise<unknown>): Promise<Counts> {
  const all: Counts[] = []
  for (let time = 0; time < 11; time++) all.push(await count(counted, work))
  return merge(all.slice(2), medianOf)
}

const medianOf = (values: readonly number[]) => spreadOf(values).median
const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

function merge(all: readonly Counts[], by: (values: readonly number[]) => number): Counts {
  const column = (name: keyof Counts) => {
    const values = all.map((counts) => counts[name]).filter((value) => value !== null)
    return values.length === all.length ? by(values) : null
  }
  return { statements: column('statements'), syncs: column('syncs') ?? 0, bytes: column('bytes') }
}
