import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import type { Live } from './live.js'
import { EXIT, Problem } from './problem.js'

/** Runs this program again with modules loaded first, and gives its exit code. Child processes inherit them this way. */
export function runWithImports(
  program: string,
  imports: readonly string[],
  args: readonly string[],
  live: Live,
): Promise<number> {
  imports.forEach(checkImport)
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

/** Node would end with a stack of its own, and with 1: as if a rule had failed. @throws {Problem} */
function checkImport(name: string): void {
  if (URL.canParse(name)) return
  try {
    createRequire(resolve('here')).resolve(name)
  } catch (error) {
    // Any other error is of a package that is there, and may well be for `import` alone.
    if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') return
    throw new Problem(`--import ${name}: not found here; a package is installed by \`npm install --save-dev ${name}\``)
  }
}

function withoutImports(args: readonly string[]): string[] {
  return args.filter((arg, index) => !/^--import(=|$)/.test(arg) && args[index - 1] !== '--import')
}
