import { describe, it } from 'vitest'
import type { Harness } from './harness.js'
import { register } from './register.js'
import type { RunOptions } from './run.js'

/** The suite as vitest tests: one line in a test file. */
export function describeStateBackend(harness: Harness, options: Omit<RunOptions, 'onProgress'> = {}): void {
  register({ describe, it }, harness, options)
}
