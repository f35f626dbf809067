import { Live } from '../../src/cli/live.js'
import { main } from '../../src/cli/main.js'
import type { Io } from '../../src/cli/output.js'
import { command } from './command.js'

/** The command, run in this process. */
export async function cli(...args: string[]) {
  const [stdout, stderr]: [string[], string[]] = [[], []]
  const into = (texts: string[]) => ({ write: (text: string) => void texts.push(text) })
  const io = { stdout: into(stdout), stderr: into(stderr), env: {} }
  const code = await main(args, Object.defineProperty(io, 'program', { get: command }) as Io, new Live())
  return { code, stdout: stdout.join(''), stderr: stderr.join('') }
}
