import type { StateBackend } from '@flujo-state/core'
import type { Spawned } from './child/spawned.js'
import { show } from './show.js'

interface RecordedCall {
  readonly instance: string
  readonly method: string
  readonly args: readonly unknown[]
  /** Shown only if it is asked for: most calls end well. */
  outcome: () => string
}

/** So many calls are kept for the transcript of a failure. */
const KEPT = 10

/** Watches every backend of a rule: counts calls, keeps the last ones, and remembers which ids were used and what was thrown. */
export class Recorder {
  calls = 0
  readonly runIds = new Set<string>()
  readonly keys = new Set<string>()
  /** Backends that a rule shut down itself. */
  readonly shutDown = new WeakSet<StateBackend>()
  readonly #last: RecordedCall[] = []
  readonly #thrown = new WeakSet<object>()

  /** The backend behind a proxy; everything that is called on it is recorded under the instance's name. */
  watch(backend: StateBackend, instance: string): StateBackend {
    const wrapped = new Map<PropertyKey, unknown>()
    return new Proxy(backend, {
      get: (target, key) => {
        // The target as receiver: classes with private fields would refuse the proxy.
        const member: unknown = Reflect.get(target, key, target)
        if (typeof member !== 'function') return member
        if (!wrapped.has(key))
          wrapped.set(key, (...args: unknown[]) => {
            if (key === 'shutdown' || key === Symbol.asyncDispose) this.shutDown.add(target)
            return this.#call(instance, String(key), args, () => member.apply(target, args))
          })
        return wrapped.get(key)
      },
    })
  }

  /** A process whose calls are recorded under the name. */
  watchProcess(spawned: Spawned, name: string): Spawned {
    const backend = this.watch(spawned.backend, name)
    const script: Spawned['script'] = (calls, onDone) => {
      this.calls += calls.length - 1
      for (const { method, args } of calls) this.#note(method, args[0])
      return this.#call(name, 'script', [calls], () => spawned.script(calls, onDone)) as ReturnType<Spawned['script']>
    }
    return new Proxy(spawned, {
      get: (target, key) =>
        key === 'backend' ? backend : key === 'script' ? script : Reflect.get(target, key, target),
    })
  }

  /** Whether this was thrown or rejected by a backend (and not by the rule itself). */
  cameFromBackend(error: unknown): boolean {
    return typeof error === 'object' && error !== null && this.#thrown.has(error)
  }

  transcript(): string[] {
    return this.#last.map(({ instance, method, args, outcome }) => {
      const shown = args.map(show).join(', ')
      return `${instance}.${method}(${shown.length > 300 ? `${shown.slice(0, 300)}…` : shown}) → ${outcome()}`
    })
  }

  #call(instance: string, method: string, args: unknown[], invoke: () => unknown): unknown {
    this.calls += 1
    this.#note(method, args[0])
    const call: RecordedCall = { instance, method, args, outcome: () => 'pending' }
    this.#last.push(call)
    if (this.#last.length > KEPT) this.#last.shift()
    try {
      const result = invoke()
      if (result instanceof Promise) result.then(succeeded(call), (error) => this.#failed(call, error))
      else call.outcome = () => `returned ${show(result)} (no promise)`
      return result
    } catch (error) {
      this.#failed(call, error)
      throw error
    }
  }

  #failed(call: RecordedCall, error: unknown): void {
    call.outcome = () => show(error)
    if (typeof error === 'object' && error !== null) this.#thrown.add(error)
  }

  #note(method: string, first: unknown): void {
    const id = typeof first === 'object' && first !== null ? readRunId(first) : first
    if (typeof id !== 'string') return
    if (method.endsWith('SystemState')) this.keys.add(id)
    else this.runIds.add(id)
  }
}

const succeeded = (call: RecordedCall) => (result: unknown) => {
  call.outcome = () => show(result)
}

// Rules hand over hostile objects too.
function readRunId(value: object): unknown {
  try {
    return 'runId' in value ? value.runId : undefined
  } catch {
    return undefined
  }
}
