/** Where the main example keeps what it makes. */
import { mkdirSync, rmSync } from 'node:fs'
import { isAbsolute, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const data = fileURLToPath(new URL('../.data/sales', import.meta.url))

export const folder = resolve(process.env.FLUJO_EXAMPLE_DATA ?? data)
export const database = join(folder, 'sales.db')
export const journalFile = join(folder, 'journal.txt')
export const csv = fileURLToPath(new URL('../data/orders.csv', import.meta.url))
export const runId = 'sales-2026-q3'
/** Milliseconds. Short, so that a killed worker is replaced within a second; 30,000 is the default. */
export const leaseMs = 1_000

const MADE = ['sales.db', 'sales.db-wal', 'sales.db-shm', 'journal.txt', 'draft.md', 'published', 'orders.csv.gz']

/** An empty place to start in: removes what an earlier start has made, and nothing else. */
export function makePlace(): void {
  mkdirSync(folder, { recursive: true })
  for (const name of MADE) rmSync(join(folder, name), { recursive: true, force: true })
}

/** A path as short as it can be typed from the root of the repository. */
export function shortPath(path: string): string {
  const short = relative(fileURLToPath(new URL('../..', import.meta.url)), path)
  return short.startsWith('..') || isAbsolute(short) ? path : short
}
