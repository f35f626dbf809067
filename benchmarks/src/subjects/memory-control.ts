import type { WorkflowStatus } from '@flujo-state/core'
import type { PlainState, PlainStep } from '../content.js'
import {
  type Control,
  type Entry,
  type ListControl,
  type Loaded,
  newestFirst,
  recount,
  type StepChange,
} from './control.js'

type Summary = Omit<PlainState, keyof Loaded | 'runId'> & { readonly runId: string; readonly metadata: string }

/** A map of JSON texts; for the lists, summaries in their order, sorted once after filling. */
export class MemoryControl implements Control, ListControl {
  readonly #texts = new Map<string, string>()
  readonly #steps = new Map<string, string[]>()
  readonly #histories = new Map<string, string[]>()
  #summaries: Summary[] = []

  save(runId: string, state: PlainState): void {
    this.#texts.set(runId, JSON.stringify(state))
  }

  saveAll(entries: readonly Entry[]): void {
    for (const { runId, state } of entries) this.save(runId, state)
    this.#summaries = newestFirst(entries.map(({ runId, state }) => summaryOf(runId, state)))
  }

  load(runId: string): Loaded | null {
    const text = this.#texts.get(runId)
    return text === undefined ? null : JSON.parse(text)
  }

  newest(status: WorkflowStatus, limit: number) {
    const found = []
    for (const summary of this.#summaries) {
      if (summary.status !== status) continue
      found.push({ ...summary, createdAt: new Date(summary.createdAt), metadata: JSON.parse(summary.metadata) })
      if (found.length === limit) break
    }
    return found
  }

  stats(recentFrom: number) {
    return recount(this.#summaries, recentFrom)
  }

  saveStep(step: PlainStep, { item, ...change }: StepChange): void {
    const { runId } = step
    push(this.#steps, runId, JSON.stringify(step))
    push(this.#histories, runId, JSON.stringify(item))
    this.#texts.set(runId, JSON.stringify(change))
  }

  count(): number {
    return this.#texts.size
  }

  countSteps(runId: string): number {
    return this.#steps.get(runId)?.length ?? 0
  }

  close(): void {}
}

function summaryOf(runId: string, state: PlainState): Summary {
  const { pipelineContext: _, lastStepOutput: _1, stepHistory: _2, metadata, ...summary } = state
  return { ...summary, runId, metadata: JSON.stringify(metadata) }
}

function push(lists: Map<string, string[]>, key: string, text: string): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [text])
  else list.push(text)
}
