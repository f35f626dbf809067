import type { StateBackend } from '@flujo-state/core'
import type { HarnessEnv } from '../harness.js'
import { referenceFileHarness } from '../reference-file-harness.js'
import { type BrokenBackend, replacing } from './broken-backend.js'

/** A broken form of the reference file store, in this process and in others: one of `file-variants.ts` by its name. */
export function brokenFileStore(name: string, wrong: string, breaks: readonly string[]): BrokenBackend {
  return { name, wrong, breaks, harness: referenceFileHarness(name, name) }
}

/** The reference file store under methods that are wrong. */
export function brokenFileCalls(
  name: string,
  wrong: string,
  breaks: readonly string[],
  methods: (backend: StateBackend) => Partial<StateBackend>,
): BrokenBackend {
  const { spawn: _, ...harness } = referenceFileHarness(name)
  const wrap = async (env: HarnessEnv) => {
    const backend = await harness.create(env)
    return replacing(backend, methods(backend))
  }
  return { name, wrong, breaks, harness: { ...harness, create: wrap, reopen: wrap, second: wrap } }
}
