import type { StateBackend } from '@flujo-state/core'
import type { VirtualClock } from './clock.js'

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
  /** How a child process builds the backend: `await import(module)`, then its export `exportName` called with `args(env)`. */
  readonly spawn?: {
    readonly module: string
    readonly exportName: string
    args(env: HarnessEnv): unknown
  }
  /** The raw files or rows behind the backend. */
  storage?(env: HarnessEnv): RawStorage
  /** Makes the storage under the backend fail. */
  faults?(env: HarnessEnv): Faults
  /** Known failures: rule id to reason. Reported as such; a rule named here that passes is a failure. */
  readonly expectFail?: Readonly<Record<string, string>>
  /** Multiplies all time limits, for slow stores. */
  readonly timeScale?: number
}

export interface RawStorage {
  list(): Promise<readonly string[]>
  read(name: string): Promise<Uint8Array>
  write(name: string, bytes: Uint8Array): Promise<void>
}

export interface Faults {
  failNext(kind: 'busy' | 'full' | 'io'): void
  clear(): void
}
