import { AssertionError } from 'node:assert/strict'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { StateBackend } from '@flujo-state/core'
import { afterAll, describe, expect, it } from 'vitest'
import { brokenBackends } from '../src/broken/index.js'
import { type VirtualClock, virtualClock } from '../src/clock.js'
import type { Harness } from '../src/harness.js'
import { referenceHarness } from '../src/reference.js'
import { allRules } from '../src/rules.js'
import { casesOf, runCase } from '../src/run.js'

const folder = fileURLToPath(new URL('../.test-results/programs/', import.meta.url))
afterAll(() => rm(folder, { recursive: true, force: true }))

async function failureOf(rule: string, harness: Harness, seed: number): Promise<string> {
  const [only] = casesOf(allRules, rule)
  if (only === undefined) throw new Error(`no rule ${rule}`)
  const { message, outcome } = await runCase(only, harness, { seed })
  expect(outcome, message ?? '').toBe('fail')
  return message ?? ''
}

/** The program in the message, as whoever reads it would run it: copied to a file. */
const programIn = (message: string) => message.slice(message.indexOf('import assert')).replaceAll(/^ {4}/gm, '')

interface Reproduction {
  reproduce(world: {
    readonly backend: StateBackend
    readonly clock: VirtualClock
    readonly reopen: (backend: StateBackend) => Promise<StateBackend>
    readonly second: () => Promise<StateBackend>
  }): Promise<void>
}

let files = 0
async function runProgram(program: string, harness: Harness): Promise<void> {
  await mkdir(folder, { recursive: true })
  const file = `${folder}program-${++files}.mjs`
  await writeFile(file, program)
  const { reproduce }: Reproduction = await import(/* @vite-ignore */ pathToFileURL(file).href)
  const clock = virtualClock()
  const env = { clock, storageKey: `program-${files}` }
  await reproduce({
    backend: await harness.create(env),
    clock,
    reopen: async (backend) => {
      await backend.shutdown()
      return harness.reopen?.(env) as Promise<StateBackend>
    },
    second: async () => harness.second?.(env) as Promise<StateBackend>,
  })
}

const brokenNamed = (name: string): Harness => {
  const harness = brokenBackends.find((broken) => broken.name === name)?.harness
  if (harness === undefined) throw new Error(`no broken backend ${name}`)
  return harness
}

// One wrong in what it stores, in what it lists, in what it shares with its callers, and in each way to have instances.
const CASES = [
  ['third-save-lost', 'MDL-01'],
  ['deletes-not-persisted', 'MDL-02'],
  ['counts-per-instance', 'MDL-03'],
  ['counts-per-instance', 'MDL-04'],
  ['restart-wipes-steps', 'MDL-01'],
  ['shallow-clone', 'MDL-01'],
] as const

describe('a failure of the random runs', () => {
  it.each(CASES)('of %s in %s is a program that shows what is wrong', async (name, rule) => {
    const message = await failureOf(rule, brokenNamed(name), 7)
    expect(message).toContain('seed 7')
    const program = programIn(message)
    await expect(runProgram(program, brokenNamed(name)), program).rejects.toThrow(AssertionError)
    await expect(runProgram(program, referenceHarness()), program).resolves.toBeUndefined()
  })

  it('comes again with the same seed', async () => {
    const broken = brokenNamed('counts-per-instance')
    const first = await failureOf('MDL-03', broken, 99)
    expect(await failureOf('MDL-03', broken, 99)).toBe(first)
    expect(await failureOf('MDL-03', broken, 100)).toContain('seed 100')
  })
})
