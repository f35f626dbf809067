import type { StateBackend } from '@flujo-state/core'
import { type Asserts, type CountingAsserts, createAsserts } from './assert.js'
import { type VirtualClock, virtualClock } from './clock.js'
import { type Dump, dump } from './dump.js'
import { createGenerators, type Generators } from './fixtures/generators.js'
import type { Harness, HarnessEnv } from './harness.js'
import { Recorder } from './recorder.js'

/** What a rule works with. */
export interface RuleContext {
  /** Over fresh, empty storage. Calls are counted and kept for the report. */
  readonly backend: StateBackend
  /** Starts at 2026-03-01T00:00:00.000Z; the backend's own clock. */
  readonly clock: VirtualClock
  readonly assert: Asserts
  readonly gen: Generators
  /** Of the random runs. */
  readonly seed: number
  /** Shuts the instance (the latest one) down and opens a new one over the same storage. Needs the hook `reopen`. */
  reopen(backend?: StateBackend): Promise<StateBackend>
  /** The same without the shutdown: as if the instance had been forgotten. Needs the hook `reopen`. */
  abandon(): Promise<StateBackend>
  /** Another live instance over the same storage (of the latest one). Needs the hook `second`. */
  second(backend?: StateBackend): Promise<StateBackend>
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
  readonly isSecond: boolean
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

/** One rule's world: its backends and storages, and their end. */
export class Session {
  readonly recorder = new Recorder()
  readonly assert: CountingAsserts = createAsserts()
  readonly clock = virtualClock()
  readonly context: RuleContext
  readonly #harness: Harness
  readonly #title: string
  readonly #envs: HarnessEnv[] = []
  readonly #instances: Instance[] = []

  private constructor(harness: Harness, title: string, seed: number) {
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
      reopen: (backend) => this.#reopen(this.#find(backend), true),
      abandon: () => this.#reopen(this.#latest, false),
      second: (backend) => this.#add('second', this.#find(backend).env, this.#hook('second')),
      other: () => this.#create(`other${this.#envs.length}`),
      dump: (backend, runIds) => this.#dump(backend, runIds),
    }
  }

  static async start(harness: Harness, title: string, seed: number): Promise<Session> {
    const session = new Session(harness, title, seed)
    await session.#create('backend')
    return session
  }

  get first(): Instance {
    return this.#instances[0] as Instance
  }
  /** The one over the rule's first storage that was opened last; a `second` one is beside it. */
  get #latest(): Instance {
    const own = this.#instances.filter(({ env, isSecond }) => env === this.#envs[0] && !isSecond)
    return own.at(-1) as Instance
  }
  #find(backend: StateBackend | undefined): Instance {
    return this.#instances.find(({ watched }) => watched === backend) ?? this.#latest
  }

  #create(name: string): Promise<StateBackend> {
    const env: HarnessEnv = { clock: this.clock, storageKey: storageKey(this.#title) }
    this.#envs.push(env)
    return this.#add(name, env, (env) => this.#harness.create(env))
  }

  async #add(name: string, env: HarnessEnv, make: (env: HarnessEnv) => StateBackend | Promise<StateBackend>) {
    const raw = await make(env)
    const watched = this.recorder.watch(raw, name)
    this.#instances.push({ env, raw, watched, isSecond: name === 'second', abandoned: false })
    return watched
  }

  async #reopen(instance: Instance, shutdown: boolean): Promise<StateBackend> {
    if (shutdown) await instance.watched.shutdown()
    else instance.abandoned = true
    return this.#add('reopened', instance.env, this.#hook('reopen'))
  }

  #hook(name: 'reopen' | 'second') {
    const hook = this.#harness[name]
    if (hook === undefined) throw new TypeError(`a rule that calls ${name}() must say needs: ['${name}']`)
    return hook.bind(this.#harness)
  }

  #dump(backend: StateBackend | undefined, runIds: readonly string[] | undefined): Promise<Dump> {
    this.recorder.calls += 1
    // The raw backend: a dump would push the rule's own calls out of the transcript.
    return dump(this.#find(backend).raw, this.recorder, runIds)
  }

  /**
   * Shuts everything down and removes the storages. Gives what failed; an abandoned instance, or one that the rule shut down
   * itself, may fail.
   */
  async end(): Promise<string | null> {
    const problems: string[] = []
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
