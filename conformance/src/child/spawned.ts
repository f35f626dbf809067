import { isAbsolute } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { StateBackend } from '@flujo-state/core'
import type { HarnessEnv, SpawnHook } from '../harness.js'
import { WorkerProcess } from './process.js'
import type { Call } from './protocol.js'

/** A backend in a process of its own, over the storage of the rule. */
export interface Spawned {
  /** Every call of it is made in the process. Arguments and results are copied: no functions, no class instances. */
  readonly backend: StateBackend
  readonly pid: number
  /** What the process has written to its outputs for this rule, the end of it. */
  readonly output: string
  /**
   * Makes the calls one after the other in the process, without waiting for this one. `onDone` is told of each that was
   * acknowledged. Resolves to the values. @throws what the first failing call throws; `ProcessGone` when the process was killed
   */
  script(calls: readonly Call[], onDone?: (index: number, value: unknown) => void): Promise<readonly unknown[]>
  /** SIGKILL. Resolves when it is dead and all it said has been heard. */
  kill(): Promise<void>
  /** SIGSTOP: it stands still in the middle of whatever it does. */
  stop(): void
  /** SIGCONT. */
  resume(): void
  /**
   * Lets the process end by itself, with a shutdown of the backend before unless told otherwise. Gives its exit code and the
   * milliseconds it took after that; killed and null if it does not end in time.
   */
  leave(options: {
    readonly limitMs: number
    readonly shutdown?: boolean
  }): Promise<{ code: number | null; ms: number } | null>
  /** Shuts the backend down if it lives and keeps the process for another use. At the end of the rule it is done anyway. */
  release(): Promise<void>
}

/** Processes that no rule uses: to start one takes longer than most rules do. */
const idle = new Map<string, WorkerProcess[]>()

function takeProcess(hook: SpawnHook): WorkerProcess {
  const waiting = idle.get(keyOf(hook)) ?? []
  const worker = waiting.filter(({ isConnected }) => isConnected).pop() ?? new WorkerProcess(hook)
  idle.set(
    keyOf(hook),
    waiting.filter((each) => each !== worker && each.isConnected),
  )
  worker.hold(true)
  return worker
}

function giveBack(hook: SpawnHook, worker: WorkerProcess): void {
  worker.hold(false)
  if (worker.isConnected) idle.set(keyOf(hook), [...(idle.get(keyOf(hook)) ?? []), worker])
}

const keyOf = ({ execArgv }: SpawnHook) => JSON.stringify(execArgv ?? null)

/** Opens an instance in a waiting process or a new one. */
export async function spawnInstance(hook: SpawnHook, env: HarnessEnv): Promise<Spawned> {
  const worker = takeProcess(hook)
  // A new process has written what it says at its start.
  const { written } = worker
  const now = () => env.clock.now().getTime()
  const opening = worker.ask(now(), {
    kind: 'open',
    module: urlOf(hook.module),
    exportName: hook.exportName,
    storageKey: env.storageKey,
    args: hook.args?.(env),
  })
  const instance = opening.id
  let released = false
  const free = () => {
    if (!released) giveBack(hook, worker)
    released = true
  }
  const facts = (await opening.answer.catch((error: unknown) => {
    free()
    throw error
  })) as Pick<StateBackend, 'capabilities' | 'contractVersion'>

  const script: Spawned['script'] = async (calls, onDone) => {
    const values: unknown[] = []
    const hear = (index: number, value: unknown) => {
      values.push(value)
      onDone?.(index, value)
    }
    await worker.ask(now(), { kind: 'calls', instance, calls }, hear).answer
    return values
  }
  const backend = remote(facts, async (method, args) => (await script([{ method, args }]))[0])
  const kill = async () => {
    worker.signal('SIGKILL')
    await worker.exited()
  }
  return {
    backend,
    pid: worker.pid,
    get output() {
      return worker.outputAfter(written)
    },
    script,
    kill,
    stop: () => worker.signal('SIGSTOP'),
    resume: () => worker.signal('SIGCONT'),
    leave: async ({ limitMs, shutdown = true }) => {
      if (shutdown) await backend.shutdown()
      const begin = performance.now()
      worker.ask(now(), { kind: 'leave' }).answer.catch(() => {})
      const code = await within(limitMs, worker.exited())
      if (code === 'late') await kill()
      return code === 'late' ? null : { code, ms: performance.now() - begin }
    },
    release: async () => {
      if (released || !worker.isConnected) return free()
      worker.signal('SIGCONT')
      await backend.shutdown()
      await worker.ask(now(), { kind: 'forget', instance }).answer
      free()
    },
  }
}

const urlOf = (module: string | URL) =>
  typeof module === 'string' && isAbsolute(module) ? pathToFileURL(module).href : String(module)

/** A backend whose methods are called elsewhere. */
function remote(
  facts: Pick<StateBackend, 'capabilities' | 'contractVersion'>,
  call: (method: string, args: unknown[]) => Promise<unknown>,
): StateBackend {
  const methods = new Map<string, (...args: unknown[]) => Promise<unknown>>()
  const method = (name: string) => {
    const known = methods.get(name) ?? ((...args: unknown[]) => call(name, args))
    methods.set(name, known)
    return known
  }
  return new Proxy(facts, {
    get: (target, key) => {
      if (key === Symbol.asyncDispose) return method('shutdown')
      // `then` would make a promise of it.
      if (typeof key === 'symbol' || key === 'then') return undefined
      return key in target ? Reflect.get(target, key) : method(key)
    },
  }) as StateBackend
}

async function within<T>(limitMs: number, promise: Promise<T>): Promise<T | 'late'> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), limitMs)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
