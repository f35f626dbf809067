import { spawn } from 'node:child_process'
import { copyFileSync, renameSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { bundle } from '../../../bundle.shared.js'

/** The path of the command as one file of JavaScript. */
export function command(): string {
  const program = bundle(new URL('../../src/cli/bin.ts', import.meta.url))
  // It reads its version from where it would be. Programs may be starting: a rename never shows them half a file.
  const manifest = fileURLToPath(new URL('../package.json', `file://${program}`))
  copyFileSync(new URL('../../package.json', import.meta.url), `${manifest}.${process.pid}`)
  renameSync(`${manifest}.${process.pid}`, manifest)
  return program
}

const harnessSource = (name: string) => new URL(`harnesses/${name}.ts`, import.meta.url)

export const harnessFile = (name: string) => fileURLToPath(harnessSource(name))

/** For the command as a process of its own. */
export const harnessProgram = (name: string) => bundle(harnessSource(name))

/** The command as a program of its own. */
export function startCommand(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [command(), ...args], { env: { ...process.env, ...env } })
  const [stdout, stderr]: [string[], string[]] = [[], []]
  child.stdout.setEncoding('utf8').on('data', (text: string) => stdout.push(text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => stderr.push(text))
  const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) =>
    child.on('close', (code) => resolve({ code, stdout: stdout.join(''), stderr: stderr.join('') })),
  )
  return { child, ended }
}
