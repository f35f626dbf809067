/**
 * The content that is saved: JSON documents as workflows have them (nested objects, numbers, short texts), as large as asked,
 * and never the same twice. Seeded, so every run of the benchmark saves the same.
 */
import type { StepInput, WorkflowStateInput } from '@flujo-state/core'

type Json = { [key: string]: string | number | boolean | null | Json | Json[] }

/** What a snapshot has here: every field that matters to the sides is given. */
export type PlainState = WorkflowStateInput & {
  readonly pipelineContext: Json
  readonly lastStepOutput: Json
  readonly stepHistory: readonly Json[]
  readonly metadata: Json
  readonly createdAt: Date
}
export type PlainStep = StepInput & { readonly output: Json }

const STATUSES = ['running', 'paused', 'completed', 'failed', 'cancelled'] as const
const WORDS =
  'order invoice customer parcel review draft summary token model prompt answer source chunk table row'.split(' ')
/** The characters that an item takes as JSON, at most. */
const ITEM_SIZE = 150

export class Content {
  #seed: number
  #serial = 0

  constructor(seed = 20261122) {
    this.#seed = seed
  }

  /** A number below `limit`; mulberry32. */
  next(limit: number): number {
    this.#seed = (this.#seed + 0x6d2b79f5) | 0
    let t = Math.imul(this.#seed ^ (this.#seed >>> 15), 1 | this.#seed)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % limit
  }

  #words(count: number): string {
    return Array.from({ length: count }, () => WORDS[this.next(WORDS.length)]).join(' ')
  }

  #item(): Json {
    return {
      id: this.next(1e9),
      name: this.#words(4),
      price: this.next(1e6) / 100,
      open: this.next(2) === 1,
      tags: { kind: this.#words(1), rank: this.next(100), parent: null },
    }
  }

  /** A document of `size` characters as JSON (of 100 at least), unlike all others. */
  document(size: number): Json {
    const items = Array.from({ length: Math.floor((size - 90) / ITEM_SIZE) }, () => this.#item())
    const document = { serial: this.#serial++, title: this.#words(2), note: '', items }
    document.note = this.#words(Math.ceil(size / 4)).slice(0, Math.max(0, size - JSON.stringify(document).length))
    // Through JSON, as texts and objects that came from a network or a file are: no ropes, no shared parts.
    return JSON.parse(JSON.stringify(document))
  }

  /** A snapshot of `size` characters as JSON. */
  state(size: number, createdAt = Date.UTC(2026, 0, 1)): PlainState {
    const status = STATUSES[this.next(STATUSES.length)] ?? 'running'
    const state = {
      pipelineId: 'orders',
      pipelineName: 'Order processing',
      pipelineVersion: '1.4.0',
      currentStepIndex: this.next(50),
      pipelineContext: {},
      lastStepOutput: { ok: true, total: this.next(1e6) / 100 },
      stepHistory: [],
      status,
      createdAt: new Date(createdAt),
      totalSteps: 50,
      executionTimeMs: status === 'completed' ? this.next(60_000) : null,
      metadata: { tenant: `tenant-${this.next(100)}`, priority: this.next(5) },
    }
    return { ...state, pipelineContext: this.document(size - JSON.stringify(state).length + 2) }
  }

  /** Step `stepIndex` of a run, with an output of `size` characters as JSON. */
  step(runId: string, stepIndex: number, size: number): PlainStep {
    const output = this.document(size)
    return { runId, stepName: `step ${stepIndex}`, stepIndex, output, costUsd: 0.001, executionTimeMs: 12 }
  }
}
