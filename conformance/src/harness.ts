import type { StateBackend } from '@flujo-state/core'
import type { VirtualClock } from './clock.js'
import type { Hook } from './rule.js'

/** What a harness is given to build a backend for one rule. */
export interface HarnessEnv {
  /** Hand it on as the backend's `clock` option: it is a function. */
  readonly clock: VirtualClock
  /** Names the storage: the same key means the same storage, another key means another. Safe as a folder or schema name. */
  readonly storageKey: string
}

/** What the author of a backend writes to have it tested. Only `name` and `create` are needed. */
export interface Harness {
  /** For reports only. */
  readonly name: string
  /** A new backend over empty storage. */
  create(env: HarnessEnv): StateBackend | Promise<StateBackend>
  /** Removes the storage of `storageKey`. Called after every rule, also after a failure; all instances are shut down by then. */
  destroy?(env: HarnessEnv): void | Promise<void>
  /** A new instance over the storage that `create` made, after the old one was shut down or abandoned. */
  reopen?(env: HarnessEnv): StateBackend | Promise<StateBackend>
  /** Another live instance over the storage that `create` made. */
  second?(env: HarnessEnv): StateBackend | Promise<StateBackend>
  /** How a child process opens the same storage: for kills, stale workers and writers in several processes. */
  readonly spawn?: SpawnHook
  /** The raw files or rows behind the backend. */
  storage?(env: HarnessEnv): RawStorage
  /** Makes the storage under the backend fail. Called before `create`, which may then open with short timeouts. */
  faults?(env: HarnessEnv): Faults
  /** Hooks that cannot be had for this backend, with the reason: the report shows it, and what needs them stays not run. */
  readonly without?: Readonly<Partial<Record<Hook, string>>>
  /** Known failures: rule id to reason. Reported as such; a rule named here that passes is a failure. */
  readonly expectFail?: Readonly<Record<string, string>>
  /** Multiplies all time limits, for slow stores. */
  readonly timeScale?: number
}

/** A child process imports `module` and calls its export with `env` and `args(env)`: that gives an instance over the storage. */
export interface SpawnHook {
  /** The URL or absolute path of a module that defines no tests. */
  readonly module: string | URL
  readonly exportName: string
  /** More to tell the child; copied as by `structuredClone`. */
  args?(env: HarnessEnv): unknown
  /** Options of Node for the child, such as `['--import', 'tsx']` for a module in TypeScript. Those of this process unless given. */
  readonly execArgv?: readonly string[]
}

/** What the child's export is: most often the same function as `reopen`. */
export type OpenInChild = (env: HarnessEnv, args: unknown) => StateBackend | Promise<StateBackend>

export interface RawStorage {
  /** The names of all files (or rows): paths relative to the storage. */
  list(): Promise<readonly string[]>
  read(name: string): Promise<Uint8Array>
  write(name: string, bytes: Uint8Array): Promise<void>
  /** What lies beside the storage and is not the backend's to touch: name to content or digest. */
  around?(): Promise<Readonly<Record<string, string>>>
}

/** `busy`: somebody else holds the lock. `full`: no space is left. `io`: reading and writing fail. `readonly`: writing is not allowed. */
export type FaultKind = 'busy' | 'full' | 'io' | 'readonly'

export interface Faults {
  /** Those that can happen to this storage at all. */
  readonly kinds: readonly FaultKind[]
  /** Every access to the storage fails (for `full` and `readonly`: every one that writes), after so many that still succeed [0], until `clear`. */
  failNext(kind: FaultKind, after?: number): void
  clear(): void
}
