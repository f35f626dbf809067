import { spawn } from 'node:child_process'
import type { Live } from './live.js'
import { EXIT } from './problem.js'

/** Runs this program again with modules loaded first, and gives its exit code. Child processes inherit them this way. */
export function runWithImports(
  program: string,
  imports: readonly string[],
  args: readonly string[],
  live: Live,
): Promise<number> {
  const loaders = imports.flatMap((name) => ['--import', name])
  const command = [...process.execArgv, ...loaders, program, ...withoutImports(args)]
  // In a group of its own, so that it hears of an interrupt once: a second one would end it without tidying up.
  const child = spawn(process.execPath, command, { stdio: 'inherit', detached: true })
  const ended = new Promise<number>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve(code ?? EXIT.internal))
  })
  return live.watchChild(child, ended)
}

function withoutImports(args: readonly string[]): string[] {
  return args.filter((arg, index) => !/^--import(=|$)/.test(arg) && args[index - 1] !== '--import')
}
