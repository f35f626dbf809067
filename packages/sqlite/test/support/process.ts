import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { bundle } from '../../../../bundle.shared.js'

/** A program of `test/programs/` in a process of its own. */
export interface Program {
  readonly child: ChildProcess
  /** Lines that it has written so far. */
  readonly lines: string[]
  /** The next line that it has not been asked for. */
  next(): Promise<string>
  /** Its exit code (null: it was killed). Rejects with what it wrote to stderr if that is not 0 or a kill. */
  readonly ended: Promise<number | null>
}

export const start = (program: string, ...args: string[]) => run(program, [bundle(urlOf(program)), ...args])
/** For programs that change how modules are found. */
export const startUnbundled = (program: string, ...args: string[]) =>
  run(program, ['--import', 'tsx', fileURLToPath(urlOf(program)), ...args])

const urlOf = (program: string) => new URL(`../programs/${program}`, import.meta.url)

function run(program: string, args: readonly string[]): Program {
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'pipe'] })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  const lines: string[] = []
  let asked = 0
  let wake = () => {}
  let rest = ''
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n')
    rest = parts.pop() ?? ''
    lines.push(...parts)
    wake()
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  const ended = once(child, 'close').then(([code]) => {
    wake()
    if (code !== 0 && code !== null) throw new Error(`${program} ended with ${code}: ${errors}`)
    return code as number | null
  })
  // Whoever waits for it is told.
  ended.catch(() => {})
  const next = async (): Promise<string> => {
    while (lines.length <= asked) {
      if (child.exitCode !== null || child.signalCode !== null) {
        await ended
        if (lines.length <= asked) throw new Error(`${program} has ended without another line`)
      } else await new Promise<void>((resolve) => (wake = resolve))
    }
    return lines[asked++] as string
  }
  return { child, lines, next, ended }
}
