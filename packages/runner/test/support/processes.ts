import { type ChildProcess, spawn } from 'node:child_process'
import { onTestFinished } from 'vitest'
import { bundle } from '../../../../bundle.shared.js'
import type { Orders } from '../programs/worker.js'

const program = new URL('../programs/worker.ts', import.meta.url)

interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** What it wrote to stderr. */
  readonly errors: string
}

/** A worker process (see `programs/worker.ts`); killed at the end of the test if it is still there. */
export class WorkerProcess {
  readonly #child: ChildProcess
  readonly #lines: string[] = []
  readonly ended: Promise<Ended>
  #errors = ''
  #wake: () => void = () => {}

  constructor(orders: Orders) {
    const child = spawn(process.execPath, [bundle(program), JSON.stringify(orders)], { stdio: 'pipe' })
    this.#child = child
    let rest = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      this.#lines.push(...lines)
      this.#wake()
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text
    })
    // It may be gone before it has read everything.
    child.stdin.on('error', () => {})
    this.ended = new Promise((resolve) =>
      child.on('close', (code, signal) => resolve({ code, signal, errors: this.#errors })),
    )
    void this.ended.then(() => this.#wake())
    onTestFinished(() => void child.kill('SIGKILL'))
  }

  /** The first line of those so far and to come that matches. */
  async line(pattern: RegExp): Promise<string> {
    for (;;) {
      const found = this.#lines.find((line) => pattern.test(line))
      if (found !== undefined) return found
      if (this.#child.exitCode !== null || this.#child.signalCode !== null)
        throw new Error(`the worker ended without a line ${pattern}: ${this.#lines.join(' | ')}\n${this.#errors}`)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  tell(line: string): void {
    this.#child.stdin?.write(`${line}\n`)
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }
}
