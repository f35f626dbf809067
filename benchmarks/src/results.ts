/** What a run of the benchmark leaves as JSON. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BoundResult } from './bounds/bound.js'
import type { Machine } from './harness/machine.js'
import type { ContestResult } from './harness/measure.js'
import type { Absent } from './peers/install.js'
import type { ShapeResult } from './shape/shape.js'

/** Where everything that is written lies. */
export const RESULTS = fileURLToPath(new URL('../results/', import.meta.url))

export interface Failure {
  readonly id: string
  readonly error: string
}

export interface Results {
  readonly machine: Machine
  readonly rounds: number
  readonly quick: boolean
  readonly full: boolean
  readonly results: readonly ContestResult[]
  readonly shape: readonly ShapeResult[]
  readonly bounds: readonly BoundResult[]
  /** Lines that could not be measured. */
  readonly failures: readonly Failure[]
  /** Peers that were asked for and do not run. */
  readonly absent: readonly Absent[]
}

export async function writeResults(given: string | null, results: Results): Promise<void> {
  const name = `${results.machine.date.replaceAll(':', '-').slice(0, 19)}.json`
  const file = given ?? join(RESULTS, name)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, `${JSON.stringify(results, null, 2)}\n`)
  console.log(`\nWritten to ${relative(process.cwd(), file)}`)
}

export async function readResults(file: string): Promise<Results> {
  return JSON.parse(await readFile(file, 'utf8'))
}
