import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { SpawnHook } from '../harness.js'
import { type Request, type ToChild, type ToParent, unpackError } from './protocol.js'

// In development the sources are run, by whatever loader the harness names.
const PROGRAM = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? './main.ts' : './main.js', import.meta.url))
const KEPT_OUTPUT = 4_000

/** The process ended before it answered: whether the call was carried out is not known. */
export class ProcessGone extends Error {
  override readonly name = 'ProcessGone'
}

/** What a process does until it is killed: that it ended in the middle is no failure, anything else is. */
export async function untilGone(work: Promise<unknown>): Promise<void> {
  try {
    await work
  } catch (error) {
    if (!(error instanceof ProcessGone)) throw error
  }
}

interface Pending {
  readonly onDone: (index: number, value: unknown) => void
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

const living = new Set<ChildProcess>()
const killAll = () => {
  // A stopped process would never notice that its parent has ended.
  for (const child of living) child.kill('SIGKILL')
}

/** A child process that runs `main.ts`. It keeps this process alive only while it is held. */
export class WorkerProcess {
  readonly #child: ChildProcess
  readonly #exited: Promise<number | null>
  readonly #pending = new Map<number, Pending>()
  #sent = 0
  #output = ''
  #written = 0

  constructor({ execArgv = process.execArgv }: SpawnHook) {
    const child = fork(PROGRAM, {
      execArgv: [...execArgv],
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    this.#child = child
    if (living.size === 0) process.on('exit', killAll)
    living.add(child)
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#written += text.length
        this.#output = (this.#output + text).slice(-KEPT_OUTPUT)
      })
    child.on('message', (message: ToParent) => this.#hear(message))
    this.#exited = once(child, 'exit').then(([code]) => this.#end(code as number | null))
    this.#exited.catch(() => {})
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }
  /** It runs and can be told something. */
  get isConnected(): boolean {
    return this.#child.connected
  }
  /** How many characters it has written to its outputs. */
  get written(): number {
    return this.#written
  }
  /** What it wrote when it had written so many, the end of it. */
  outputAfter(written: number): string {
    return this.#output.slice(-Math.max(this.#written - written, 0) || this.#output.length)
  }

  /** While held, the child keeps this process alive; let go, it waits for the next rule or for the end. */
  hold(held: boolean): void {
    const change = held ? 'ref' : 'unref'
    this.#child[change]()
    this.#child.channel?.[change]()
    for (const stream of [this.#child.stdout, this.#child.stderr])
      (stream as unknown as { ref(): void; unref(): void } | null)?.[change]()
  }

  /** @throws `ProcessGone`, or what went wrong there */
  ask(now: number, request: Request, onDone: Pending['onDone'] = () => {}): { id: number; answer: Promise<unknown> } {
    const id = ++this.#sent
    const answer = new Promise<unknown>((resolve, reject) => {
      if (!this.isConnected) return reject(this.#gone())
      this.#pending.set(id, { onDone, resolve, reject })
      // A value that cannot be copied is thrown here. That the channel broke is noticed by the exit.
      this.#child.send({ id, now, request } satisfies ToChild, () => {})
    })
    return { id, answer }
  }

  signal(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
    this.#child.kill(signal)
  }

  /** Its exit code; null if a signal ended it. */
  async exited(): Promise<number | null> {
    return this.#exited
  }

  #hear(message: ToParent): void {
    const pending = this.#pending.get(message.id)
    if ('done' in message) {
      pending?.onDone(message.done, message.value)
      return
    }
    this.#pending.delete(message.id)
    if ('failed' in message) pending?.reject(unpackError(message.failed))
    else pending?.resolve(message.ended)
  }

  async #end(code: number | null): Promise<number | null> {
    living.delete(this.#child)
    if (living.size === 0) process.off('exit', killAll)
    // What it said before its end may still be on the way.
    if (this.isConnected) await once(this.#child, 'disconnect')
    for (const { reject } of this.#pending.values()) reject(this.#gone())
    this.#pending.clear()
    return code
  }

  #gone(): ProcessGone {
    return new ProcessGone(`the child process ${this.pid} has ended${this.#output ? `: ${this.#output.trim()}` : ''}`)
  }
}
