import { isDeepStrictEqual } from 'node:util'
import type { StateBackend } from '@flujo-state/core'
import { Content, type PlainStep } from '../content.js'
import { type Contest, contest, expect, type Match, type Side, type Site } from '../harness/contest.js'
import { peerSides } from '../peers/sides.js'
import type { Control, StepChange } from '../subjects/control.js'
import { openPair } from '../subjects/pair.js'
import { type Place, type Settings, scaleOf } from '../subjects/place.js'
import {
  addSteps,
  checkSnapshot,
  growing,
  makeRun,
  type RawRun,
  type Run,
  rawRunSide,
  rewriteSnapshots,
  StepTimes,
} from './step-run.js'

/** 1,000 steps of 1 KB of one run. */
export function stepCommit(places: readonly Place[], settings: Settings): Contest[] {
  return places.flatMap((place) => {
    const work = `${scaleOf(place, settings).steps.toLocaleString('en')} steps`
    return [
      contest({
        work: `${work} / rewriting`,
        place: place.name,
        control: 'raw save of the whole snapshot per step',
        target: { 'sqlite full': 8, 'sqlite normal': 20 }[place.name as string],
        mayGrow: 1.3,
        open: (site) => openMatch(place, settings, site, { ours: committing, ...rewriting }),
      }),
      contest({
        work: `${work} / raw steps`,
        place: place.name,
        control: 'raw step, change and history item',
        open: (site) => openMatch(place, settings, site, { ours: committing, control: addSteps }),
      }),
    ]
  })
}

/** Callers who do not know better: the same whole snapshot, one item longer, saved after each step. */
export function growingHistory(places: readonly Place[], settings: Settings): Contest[] {
  return places.map((place) =>
    contest({
      work: `${scaleOf(place, settings).steps.toLocaleString('en')} growing saveState`,
      place: place.name,
      control: 'raw save of the whole snapshot per step',
      target: 1.5,
      open: (site) => openMatch(place, settings, site, { ours: savingWhole, ...rewriting }),
    }),
  )
}

/** A way of ours to keep a run. */
interface OurRun {
  readonly save: (ours: StateBackend, run: Run, times: StepTimes) => Promise<void>
  /** Throws unless the run is kept. */
  readonly check: (ours: StateBackend, run: Run) => Promise<void>
}

const committing: OurRun = {
  async save(ours, { runId, initial, commits }, times) {
    const { pipelineId, pipelineName, pipelineVersion } = initial
    await ours.saveRunStart({ runId, pipelineId, pipelineName, pipelineVersion })
    await ours.saveState(runId, initial)
    times.begin()
    for (const { step, change } of commits) {
      await commitStep(ours, step, change)
      times.step()
    }
  },
  async check(ours, run) {
    checkSnapshot(run, await ours.loadState(run.runId))
    const steps = await ours.listRunSteps(run.runId)
    expect(steps.length === run.commits.length, `${steps.length} of ${run.commits.length} steps were saved`)
    expect(
      isDeepStrictEqual(steps.at(-1)?.output, run.commits.at(-1)?.step.output),
      'the last step is not what was saved',
    )
  },
}

const savingWhole: OurRun = {
  async save(ours, run, times) {
    await ours.saveState(run.runId, run.initial)
    times.begin()
    for (const state of growing(run)) {
      await ours.saveState(run.runId, state)
      times.step()
    }
  },
  check: async (ours, run) => checkSnapshot(run, await ours.loadState(run.runId)),
}

interface How {
  readonly ours: OurRun
  readonly control: RawRun<Control>
  /** How peers keep the run, where they can do what the control does. */
  readonly peers?: RawRun
}

const rewriting = { control: rewriteSnapshots, peers: rewriteSnapshots }

async function openMatch(place: Place, settings: Settings, { folder }: Site, how: How): Promise<Match<Run>> {
  const operations = scaleOf(place, settings).steps
  const content = new Content()
  const { ours, control } = await openPair(place, folder)
  const { peers } = how
  return {
    operations,
    input: (round) => makeRun(content, `run-${round}`, operations),
    sides: {
      control: rawRunSide(control, how.control),
      ours: oursSide(ours, how.ours),
      ...(peers && (await peerSides(place, settings, folder, (peer) => rawRunSide(peer, peers), { growing: true }))),
    },
  }
}

function oursSide(ours: StateBackend, { save, check }: OurRun): Side<Run> {
  const times = new StepTimes()
  return {
    run: (run) => save(ours, run, times),
    verify: (run) => check(ours, run),
    figures: () => times.figures(),
    curve: () => times.curve(),
    close: () => ours.shutdown(),
  }
}

/** The commit of a runner. */
export function commitStep(backend: StateBackend, step: PlainStep, { item, ...change }: StepChange) {
  return backend.saveStepResult(step, { state: { ...change, appendStepHistory: [item] } })
}
