/** Starts workers as processes of their own, shows what they say, and kills them when told to. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { COLUMNS, clip, paint } from './show/text.js'

const worker = fileURLToPath(new URL('worker.ts', import.meta.url))
const MARGIN = '   │ '

export interface Ended {
  readonly pid: number
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly lines: readonly string[]
}

export interface WorkerOptions {
  /** Kill the worker with SIGKILL at the first line for which this is true. */
  readonly killAt?: (line: string) => boolean
}

let current: ChildProcess | null = null

/** Runs a worker to its end; its lines are shown while it works. */
export async function runWorker(args: readonly string[], { killAt }: WorkerOptions = {}): Promise<Ended> {
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), worker, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  current = child
  const lines: string[] = []
  let killed = false
  createInterface({ input: child.stdout }).on('line', (line) => {
    // What it still said while it was being killed.
    if (killed) return
    lines.push(line)
    console.log(paint('dim', MARGIN) + clip(line, COLUMNS - MARGIN.length))
    if (!killAt?.(line)) return
    killed = child.kill('SIGKILL')
  })
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve([code, signal]))
  })
  current = null
  return { pid: child.pid ?? 0, code, signal, lines }
}

/** Ctrl-C and SIGTERM are the worker's business too: it pauses its run. Then this process ends. */
export function passSignalsOn(): void {
  const codes = { SIGINT: 130, SIGTERM: 143 } as const
  for (const [name, code] of Object.entries(codes)) {
    process.once(name, () => {
      if (current === null) process.exit(code)
      current.once('close', () => process.exit(code))
      current.kill(name as NodeJS.Signals)
    })
  }
}
