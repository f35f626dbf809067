import { hostname } from 'node:os'
import type { StateBackend, Storable, StorableObject } from '@flujo-state/core'
import { checkFields, checkFunction, checkName, isObject, refuse } from './check.js'
import { type RunnerClock, systemClock } from './clock.js'
import type { ProgressListener } from './progress.js'

/** What all functions of the runner take. */
export interface RunnerOptions {
  readonly backend: StateBackend
  /** Who holds the lease, for people who look: host name and process id unless given. */
  readonly owner?: string | undefined
  /** Milliseconds after which others may take over a run whose worker died; 30,000 unless given. Renewed while working. */
  readonly leaseMs?: number | undefined
  /** Told of what happens while this process works. What it throws is ignored. */
  readonly onProgress?: ProgressListener | undefined
  /** Abort it to pause after the current step (a step that throws once it aborted runs again on resume). */
  readonly signal?: AbortSignal | undefined
  /** Pause in this way at SIGTERM and SIGINT, too; see `stopOnSignals`. */
  readonly handleSignals?: boolean | undefined
  /** The system's time unless given. Leases end by the backend's time, not by this. */
  readonly clock?: RunnerClock | undefined
}

export type RunOptions<Input> = RunnerOptions & {
  /** A new one unless given. */
  readonly runId?: string | undefined
  /** What `ctx.context` begins with; `{}` unless given. */
  readonly context?: StorableObject | undefined
  /** For lists and filters; `{}` unless given. */
  readonly metadata?: StorableObject | undefined
} & InputOption<Input>

/** The first step's input: may be left out where that takes undefined or null. */
export type InputOption<Input> = undefined extends Input
  ? { readonly input?: Input }
  : null extends Input
    ? { readonly input?: Input }
    : { readonly input: Input }

export interface ResumeOptions extends RunnerOptions {
  readonly runId: string
  /** The answer to the `ctx.pause` that the run waits in. */
  readonly data?: Storable
  /** Go on although the run was started by another version of the workflow; the run then belongs to this one. */
  readonly allowVersionChange?: boolean | undefined
}

/** The options of a call, complete. */
export interface Environment {
  readonly backend: StateBackend
  readonly owner: string
  readonly leaseMs: number
  readonly onProgress: ProgressListener
  /** Each of these tells the work to stop. */
  readonly stops: readonly AbortSignal[]
  /** Signals of the operating system do, too. */
  readonly handleSignals: boolean
  readonly clock: RunnerClock
}

const COMMON = ['backend', 'owner', 'leaseMs', 'onProgress', 'signal', 'handleSignals', 'clock'] as const

/** @throws `VALIDATION` */
export function environmentOf(options: RunnerOptions, more: readonly string[]): Environment {
  checkFields(options, '$', [...COMMON, ...more])
  const { backend, owner = `${hostname()}/${process.pid}`, leaseMs = 30_000, clock = systemClock() } = options
  const { onProgress = () => {}, signal, handleSignals = false } = options
  if (!isObject(backend) || typeof backend.claimRun !== 'function') refuse('$.backend', 'expected a StateBackend')
  checkName(owner, '$.owner')
  if (typeof leaseMs !== 'number' || !(leaseMs > 0) || !Number.isFinite(leaseMs))
    refuse('$.leaseMs', 'expected a number of milliseconds above 0')
  checkFunction(onProgress, '$.onProgress')
  if (signal !== undefined && !(signal instanceof AbortSignal)) refuse('$.signal', 'expected an AbortSignal')
  if (typeof handleSignals !== 'boolean') refuse('$.handleSignals', 'expected true or false')
  return { backend, owner, leaseMs, onProgress, stops: signal ? [signal] : [], handleSignals, clock }
}
