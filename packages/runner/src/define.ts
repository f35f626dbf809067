import type { Storable } from '@flujo-state/core'
import { checkFields, checkFunction, checkName, isObject, refuse } from './check.js'
import type { StepContext } from './context.js'
import { checkRetryPolicy, type RetryPolicy } from './retry.js'

/** A named piece of work: once finished, it is never done again for the same run. */
export interface Step<Input, Output> {
  readonly name: string
  /**
   * `input` is what the step before gave (`undefined` becomes null), for the first step the run's input. Treat it as
   * read-only: it may be shared. A step that was under way when its process died is run again from its beginning.
   */
  run(ctx: StepContext, input: Input): Output | Promise<Output>
  /** Without one, a failed step fails the run at once. */
  readonly retry?: RetryPolicy | undefined
}

export interface StepOptions {
  readonly retry?: RetryPolicy | undefined
}

/** A step from a function; `input` needs its type written down, `defineWorkflow` checks that it fits the step before. */
export function step<Input, Output>(
  name: string,
  run: (ctx: StepContext, input: Input) => Output | Promise<Output>,
  options: StepOptions = {},
): Step<Input, Output> {
  return { ...options, name, run }
}

// biome-ignore lint/suspicious/noExplicitAny: steps of any input and output
export type AnyStep = Step<any, any>

/** What a step gives, as the next step and the result see it. */
type Carried<Output> = Output extends void ? null : Output

type InputOf<S> = S extends { run(ctx: StepContext, input: infer Input): unknown } ? Input : never
type OutputOf<S> = S extends { run(ctx: StepContext, input: never): infer Output } ? Carried<Awaited<Output>> : never

/** The steps themselves if each takes what the one before gives, and gives what can be stored; else what is wrong. */
type Chain<Steps extends readonly AnyStep[]> = Steps extends readonly [
  infer First extends AnyStep,
  infer Second extends AnyStep,
  ...infer Rest extends readonly AnyStep[],
]
  ? [OutputOf<First>] extends [Storable]
    ? [OutputOf<First>] extends [InputOf<Second>]
      ? readonly [First, ...Chain<readonly [Second, ...Rest]>]
      : readonly [First, { readonly 'this step does not take what the step before gives': OutputOf<First> }, ...Rest]
    : readonly [{ readonly 'this step gives what cannot be stored': OutputOf<First> }, Second, ...Rest]
  : Steps extends readonly [infer Last extends AnyStep]
    ? [OutputOf<Last>] extends [Storable]
      ? Steps
      : readonly [{ readonly 'this step gives what cannot be stored': OutputOf<Last> }]
    : Steps

type First<Steps extends readonly AnyStep[]> = Steps extends readonly [infer S, ...unknown[]] ? InputOf<S> : unknown
type Last<Steps extends readonly AnyStep[]> = Steps extends readonly [...unknown[], infer S]
  ? OutputOf<S>
  : // biome-ignore lint/suspicious/noExplicitAny: a list of unknown length ends in any of its steps
    any

declare const types: unique symbol

/** Made by `defineWorkflow`; frozen. */
export interface Workflow<Input = unknown, Output = unknown> {
  readonly id: string
  readonly name: string
  readonly version: string
  readonly steps: readonly AnyStep[]
  /** For the compiler only. */
  readonly [types]?: { readonly input: (input: Input) => void; readonly output: Output }
}

// biome-ignore lint/suspicious/noExplicitAny: workflows of any input and output
export type AnyWorkflow = Workflow<any, any>

export interface WorkflowDefinition<Steps extends readonly AnyStep[]> {
  /** What runs are found by (`pipelineId`); never changes. */
  readonly id: string
  /** For people (`pipelineName`); the id unless given. */
  readonly name?: string | undefined
  /** Change it when running runs could not go on with the changed steps (`pipelineVersion`). */
  readonly version: string
  readonly steps: Steps
}

const defined = Symbol.for('flujo-state.Workflow')

/**
 * Names a chain of steps, so that runs of it can be started, and resumed by other processes that define it too.
 * @throws `VALIDATION` with the path of what is wrong
 */
export function defineWorkflow<const Steps extends readonly AnyStep[]>(
  definition: WorkflowDefinition<Steps> & { readonly steps: Chain<Steps> },
): Workflow<First<Steps>, Last<Steps>> {
  const fields = checkFields(definition, '$', ['id', 'name', 'version', 'steps'])
  const { id, name = id, version } = fields
  checkName(id, '$.id')
  checkName(name, '$.name')
  checkName(version, '$.version')
  const steps = checkSteps(fields.steps)
  const workflow = { id, name, version, steps } as Workflow<First<Steps>, Last<Steps>>
  Object.defineProperty(workflow, defined, { value: true })
  return Object.freeze(workflow)
}

function checkSteps(given: unknown): readonly AnyStep[] {
  if (!Array.isArray(given) || given.length === 0) return refuse('$.steps', 'expected an array of at least one step')
  const names = new Set<string>()
  const steps = given.map((value: unknown, index) => {
    const path = `$.steps[${index}]`
    const step = checkFields(value, path, ['name', 'run', 'retry'])
    checkName(step.name, `${path}.name`)
    checkFunction(step.run, `${path}.run`)
    if (step.retry !== undefined) checkRetryPolicy(step.retry, `${path}.retry`)
    const name = step.name as string
    if (names.has(name)) refuse(`${path}.name`, `'${name}' is the name of an earlier step too; names are unique`)
    names.add(name)
    const retry = step.retry && Object.freeze({ ...step.retry })
    return Object.freeze({ name, run: step.run, retry } as AnyStep)
  })
  return Object.freeze(steps)
}

/** @throws `VALIDATION` unless `value` was made by `defineWorkflow` (of any copy of this package) */
export function checkWorkflow(value: unknown, path: string): void {
  if (!isObject(value) || !(defined in value)) refuse(path, 'expected what defineWorkflow gives')
}
