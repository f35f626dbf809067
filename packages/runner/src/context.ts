import type { StorableObject, StoredObject } from '@flujo-state/core'
import type { BackgroundTask, BackgroundTaskOptions } from './background.js'
import { checkAmount, checkFields, checkName, refuse } from './check.js'
import type { Workflow } from './define.js'
import type { Execution } from './execution.js'

/** What a step is given besides its input. */
export interface StepContext {
  readonly runId: string
  readonly stepName: string
  readonly stepIndex: number
  /** From 1; counts the tries of the step's retry policy in this process. */
  readonly attempt: number
  /**
   * The run's own object, saved together with the result of each step. What an attempt that fails or pauses has changed in
   * it is forgotten: every attempt begins with what the steps before have left.
   */
  context: StoredObject
  /** Aborts when the run should stop (a signal, the caller's `signal`) or must (the lease is lost). Hand it to what waits. */
  readonly signal: AbortSignal
  /**
   * Pauses the run until `resumeWorkflow`, which runs this step again from its beginning; this call then gives the `data` of
   * the resume (null without any). Of several calls in a step each is answered in its turn, so they must come in the same
   * order every time. It pauses by throwing: do not catch it.
   */
  // biome-ignore lint/suspicious/noExplicitAny: what `resumeWorkflow` will be given is known to the caller alone
  pause<Data = any>(reason: string): Promise<Data>
  /** Adds to what this step has cost, failed attempts included. US dollars; tokens are an integer. */
  usage(used: { readonly costUsd?: number; readonly tokens?: number }): void
  /** Tells `onProgress`, and leaves an event in the trace once the step ends. */
  log(message: string, attributes?: StorableObject): void
  /** Does `body` as a part of the step with a span of its own in the trace. */
  span<T>(name: string, body: () => T | Promise<T>): Promise<T>
  /**
   * Starts a child run, which this process works on beside this one. Resolves once the child is stored: from then on
   * `recover` finishes it if this process dies. It is started once, also if this step runs again.
   */
  startBackgroundTask<Input, Output>(
    workflow: Workflow<Input, Output>,
    options: BackgroundTaskOptions<Input>,
  ): Promise<BackgroundTask<Output>>
}

/** Ends a step that pauses. The execution remembers the pause, so it holds even if a step catches this. */
class Pause extends Error {
  override readonly name = 'Pause'
}

/** One attempt's context. `context` is what the steps before have left. */
export function createContext(execution: Execution, attempt: number, context: StoredObject): StepContext {
  let pauses = 0
  let tasks = 0
  return {
    runId: execution.session.runId,
    stepName: execution.step.name,
    stepIndex: execution.stepIndex,
    attempt,
    context,
    signal: execution.session.signal,
    async pause<Data>(reason: string): Promise<Data> {
      if (typeof reason !== 'string') refuse('$.reason', 'expected a string that says what the run waits for')
      const { answers } = execution.session.position
      const number = pauses++
      if (number < answers.length) return answers[number] as Data
      execution.pausedFor ??= reason
      throw new Pause(`the run pauses here: ${reason}`)
    },
    usage: (used) => execution.addUsage(checkUsage(used)),
    log(message, attributes = {}) {
      execution.log(String(message), attributes)
    },
    span(name, body) {
      checkName(name, '$.name')
      return execution.inSpan(name, body)
    },
    startBackgroundTask: (workflow, options) => execution.startBackgroundTask(workflow, options, ++tasks),
  }
}

function checkUsage(used: unknown): { costUsd: number; tokens: number } {
  const { costUsd = 0, tokens = 0 } = checkFields(used, '$', ['costUsd', 'tokens'])
  checkAmount(costUsd, '$.costUsd')
  if (!Number.isSafeInteger(tokens)) refuse('$.tokens', 'expected an integer')
  checkAmount(tokens, '$.tokens')
  return { costUsd: costUsd as number, tokens: tokens as number }
}
