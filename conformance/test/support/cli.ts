import { fileURLToPath } from 'node:url'
import { Live } from '../../src/cli/live.js'
import { main } from '../../src/cli/main.js'

export const harnessFile = (name: string) => fileURLToPath(new URL(`harnesses/${name}.ts`, import.meta.url))

/** The command, run in this process. */
export async function cli(...args: string[]) {
  const [stdout, stderr]: [string[], string[]] = [[], []]
  const into = (texts: string[]) => ({ write: (text: string) => void texts.push(text) })
  const code = await main(args, { stdout: into(stdout), stderr: into(stderr), env: {} }, new Live())
  return { code, stdout: stdout.join(''), stderr: stderr.join('') }
}
