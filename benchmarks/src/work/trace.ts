import { isDeepStrictEqual } from 'node:util'
import type { SpanNodeInput } from '@flujo-state/core'
import { Content } from '../content.js'
import { type Contest, contest, expect, type Match, type Side, type Site } from '../harness/contest.js'
import { openPair } from '../subjects/pair.js'
import { type Place, type Settings, scaleOf } from '../subjects/place.js'
import type { Durability } from '../subjects/sqlite-database.js'
import { type PlainSpan, type SpanTree, SQLiteTraces } from '../subjects/sqlite-traces.js'

const SPANS = 200
/** Runs that wait for their trace; each gets one, until none is left. */
const RUNS = 1_000
/** A span has at most so many children. */
const CHILDREN = 6
const TARGET = 0.6

interface Trace {
  readonly runId: string
  readonly root: SpanNodeInput
}

/** Traces of 200 spans, each saved as a whole: the raw rows of each in one transaction. */
export function traceWrites(places: readonly Place[], settings: Settings): Contest[] {
  return places.map((place) =>
    contest({
      work: `saveTrace, ${SPANS} spans`,
      place: place.name,
      control: 'raw rows, one transaction per trace',
      target: TARGET,
      open: (site) => openWrites(place, settings, site),
    }),
  )
}

export function traceReads(places: readonly Place[], settings: Settings): Contest[] {
  return places.map((place) =>
    contest({
      work: `getTrace, ${SPANS} spans`,
      place: place.name,
      control: 'raw rows, put together',
      target: TARGET,
      open: (site) => openReads(place, settings, site),
    }),
  )
}

async function openWrites(place: Place, settings: Settings, site: Site): Promise<Match<readonly Trace[]>> {
  const { traces: operations } = scaleOf(place, settings)
  const { ours, control } = await openSides(place, settings, site)
  const content = new Content()
  return {
    operations,
    input: (round) =>
      Array.from({ length: operations }, (_, index) => makeTrace(content, runName(round * operations + index))),
    sides: {
      control: {
        run(traces) {
          for (const { runId, root } of traces) control.save(runId, root)
        },
        verify: (traces) => checkAll(traces, async (runId) => control.load(runId)),
        close: () => control.close(),
      },
      ours: {
        async run(traces) {
          for (const { runId, root } of traces) await ours.saveTrace(runId, root)
        },
        verify: (traces) => checkAll(traces, (runId) => ours.getTrace(runId)),
        close: () => ours.shutdown(),
      },
    },
  }
}

async function openReads(place: Place, settings: Settings, site: Site): Promise<Match<readonly Trace[]>> {
  const { traces: operations } = scaleOf(place, settings)
  const { ours, control } = await openSides(place, settings, site)
  const content = new Content()
  const traces = Array.from({ length: operations }, (_, index) => makeTrace(content, runName(index)))
  for (const { runId, root } of traces) {
    control.save(runId, root)
    await ours.saveTrace(runId, root)
  }
  const side = (load: (runId: string) => SpanTree | null | Promise<SpanTree | null>): Side<readonly Trace[]> => ({
    async run(wanted) {
      let last: SpanTree | null = null
      for (const { runId } of wanted) {
        const loading = load(runId)
        last = loading instanceof Promise ? await loading : loading
      }
      return last
    },
    verify(wanted, last) {
      expect(
        isDeepStrictEqual(essence(last as SpanTree), essence(wanted.at(-1)?.root)),
        'the last trace is not as saved',
      )
    },
  })
  return {
    operations,
    input: () => traces,
    sides: {
      control: { ...side((runId) => control.load(runId)), close: () => control.close() },
      ours: { ...side((runId) => ours.getTrace(runId)), close: () => ours.shutdown() },
    },
  }
}

/** Ours has a run for every trace already, as when a run ends. */
async function openSides(place: Place, { quick }: Settings, { folder }: Site) {
  const { ours, control: unused } = await openPair(place, folder)
  await unused.close()
  const starts = Array.from({ length: quick ? 8 : RUNS }, (_, index) => ours.saveRunStart({ runId: runName(index) }))
  await Promise.all(starts)
  const durability = place.name.split(' ')[1] as Durability
  return { ours, control: await SQLiteTraces.open(folder, durability) }
}

const runName = (index: number) => `run-${index % RUNS}`

/** A tree as of an agent: steps with calls of models and tools below them. */
function makeTrace(content: Content, runId: string): Trace {
  const spans = Array.from({ length: SPANS }, (_, index): PlainSpan & { children: SpanNodeInput[] } => ({
    spanId: `${runId}-${content.next(1e9)}-${index}`,
    name: `step ${index % 12}`,
    startTime: Date.UTC(2026, 0, 1) + index,
    endTime: Date.UTC(2026, 0, 1) + index + content.next(5_000),
    status: 'completed',
    attributes: {
      model: `model-${content.next(4)}`,
      tokens: content.next(10_000),
      prompt: content.document(100).title as string,
    },
    events: [{ name: 'called', time: Date.UTC(2026, 0, 1) + index, attributes: { attempt: content.next(3) } }],
    children: [],
  }))
  spans.forEach((span, index) => {
    if (index > 0) spans[Math.floor((index - 1) / CHILDREN)]?.children.push(span)
  })
  return { runId, root: spans[0] as SpanNodeInput }
}

async function checkAll(traces: readonly Trace[], load: (runId: string) => Promise<SpanTree | null>): Promise<void> {
  for (const { runId, root } of traces)
    expect(isDeepStrictEqual(essence(await load(runId)), essence(root)), `the trace of "${runId}" is not as saved`)
}

/** What both sides must give back of a tree. */
function essence(node: SpanTree | SpanNodeInput | null | undefined): unknown {
  if (node == null) return null
  const { spanId, name, startTime, endTime, status, attributes, events, children } = node
  return { spanId, name, startTime, endTime, status, attributes, events, children: children?.map(essence) }
}
