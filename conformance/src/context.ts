import type { StateBackend } from '@flujo-state/core'
import { type Asserts, type CountingAsserts, createAsserts } from './assert.js'
import { type Spawned, spawnInstance } from './child/spawned.js'
import { type VirtualClock, virtualClock } from './clock.js'
import { type Dump, dump } from './dump.js'
import { createGenerators, type Generators } from './fixtures/generators.js'
import type { Faults, Harness, HarnessEnv, RawStorage } from './harness.js'
import { Recorder } from './recorder.js'
import type { Hook } from './rule.js'
import { show } from './show.js'

export type Thoroughness = 'short' | 'long'

/** What a rule works with. */
export interface RuleContext {
  /** Over fresh, empty storage. Calls are counted and kept for the report. */
  readonly backend: StateBackend
  /** Starts at 2026-03-01T00:00:00.000Z unless told otherwise; the backend's own clock. */
  readonly clock: VirtualClock
  readonly assert: Asserts
  readonly gen: Generators
  /** Of the random runs. */
  readonly seed: number
  /** `long`: as many rounds as find what is rare; `short`: as many as everybody can wait for. */
  readonly thoroughness: Thoroughness
  /** Shuts the instance (the latest one) down and opens a new one over the same storage. Needs the hook `reopen`. */
  reopen(backend?: StateBackend): Promise<StateBackend>
  /** The same without the shutdown: as if the instance had been forgotten. Needs the hook `reopen`. */
  abandon(): Promise<StateBackend>
  /** Another live instance over the same storage (of the latest one). Needs the hook `second`. */
  second(backend?: StateBackend): Promise<StateBackend>
  /** An instance in a process of its own over the same storage (of the latest one). Needs the hook `spawn`. */
  spawn(backend?: StateBackend): Promise<Spawned>
  /** The raw storage of the rule's backend. Needs the hook `storage`. */
  readonly storage: RawStorage
  /** The faults of the rule's backend. Needs the hook `faults`. */
  readonly faults: Faults
  /** Another backend over other, empty storage. */
  other(): Promise<StateBackend>
  /** All that public reads show of the (latest) instance: of the ids used so far and of `runIds`. */
  dump(backend?: StateBackend, runIds?: readonly string[]): Promise<Dump>
}

interface Instance {
  readonly env: HarnessEnv
  /** As the harness gave it, not recorded. */
  readonly raw: StateBackend
  readonly watched: StateBackend
  /** Beside the one that the rule began with. */
  readonly isBeside: boolean
  abandoned: boolean
}

let storageKeys = 0
// Processes that test at the same time, against the same server, must not meet.
const process36 = `${process.pid.toString(36)}${Math.floor(Math.random() * 36 ** 4).toString(36)}`

function storageKey(title: string): string {
  const name = title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 24)
  return `c${process36}-${(++storageKeys).toString(36)}-${name}`.replace(/-$/, '')
}

export interface SessionOptions {
  readonly seed: number
  readonly thoroughness: Thoroughness
  /** Where the clock starts. */
  readonly start?: number | undefined
  /** What the rule needs. */
  readonly needs?: readonly Hook[] | undefined
}

const isBackend = (value: unknown): value is StateBackend => typeof value === 'object' && value !== null

function missing(hook: Hook): never {
  throw new TypeError(`a rule that uses ${hook} must say needs: ['${hook}']`)
}

/** One rule's world: its backends and storages, and their end. */
export class Session {
  readonly recorder = new Recorder()
  readonly assert: CountingAsserts = createAsserts()
  readonly clock: VirtualClock
  readonly context: RuleContext
  readonly #harness: Harness
  readonly #title: string
  readonly #envs: HarnessEnv[] = []
  readonly #instances: Instance[] = []
  readonly #spawned: Spawned[] = []
  #storage: RawStorage | undefined
  #faults: Faults | undefined

  private constructor(harness: Harness, title: string, { seed, thoroughness, start }: SessionOptions) {
    this.clock = virtualClock(start)
    this.#harness = harness
    this.#title = title
    const session = this
    this.context = {
      get backend() {
        return session.first.watched
      },
      clock: this.clock,
      assert: this.assert,
      gen: createGenerators(),
      seed,
      thoroughness,
      reopen: (backend) => this.#reopen(this.#find(backend), true),
      abandon: () => this.#reopen(this.#latest, false),
      second: (backend) => this.#add('second', this.#find(backend).env, this.#hook('second')),
      get storage() {
        session.#storage ??= session.#hook('storage')(session.first.env)
        return session.#storage
      },
      get faults() {
        return session.#faults ?? missing('faults')
      },
      spawn: (backend) => this.#spawn(this.#find(backend).env),
      other: () => this.#add(`other${this.#envs.length}`, this.#newEnv(), (env) => this.#harness.create(env)),
      dump: (backend, runIds) => this.#dump(backend, runIds),
    }
  }

