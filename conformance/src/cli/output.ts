import { writeFileSync } from 'node:fs'
import type { Report } from '../report.js'
import { badge } from '../reports/badge.js'
import { jsonReport } from '../reports/json.js'
import { junitReport } from '../reports/junit.js'
import { markdownReport } from '../reports/markdown.js'
import { COLOURED, PLAIN, type Style } from '../reports/style.js'
import type { Format, Options } from './options.js'
import { Problem } from './problem.js'

/** What is used of a stream. */
export interface Output {
  write(text: string): unknown
  readonly isTTY?: boolean
  readonly columns?: number
}

export interface Io {
  readonly stdout: Output
  readonly stderr: Output
  readonly env: NodeJS.ProcessEnv
  /** The path of the command, to start it again. */
  readonly program: string
}

const RENDERERS: Readonly<Record<Format, (reports: readonly Report[]) => string>> = {
  json: jsonReport,
  junit: junitReport,
  markdown: markdownReport,
  badge,
}

/** Where the readable report goes: to standard output, unless another report goes there. */
export const readable = ({ outputs }: Options, io: Io): Output =>
  [...outputs.values()].includes(null) ? io.stderr : io.stdout

export function styleFor({ isTTY }: Output, env: NodeJS.ProcessEnv): Style {
  const off = Boolean(env.NO_COLOR) || env.TERM === 'dumb'
  return isTTY === true && !off ? COLOURED : PLAIN
}

export function writeReports({ outputs }: Options, reports: readonly Report[], io: Io): void {
  for (const [format, file] of outputs) {
    const text = RENDERERS[format](reports)
    if (file === null) io.stdout.write(text)
    else writeFile(file, text)
  }
}

function writeFile(file: string, text: string): void {
  try {
    writeFileSync(file, text)
  } catch (error) {
    throw new Problem(`${file} cannot be written: ${error instanceof Error ? error.message : String(error)}`)
  }
}
