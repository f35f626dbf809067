import type { StepInput, StepStatus, Storable, StorableObject } from '@flujo-state/core'
import { type BackgroundTask, type BackgroundTaskOptions, startBackgroundTask } from './background.js'
import { createContext } from './context.js'
import type { AnyStep, Workflow } from './define.js'
import { withRetries } from './retry.js'
import type { Session } from './session.js'
import { addEvent, addException, closeSpan, type OpenSpan } from './trace.js'

/** How an execution of a step ended. */
export type Ending =
  | { readonly kind: 'completed'; readonly output: Storable }
  | { readonly kind: 'paused'; readonly reason: string }
  /** It threw after the run was told to stop. */
  | { readonly kind: 'interrupted' }
  | { readonly kind: 'failed'; readonly thrown: unknown }

/** A step being executed: all attempts of one go. */
export class Execution {
  readonly session: Session
  readonly step: AnyStep
  readonly stepIndex: number
  readonly span: OpenSpan
  /** What a `ctx.pause` without an answer waits for. */
  pausedFor: string | null = null
  readonly #parts: OpenSpan[] = []
  #costUsd: number | null
  #tokens: number | null
  #elapsed = 0

  constructor(session: Session, step: AnyStep) {
    const { stepIndex, costUsd, tokenCounts } = session.position
    this.session = session
    this.step = step
    this.stepIndex = stepIndex
    this.span = session.trace.openStep(step.name, stepIndex, session.now())
    this.#costUsd = costUsd
    this.#tokens = tokenCounts
  }

  /** Runs the step, as often as its policy says. What the attempts changed in context and input is forgotten between them. */
  async run(): Promise<Ending> {
    const { session, step, stepIndex } = this
    const attempt = async (number: number) => {
      if (number > 1) await session.reload()
      const { context, input } = session.position
      const ctx = createContext(this, number, context)
      const output: Storable = await step.run(ctx, input)
      return { output: output ?? null, context: ctx.context }
    }
    try {
      const { output, context } = await withRetries(attempt, {
        policy: step.retry,
        signal: session.signal,
        isFinal: () => this.pausedFor !== null || session.signal.aborted,
        onFailure: (error, attempt, retriesLeft) => {
          addException(this.span, session.now(), error, { attempt })
          session.tell({ type: 'attempt-failed', stepName: step.name, stepIndex, attempt, retriesLeft, error })
        },
      })
      session.position.context = context
      return this.#ending({ kind: 'completed', output })
    } catch (thrown) {
      return this.#ending(session.signal.aborted ? { kind: 'interrupted' } : { kind: 'failed', thrown })
    }
  }

  #ending(ending: Ending): Ending {
    // Sums and differences of epoch times carry digits that mean nothing.
    this.#elapsed = Math.round((this.session.now() - this.span.startTime) * 1_000) / 1_000
    return this.pausedFor === null ? ending : { kind: 'paused', reason: this.pausedFor }
  }

  /** Milliseconds, all attempts and the waits between them. */
  get executionTimeMs(): number {
    return this.#elapsed
  }

  /** The step's record. */
  record(status: StepStatus, more: Partial<StepInput>): StepInput {
    const { runId, position } = this.session
    return {
      runId,
      stepName: this.step.name,
      stepIndex: this.stepIndex,
      status,
      rawResponse: position.answers.length > 0 ? position.answers : null,
      costUsd: this.#costUsd,
      tokenCounts: this.#tokens,
      executionTimeMs: this.executionTimeMs,
      createdAt: new Date(this.span.startTime),
      ...more,
    }
  }

  /** What the snapshot's history keeps of this execution: small, plain JSON. */
  historyItem(status: string, more: StorableObject = {}): StorableObject {
    const { stepIndex, step, span } = this
    const startedAt = new Date(span.startTime).toISOString()
    return { stepIndex, stepName: step.name, status, startedAt, executionTimeMs: this.executionTimeMs, ...more }
  }

  /** The step's span and its parts, ended. */
  close(status: string): OpenSpan[] {
    const time = this.span.startTime + this.executionTimeMs
    for (const part of this.#parts) if (part.endTime === null) closeSpan(part, 'interrupted', time)
    return [closeSpan(this.span, status, time), ...this.#parts]
  }

  addUsage({ costUsd, tokens }: { readonly costUsd: number; readonly tokens: number }): void {
    this.#costUsd = (this.#costUsd ?? 0) + costUsd
    this.#tokens = (this.#tokens ?? 0) + tokens
  }

  log(message: string, attributes: StorableObject): void {
    addEvent(this.span, 'log', this.session.now(), { message, ...attributes })
    this.session.tell({ type: 'log', stepName: this.step.name, stepIndex: this.stepIndex, message, attributes })
  }

  async inSpan<T>(name: string, body: () => T | Promise<T>): Promise<T> {
    const { trace } = this.session
    const part = trace.openPart(this.span, this.#parts.length + 1, name, this.session.now())
    this.#parts.push(part)
    try {
      const result = await body()
      closeSpan(part, 'completed', this.session.now())
      return result
    } catch (thrown) {
      addException(part, this.session.now(), thrown)
      closeSpan(part, 'failed', this.session.now())
      throw thrown
    }
  }

  /** `number` counts the tasks of this attempt: every attempt asks for the same ones. */
  async startBackgroundTask<Input, Output>(
    workflow: Workflow<Input, Output>,
    options: BackgroundTaskOptions<Input>,
    number: number,
  ): Promise<BackgroundTask<Output>> {
    const { session, stepIndex } = this
    // The lease alone says whether this worker may still do anything.
    await session.claim.keeper.ensure()
    const task = await startBackgroundTask(session, workflow, options, `${session.runId}:${stepIndex}.${number}`)
    session.addTask(task)
    addEvent(this.span, 'background task', session.now(), { runId: task.runId })
    return task
  }
}
