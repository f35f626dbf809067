import type * as realFs from 'node:fs'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { FileBackend } from '../src/index.js'
import { filesIn, openBackend, reopened, stateOf, temporaryFolder } from './support/folder.js'

/** What the operating system is given to write and to sync. */
const given = vi.hoisted(() => ({ bytes: 0, syncs: 0 }))

vi.mock('node:fs', async (importOriginal) => {
  const fs = await importOriginal<typeof realFs>()
  const count =
    <A extends unknown[], R>(call: (...args: A) => R, bytesOf: (...args: A) => number) =>
    (...args: A): R => {
      given.bytes += bytesOf(...args)
      return call(...args)
    }
  const countSync =
    <A extends unknown[], R>(call: (...args: A) => R) =>
    (...args: A): R => {
      given.syncs += 1
      return call(...args)
    }
  const length = (_fd: number, _bytes: unknown, _offset: unknown, length: unknown) => Number(length)
  return {
    ...fs,
    writeSync: count(fs.writeSync as (...args: never[]) => number, length as (...args: never[]) => number),
    write: count(fs.write as (...args: never[]) => void, length as (...args: never[]) => number),
    appendFileSync: count(fs.appendFileSync, (_path, text) => Buffer.byteLength(text as string)),
    fsync: countSync(fs.fsync as (...args: never[]) => void),
    fdatasync: countSync(fs.fdatasync as (...args: never[]) => void),
  }
})

let folder: string
let backend: FileBackend

beforeEach(() => {
  folder = temporaryFolder()
  backend = openBackend(folder)
})

async function costOf(work: () => Promise<unknown>): Promise<{ bytes: number; syncs: number }> {
  const before = { ...given }
  await work()
  return { bytes: given.bytes - before.bytes, syncs: given.syncs - before.syncs }
}

const sizeOnDisk = () => filesIn(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
const item = (n: number) => ({ n, text: String(n).padStart(8, '0').repeat(128) })
const MEGABYTE = 'm'.repeat(1024 * 1024)

describe('a step', () => {
  const step = (n: number) =>
    backend.saveStepResult(
      { runId: 'a', stepName: `step ${n}`, stepIndex: n, output: item(n) },
      {
        state: { currentStepIndex: n, appendStepHistory: [item(n)] },
      },
    )

  it('costs one sync and the same bytes at the beginning of a run and after 1,000', async () => {
    await backend.saveState('a', stateOf('x'))
    const costs: { bytes: number; syncs: number }[] = []
    for (let n = 0; n < 1000; n++) costs.push(await costOf(() => step(n)))
    const ofCommits = costs.filter(({ syncs }) => syncs === 1)
    // The others made a checkpoint as well.
    expect(ofCommits.length).toBeGreaterThan(980)
    const bytes = ofCommits.map(({ bytes }) => bytes)
    expect(Math.max(...bytes.slice(-50))).toBeLessThan(1.1 * Math.max(...bytes.slice(0, 50)))
    expect(Math.max(...bytes)).toBeLessThan(4 * 1024)
    // Checkpoints come when the log is as long as the last one: all together they are a constant part.
    const all = costs.reduce((sum, { bytes }) => sum + bytes, 0)
    expect(all).toBeLessThan(3 * bytes.reduce((sum, bytes) => sum + bytes, 0))
  })
})

describe('64 commits in flight', () => {
  const saveAll = (value: number) =>
    Promise.all(Array.from({ length: 64 }, (_, n) => backend.saveState(`run-${n}`, stateOf(value))))

  it('of runs that are there cost one sync, and of new runs no more than three a run', async () => {
    const made = await costOf(() => saveAll(0))
    // Log, folder, and the part of the folder that the run lies in; the folder above those once, or each time that the commit pauses.
    expect(made.syncs).toBeLessThan(3 * 64 + 20)
    await saveAll(1)
    for (let round = 2; round < 6; round++) expect((await costOf(() => saveAll(round))).syncs).toBe(1)
  })
})

describe('a snapshot that is saved as a whole', () => {
  it('writes of its history only what is new', async () => {
    const stepHistory: ReturnType<typeof item>[] = []
    let whole = 0
    const { bytes } = await costOf(async () => {
      for (let n = 0; n < 300; n++) {
        stepHistory.push(item(n))
        await backend.saveState('a', { ...stateOf(n), stepHistory })
        whole += JSON.stringify(stepHistory).length
      }
    })
    expect(bytes).toBeLessThan(whole / 20)
    expect((await reopened(folder, (other) => other.loadState('a')))?.stepHistory).toEqual(stepHistory)
  })

  it.each([
    ['beside what changes', (n: number) => ({ pipelineContext: { big: MEGABYTE }, currentStepIndex: n })],
    ['in which a part changes', (n: number) => ({ pipelineContext: { big: MEGABYTE, n } })],
    [
      'that grows',
      (n: number) => ({ pipelineContext: { items: [MEGABYTE, ...Array.from({ length: n }, () => item(7))] } }),
    ],
  ])(
    'does not write again a megabyte %s',
    async (_, change) => {
      let largest = 0
      const { bytes } = await costOf(async () => {
        for (let n = 0; n < 150; n++) {
          await backend.saveState('a', { ...stateOf(0), ...change(n) })
          if (n % 10 === 0) largest = Math.max(largest, sizeOnDisk())
        }
      })
      expect(Math.max(largest, sizeOnDisk())).toBeLessThan(5 * 1024 * 1024)
      expect(bytes).toBeLessThan(6 * 1024 * 1024)
      const state = await reopened(folder, (other) => other.loadState('a'))
      // Compared as a boolean: nobody wants to read a megabyte of difference.
      expect(isDeepStrictEqual({ ...state, ...change(149) }, state)).toBe(true)
    },
    60_000,
  )
})
