/** What no rule may see a backend do to its process: GEN-08. */

const PROTOTYPES = [Object, Array, Function, String, Number, Boolean, Map, Set, Date, Promise, RegExp, Error].map(
  ({ name, prototype }) => ({ name: `${name}.prototype`, object: prototype as object }),
)
const CONSOLE = ['log', 'info', 'warn', 'error', 'debug'] as const
const STREAMS = ['stdout', 'stderr'] as const

/** What ends a process that does not listen. */
const FAULTS = ['unhandledRejection', 'uncaughtException'] as const
type Fault = (typeof FAULTS)[number]
type Handler = (...args: unknown[]) => void
/** An object that all share, and the keys and members that it had. */
interface Snapshot {
  readonly name: string
  readonly object: object
  readonly keys: readonly (string | symbol)[]
  readonly members: readonly unknown[]
}

/**
 * Watches the process from its creation to `end`: unhandled rejections and exceptions (which it takes over meanwhile, so that the rule
 * fails and not the whole run), output, changed prototypes, new globals.
 */
export class Watch {
  readonly #before = snapshot()
  readonly #stains: string[] = []
  readonly #handlers: readonly (readonly [Fault, readonly Handler[]])[]
  readonly #undo: (() => void)[] = []

  constructor() {
    this.#handlers = FAULTS.map((fault) => [fault, process.listeners(fault as 'exit') as Handler[]])
    for (const fault of FAULTS) process.removeAllListeners(fault).on(fault, this.#onFault[fault])
    for (const name of CONSOLE) this.#intercept(console, name, `wrote with console.${name}`)
    for (const name of STREAMS) this.#intercept(process[name], 'write', `wrote to ${name}`)
  }

  readonly #onFault: Readonly<Record<Fault, Handler>> = {
    unhandledRejection: (reason) =>
      void this.#stains.push(`a promise was rejected and nobody handled it: ${String(reason)}`),
    uncaughtException: (error) =>
      void this.#stains.push(`something was thrown outside of every call: ${String(error)}`),
  }

  #intercept<K extends string>(target: Record<K, Handler>, name: K, stain: string): void
  #intercept(target: object, name: string, stain: string): void
  #intercept(target: Record<string, Handler>, name: string, stain: string): void {
    const original = target[name] as Handler
    const own = Object.getOwnPropertyDescriptor(target, name)
    target[name] = (...args) => {
      if (!isRunner(new Error().stack ?? '')) this.#stains.push(stain)
      return original.apply(target, args)
    }
    this.#undo.push(() => {
      if (own) Object.defineProperty(target, name, own)
      else delete target[name]
    })
  }

  /** What happened, or null. Waits one turn of the event loop: that is when a rejection counts as unhandled. */
  async end(): Promise<string | null> {
    await new Promise((resolve) => setImmediate(resolve))
    for (const [fault, handlers] of this.#handlers) {
      process.off(fault, this.#onFault[fault])
      for (const handler of handlers) process.on(fault, handler)
    }
    for (const undo of this.#undo) undo()
    return this.#stains[0] ?? changed(this.#before)
  }
}

// A runner that reports from the same process writes meanwhile: node:test through streams of Node's own, others from their package.
function isRunner(stack: string): boolean {
  const callers = stack.split('\n').slice(2)
  return (
    callers.every((line) => /node:|<anonymous>|native/.test(line)) ||
    /node_modules\/(mocha|jest|vitest|@vitest|tsx)/.test(callers[0] ?? '')
  )
}

function snapshot(): readonly Snapshot[] {
  // Of the globals only which there are: some are made when they are first read.
  const globals = { name: 'globalThis', object: globalThis, keys: Reflect.ownKeys(globalThis), members: [] }
  const prototypes = PROTOTYPES.map(({ name, object }) => {
    const keys = Reflect.ownKeys(object)
    return { name, object, keys, members: keys.map((key) => memberOf(object, key)) }
  })
  return [globals, ...prototypes]
}

function memberOf(object: object, key: PropertyKey): unknown {
  const descriptor = Object.getOwnPropertyDescriptor(object, key)
  return descriptor?.get ?? descriptor?.value
}

/** This runs after every case: what is as it was is seen without making anything. */
function changed(before: readonly Snapshot[]): string | null {
  for (const { name, object, keys, members } of before) {
    const found = Reflect.ownKeys(object)
    if (found.length !== keys.length || found.some((key, index) => key !== keys[index])) {
      const added = found.find((key) => !keys.includes(key))
      if (added !== undefined) return `${name}[${String(added)}] was added`
      const removed = keys.find((key) => !found.includes(key))
      if (removed !== undefined) return `${name}[${String(removed)}] was removed`
    }
    const other = members.findIndex(
      (member, index) => !Object.is(member, memberOf(object, keys[index] as string | symbol)),
    )
    if (other !== -1) return `${name}[${String(keys[other])}] was changed`
  }
  return null
}
