import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface, type Interface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { onTestFinished } from 'vitest'
import { bundle } from '../../../../bundle.shared.js'

const CHILD = new URL('./child.ts', import.meta.url)

export interface Child {
  readonly process: ChildProcessByStdio<Writable, Readable, null>
  readonly lines: string[]
  /** Waits for the next line that passes. */
  until(passes: (line: string) => boolean): Promise<void>
  /** Waits until it has ended; its exit code, null after a signal. */
  ended(): Promise<number | null>
  kill(): Promise<void>
}

/** Starts `child.ts` with these arguments; it is killed at the end of the test. */
export function startChild(...args: string[]): Child {
  const child = spawn(process.execPath, [bundle(CHILD), ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines: string[] = []
  const reader: Interface = createInterface(child.stdout)
  reader.on('line', (line) => lines.push(line))
  const exit = once(child, 'exit')
  // All that it wrote is read only when its output is closed.
  const closed = Promise.all([exit, once(reader, 'close')])
  const end = async () => {
    child.kill('SIGKILL')
    await closed
  }
  onTestFinished(end)
  return {
    process: child,
    lines,
    until: (passes) =>
      new Promise((resolve, reject) => {
        const look = (line: string) => void (passes(line) && resolve())
        reader.on('line', look)
        closed.then(() => reject(new Error(`the child ended: ${lines.at(-1)}`)), reject)
      }),
    ended: async () => (await closed)[0][0] as number | null,
    kill: end,
  }
}
