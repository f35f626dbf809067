/** Counts instead of times: the same on every machine, so they may fail a build. */
import { readFileSync } from 'node:fs'
import type { StateBackend } from '@flujo-state/core'

export interface Counts {
  /** SQL statements run, those that begin and end transactions included; null where there is no SQL. */
  readonly statements: number | null
  /** What is done to make writes durable: commits of a database, fsyncs of files. */
  readonly syncs: number
  /** Handed to the operating system to be written; null where it does not say. */
  readonly bytes: number | null
}

/** A backend whose work is counted. */
export interface Counted {
  readonly backend: StateBackend
  readonly now: () => Counts
}

export function difference(after: Counts, before: Counts): Counts {
  const minus = (a: number | null, b: number | null) => (a === null || b === null ? null : a - b)
  return {
    statements: minus(after.statements, before.statements),
    syncs: after.syncs - before.syncs,
    bytes: minus(after.bytes, before.bytes),
  }
}

/** All bytes that this process has handed to write calls. Only Linux says. */
export function bytesWritten(): number | null {
  try {
    const found = /^wchar: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))
    return found === null ? null : Number(found[1])
  } catch {
    return null
  }
}
