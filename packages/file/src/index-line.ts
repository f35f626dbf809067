/** The lines of `index.jsonl`: what lists need of a run. */
import type { EvaluationPlace, RunImage, RunSummaryRow, StateSummaryRow } from '@flujo-state/core'
import { readLine, writeLine } from './record-text.js'
import { type StoredRun, stampOfRun } from './stored-run.js'

/** What lists need of a run, as of the files with this stamp. */
export interface Summary {
  readonly generation: number
  readonly stamp: string
  readonly state: StateSummaryRow | null
  readonly summary: RunSummaryRow | null
  /** The sequence of its last evaluation; 0 without any. */
  readonly lastEvaluation: number
}

/** What a run is now (null: gone), with its evaluations behind the sequence `after`: all of them if that is 0. */
export interface Confirmed {
  readonly run: string
  readonly now: Summary | null
  readonly after: number
  readonly evaluations: readonly EvaluationPlace[]
}

/** `touched`: runs that may be changing from here on, until they are confirmed. A line has all runs of a commit. */
export type IndexLine = { readonly touched: readonly string[] } | { readonly confirmed: readonly Confirmed[] }

export const writeIndexLine = (line: IndexLine) => writeLine(line, 'text')

/** Null for a damaged line. */
export const readIndexLine = (text: string) => readLine(text) as IndexLine | null

/** The run as it was just read or written, with its last `added` evaluations (all unless given). */
export function confirmed(run: StoredRun, added = run.image.evaluations.length): Confirmed {
  const { evaluations } = run.image
  const first = evaluations.length - added
  return {
    run: run.runId,
    now: summaryOf(run),
    after: evaluations[first - 1]?.sequence ?? 0,
    evaluations: evaluations.slice(first).map(({ runId, sequence, createdAt }) => ({ runId, sequence, createdAt })),
  }
}

export function gone(runId: string): Confirmed {
  return { run: runId, now: null, after: 0, evaluations: [] }
}

function summaryOf(run: StoredRun): Summary {
  const { image, generation } = run
  const state = image.state && withoutPayloads(image.state)
  const summary = image.run && withoutFinalContext(image.run)
  const lastEvaluation = image.evaluations.at(-1)?.sequence ?? 0
  return { generation, stamp: stampOfRun(run) ?? '', state, summary, lastEvaluation }
}

function withoutPayloads(state: NonNullable<RunImage['state']>): StateSummaryRow {
  const { pipelineContext: _context, lastStepOutput: _output, ...summary } = state
  return summary
}
function withoutFinalContext({ finalContext: _context, ...summary }: NonNullable<RunImage['run']>): RunSummaryRow {
  return summary
}
