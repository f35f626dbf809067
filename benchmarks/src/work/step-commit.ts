import { isDeepStrictEqual } from 'node:util'
import type { StateBackend } from '@flujo-state/core'
import { Content, type PlainState, type PlainStep } from '../content.js'
import { type Contest, contest, expect, type Match, type Side } from '../harness/contest.js'
import { spreadOf } from '../harness/statistics.js'
import type { Control, StepChange } from '../subjects/control.js'
import { openPair, type Pair } from '../subjects/pair.js'
import { type Place, type Settings, scaleOf } from '../subjects/place.js'

const SIZE = 1024

/** A run of many steps, each committed as a runner does it: step record and snapshot change together. */
export interface Run {
  readonly runId: string
  readonly initial: PlainState
  readonly commits: readonly { readonly step: PlainStep; readonly change: StepChange }[]
}

/** 1,000 steps of 1 KB of one run. */
export function stepCommit(places: readonly Place[], settings: Settings): Contest[] {
  return places.flatMap((place) => {
    const work = `${scaleOf(place, settings).steps.toLocaleString('en')} steps`
    const open = (raw: RawRun) => (folder: string) => openMatch(place, settings, folder, raw)
    return [
      contest({
        work: `${work} / rewriting`,
        place: place.name,
        control: 'raw save of the whole snapshot per step',
        target: { memory: undefined, file: undefined, 'sqlite full': 8, 'sqlite normal': 20 }[place.name],
        open: open(rewriteSnapshots),
      }),
      contest({
        work: `${work} / raw steps`,
        place: place.name,
        control: 'raw step, change and history item',
        open: open(addSteps),
      }),
    ]
  })
}

async function openMatch(place: Place, settings: Settings, folder: string, raw: RawRun): Promise<Match<Run>> {
  const operations = scaleOf(place, settings).steps
  const content = new Content()
  const pair = await openPair(place, folder)
  return {
    operations,
    input: (round) => makeRun(content, `run-${round}`, operations),
    sides: { control: controlSide(pair, raw), ours: oursSide(pair) },
  }
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

function oursSide({ ours }: Pair): Side<Run> {
  const times = new StepTimes()
  return {
    async run({ runId, initial, commits }) {
      const { pipelineId, pipelineName, pipelineVersion } = initial
      await ours.saveRunStart({ runId, pipelineId, pipelineName, pipelineVersion })
      await ours.saveState(runId, initial)
      times.begin()
      for (const { step, change } of commits) {
        await commitStep(ours, step, change)
        times.step()
      }
    },
    async verify(run) {
      await checkSnapshot(run, await ours.loadState(run.runId))
      const steps = await ours.listRunSteps(run.runId)
      expect(steps.length === run.commits.length, `${steps.length} of ${run.commits.length} steps were saved`)
      expect(
        isDeepStrictEqual(steps.at(-1)?.output, run.commits.at(-1)?.step.output),
        'the last step is not what was saved',
      )
    },
    figures: () => times.figures(),
    close: () => ours.shutdown(),
  }
}

/** The commit of a runner. */
export function commitStep(backend: StateBackend, step: PlainStep, { item, ...change }: StepChange) {
  return backend.saveStepResult(step, { state: { ...change, appendStepHistory: [item] } })
}

interface RawRun {
  readonly save: (control: Control, run: Run, times: StepTimes) => Promise<void>
  readonly hasSteps: boolean
}

/** What is done without a state store: the state object grows, and is saved as it is after every step. */
const rewriteSnapshots: RawRun = {
  hasSteps: false,
  async save(control, { runId, initial, commits }, times) {
    const stepHistory: PlainState['stepHistory'][number][] = []
    let state: PlainState = { ...initial, stepHistory }
    await control.save(runId, state)
    times.begin()
    for (const { change } of commits) {
      const { item, ...changed } = change
      stepHistory.push(item)
      state = { ...state, ...changed, stepHistory }
      const saving = control.save(runId, state)
      if (saving instanceof Promise) await saving
      times.step()
    }
  },
}

/** The same rows as ours writes, without what ours checks and keeps beside them. */
const addSteps: RawRun = {
  hasSteps: true,
  async save(control, { runId, initial, commits }, times) {
    await control.save(runId, initial)
    times.begin()
    for (const { step, change } of commits) {
      const saving = control.saveStep(step, change)
      if (saving instanceof Promise) await saving
      times.step()
    }
  },
}

function controlSide({ control }: Pair, { save, hasSteps }: RawRun): Side<Run> {
  const times = new StepTimes()
  return {
    run: (run) => save(control, run, times),
    async verify(run) {
      if (!hasSteps) return checkSnapshot(run, await control.load(run.runId))
      const count = await control.countSteps(run.runId)
      expect(count === run.commits.length, `the control saved ${count} of ${run.commits.length} steps`)
    },
    figures: () => times.figures(),
    close: () => control.close(),
  }
}

type Snapshot = Pick<PlainState, 'stepHistory' | 'lastStepOutput'>

async function checkSnapshot({ commits }: Run, loaded: Snapshot | null): Promise<void> {
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

/** How long the first and the last steps take: the cost of a step must not grow with the run. */
class StepTimes {
  #last = 0
  #millis: number[] = []

  begin(): void {
    this.#millis = []
    this.#last = performance.now()
  }

  step(): void {
    const now = performance.now()
    this.#millis.push(now - this.#last)
    this.#last = now
  }

  figures(): Record<string, number> {
    const around = (from: number, to: number) => spreadOf(this.#millis.slice(from, to)).median
    const end = this.#millis.length
    return { msAtStep10: around(5, 15), [`msAtStep${end}`]: around(end - 10, end) }
  }
}