  static async start(harness: Harness, title: string, options: SessionOptions): Promise<Session> {
    const session = new Session(harness, title, options)
    try {
      const env = session.#newEnv()
      if (options.needs?.includes('faults')) session.#faults = session.#hook('faults')(env)
      await session.#add('backend', env, (env) => harness.create(env))
      return session
    } catch (error) {
      // What it began to make is removed all the same.
      await session.end()
      throw error
    }
  }

  get first(): Instance {
    return this.#instances[0] as Instance
  }
  /** The one over the rule's first storage that was opened last; a `second` one is beside it. */
  get #latest(): Instance {
    const own = this.#instances.filter(({ env, isBeside }) => env === this.#envs[0] && !isBeside)
    return own.at(-1) as Instance
  }
  #find(backend: StateBackend | undefined): Instance {
    return this.#instances.find(({ watched }) => watched === backend) ?? this.#latest
  }

  #newEnv(): HarnessEnv {
    const env: HarnessEnv = { clock: this.clock, storageKey: storageKey(this.#title) }
    this.#envs.push(env)
    return env
  }

  async #add(name: string, env: HarnessEnv, make: (env: HarnessEnv) => StateBackend | Promise<StateBackend>) {
    const raw: unknown = await make(env)
    if (!isBackend(raw)) throw new TypeError(`it gave ${show(raw)}, which is no StateBackend`)
    const watched = this.recorder.watch(raw, name)
    this.#instances.push({ env, raw, watched, isBeside: name === 'second', abandoned: false })
    return watched
  }

  async #reopen(instance: Instance, shutdown: boolean): Promise<StateBackend> {
    if (shutdown) await instance.watched.shutdown()
    else instance.abandoned = true
    return this.#add('reopened', instance.env, this.#hook('reopen'))
  }

  async #spawn(env: HarnessEnv): Promise<Spawned> {
    const hook = this.#harness.spawn
    if (hook === undefined) return missing('spawn')
    const spawned = await spawnInstance(hook, env)
    this.#spawned.push(spawned)
    const name = `process${this.#spawned.length}`
    return this.recorder.watchProcess(spawned, name)
  }

  #hook<N extends Exclude<Hook, 'spawn'>>(name: N): NonNullable<Harness[N]> {
    const hook = this.#harness[name]
    if (hook === undefined) return missing(name)
    return hook.bind(this.#harness) as NonNullable<Harness[N]>
  }

  #dump(backend: StateBackend | undefined, runIds: readonly string[] | undefined): Promise<Dump> {
    this.recorder.calls += 1
    // The raw backend: a dump would push the rule's own calls out of the transcript.
    return dump(this.#find(backend).raw, this.recorder, runIds)
  }

  /** What a child process wrote to its outputs, which no backend may; null if none did. Complete after `end`. */
  get outputOfProcesses(): string | null {
    const text = this.#spawned.map(({ output }) => output).join('')
    return text === '' ? null : `a child process wrote: ${text.trim()}`
  }

  /**
   * Shuts everything down and removes the storages. Gives what failed; an abandoned instance, or one that the rule shut down
   * itself, may fail.
   */
  async end(): Promise<string | null> {
    const problems: string[] = []
    // Faults first: nothing could be shut down otherwise.
    this.#faults?.clear()
    for (const spawned of this.#spawned) {
      try {
        await spawned.release()
      } catch (error) {
        problems.push(`shutdown in a process after the rule failed: ${String(error)}`)
      }
    }
    for (const { raw, abandoned } of this.#instances) {
      try {
        await raw.shutdown()
      } catch (error) {
        if (!abandoned && !this.recorder.shutDown.has(raw))
          problems.push(`shutdown after the rule failed: ${String(error)}`)
      }
    }
    for (const env of this.#envs) {
      try {
        await this.#harness.destroy?.(env)
      } catch (error) {
        problems.push(`harness.destroy failed: ${String(error)}`)
      }
    }
    return problems[0] ?? null
  }
}
