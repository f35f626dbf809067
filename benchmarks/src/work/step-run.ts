/** A run of many steps, and the raw ways to keep it. */
import { isDeepStrictEqual } from 'node:util'
import type { Content, PlainState, PlainStep } from '../content.js'
import { expect, type Point, type Side } from '../harness/contest.js'
import { spreadOf } from '../harness/statistics.js'
import type { Control, Snapshots, StepChange } from '../subjects/control.js'

const SIZE = 1024

/** Each step is committed as a runner does it: step record and snapshot change together. */
export interface Run {
  readonly runId: string
  readonly initial: PlainState
  readonly commits: readonly { readonly step: PlainStep; readonly change: StepChange }[]
}

export function makeRun(content: Content, runId: string, steps: number): Run {
  const initial = { ...content.state(SIZE), status: 'running' as const, executionTimeMs: null }
  const commits = Array.from({ length: steps }, (_, index) => {
    const step = content.step(runId, index, SIZE)
    const item = { stepIndex: index, stepName: step.stepName, output: step.output }
    return { step, change: { currentStepIndex: index + 1, lastStepOutput: step.output, item } }
  })
  return { runId, initial, commits }
}

/** The snapshot after each step, as it grows in a caller's memory: each has the items of the one before. */
export function* growing({ initial, commits }: Run): Generator<PlainState> {
  const stepHistory: PlainState['stepHistory'][number][] = []
  let state: PlainState = { ...initial, stepHistory }
  for (const { change } of commits) {
    const { item, ...changed } = change
    stepHistory.push(item)
    state = { ...state, ...changed, stepHistory }
    yield state
  }
}

/** A way of a control to keep a run. */
export interface RawRun<Kept extends Snapshots = Snapshots> {
  readonly save: (kept: Kept, run: Run, times: StepTimes) => Promise<void>
  /** Throws unless the run is kept. */
  readonly check: (kept: Kept, run: Run) => Promise<void>
}

/** What is done without a state store: the state object grows, and is saved as it is after every step. */
export const rewriteSnapshots: RawRun = {
  async save(kept, run, times) {
    await kept.save(run.runId, run.initial)
    times.begin()
    for (const state of growing(run)) {
      const saving = kept.save(run.runId, state)
      if (saving instanceof Promise) await saving
      times.step()
    }
  },
  check: async (kept, run) => checkSnapshot(run, await kept.load(run.runId)),
}

/** The same rows as ours writes, without what ours checks and keeps beside them. */
export const addSteps: RawRun<Control> = {
  async save(control, { runId, initial, commits }, times) {
    await control.save(runId, initial)
    times.begin()
    for (const { step, change } of commits) {
      const saving = control.saveStep(step, change)
      if (saving instanceof Promise) await saving
      times.step()
    }
  },
  async check(control, { runId, commits }) {
    const count = await control.countSteps(runId)
    expect(count === commits.length, `the control saved ${count} of ${commits.length} steps`)
  },
}

export function rawRunSide<Kept extends Snapshots>(kept: Kept, { save, check }: RawRun<Kept>): Side<Run> {
  const times = new StepTimes()
  return {
    run: (run) => save(kept, run, times),
    verify: (run) => check(kept, run),
    figures: () => times.figures(),
    curve: () => times.curve(),
    close: () => kept.close(),
  }
}

type Snapshot = Pick<PlainState, 'stepHistory' | 'lastStepOutput'>

export function checkSnapshot({ commits }: Run, loaded: Snapshot | null): void {
  const last = commits.at(-1)?.change
  expect(loaded?.stepHistory.length === commits.length, `the history has ${loaded?.stepHistory.length} items`)
  expect(
    isDeepStrictEqual(
      loaded.stepHistory,
      commits.map(({ change }) => change.item),
    ),
    'the history is not what was saved',
  )
  expect(isDeepStrictEqual(loaded.lastStepOutput, last?.lastStepOutput), 'the last output is not what was saved')
}

/** How long each step takes, over all rounds, the warm-up included: the cost of a step must not grow with the run. */
export class StepTimes {
  #last = 0
  /** By step, of every round. */
  readonly #millis: number[][] = []
  #step = 0

  begin(): void {
    this.#step = 0
    this.#last = performance.now()
  }

  step(): void {
    const now = performance.now()
    const times = this.#millis[this.#step]
    if (times === undefined) this.#millis.push([now - this.#last])
    else times.push(now - this.#last)
    this.#step += 1
    this.#last = now
  }

  figures(): Record<string, number> {
    const end = this.#millis.length
    return { msAtStep10: this.#around(5, 15), [`msAtStep${end}`]: this.#around(end - 10, end) }
  }

  /** At 25 places of the run. */
  curve(): Point[] {
    const width = Math.max(1, Math.floor(this.#millis.length / 25))
    const places = Math.floor(this.#millis.length / width)
    return Array.from({ length: places }, (_, place) => [
      Math.round((place + 0.5) * width),
      this.#around(place * width, (place + 1) * width),
    ])
  }

  #around(from: number, to: number): number {
    return spreadOf(this.#millis.slice(from, to).flat()).median
  }
}
