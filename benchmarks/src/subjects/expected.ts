import { isDeepStrictEqual } from 'node:util'
import { expect } from '../harness/contest.js'
import type { Entry, Loaded } from './control.js'

type Load = (runId: string) => unknown

/** What must be stored by now, to be compared with what is. */
export class Expected {
  readonly #last = new Map<string, Entry>()

  note(entries: readonly Entry[]): void {
    for (const entry of entries) this.#last.set(entry.runId, entry)
  }

  get size(): number {
    return this.#last.size
  }

  /** Compares `count` of the runs, evenly spread, with what `load` gives. */
  async checkSome(load: Load, count: number): Promise<void> {
    const entries = [...this.#last.values()]
    const stride = Math.max(1, Math.floor(entries.length / count))
    for (let index = 0; index < entries.length; index += stride) await checkOne(load, entries[index] as Entry)
  }

  async checkAll(load: Load): Promise<void> {
    for (const entry of this.#last.values()) await checkOne(load, entry)
  }
}

async function checkOne(load: Load, { runId, state }: Entry): Promise<void> {
  const loaded = await load(runId)
  expect(holds(loaded, state), `what was loaded of "${runId}" is not what was saved last`)
}

/** Whether a loaded snapshot has the payloads of the one saved. */
export function holds(loaded: unknown, { pipelineContext, lastStepOutput, stepHistory, metadata }: Loaded): boolean {
  if (typeof loaded !== 'object' || loaded === null) return false
  const given = loaded as Partial<Loaded>
  return isDeepStrictEqual(
    [given.pipelineContext, given.lastStepOutput, given.stepHistory, given.metadata],
    [pipelineContext, lastStepOutput, stepHistory, metadata],
  )
}
