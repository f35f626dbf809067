import { readFileSync, statSync, writeFileSync } from 'node:fs'
import type { StateBackend } from '@flujo-state/core'
import { describe, expect, it } from 'vitest'
import { checksumOfLine, logLine, readLog } from '../src/log.js'
import { fileOf, openBackend, reopened, savedValue, stateOf, temporaryFolder } from './support/folder.js'

async function storeWithLog(): Promise<{ folder: string; log: string }> {
  const folder = temporaryFolder()
  const backend = openBackend(folder)
  await backend.saveState('a', stateOf('first'))
  await backend.saveState('neighbour', stateOf('well'))
  await backend.updateState('a', { currentStepIndex: 1, pipelineContext: { value: 'second' } })
  await backend.updateState('a', { currentStepIndex: 2, pipelineContext: { value: 'third é' } })
  await backend.shutdown()
  return { folder, log: fileOf(folder, 'a', 'log.0.jsonl') }
}
const linesOf = (bytes: Buffer) => bytes.toString('latin1').split('\n').slice(0, -1)

describe('an unfinished last line', () => {
  it('is no data, at whatever byte it was cut', async () => {
    const { folder, log } = await storeWithLog()
    const whole = readFileSync(log)
    const last = linesOf(whole).at(-1)?.length ?? 0
    const begin = whole.length - last - 1
    const backend = openBackend(folder)
    for (let size = whole.length - 1; size >= begin; size--) {
      writeFileSync(log, whole.subarray(0, size))
      expect([size, await savedValue(backend, 'a')]).toEqual([size, 'second'])
    }
    expect(await reopened(folder, (backend) => savedValue(backend, 'a'))).toBe('second')
  })

  it('is cut off by the next commit, which goes on from there', async () => {
    const { folder, log } = await storeWithLog()
    const whole = readFileSync(log)
    for (const cut of [1, 20, 100]) {
      writeFileSync(log, whole.subarray(0, whole.length - cut))
      const backend = openBackend(folder)
      expect(await backend.updateState('a', { pipelineContext: { value: cut } })).toEqual({ version: 3 })
      await backend.shutdown()
      expect(await reopened(folder, (backend) => savedValue(backend, 'a'))).toBe(cut)
      const bytes = readFileSync(log)
      expect(linesOf(bytes)).toHaveLength(3)
      expect((await readLog(bytes, log, 'a')).size).toBe(bytes.length)
    }
  })

  it('may be the only one: then there is no run yet, and lists end', async () => {
    const { folder, log } = await storeWithLog()
    const first = linesOf(readFileSync(log))[0] as string
    const backend = openBackend(folder)
    for (const text of ['', '{', first.slice(0, 50), first]) {
      writeFileSync(log, text)
      expect(await backend.loadState('a')).toBeNull()
      expect((await backend.listStates()).map(({ runId }) => runId)).toContain('neighbour')
    }
    expect(await reopened(folder, (backend) => backend.listStates())).toMatchObject([{ runId: 'neighbour' }])
    await backend.saveState('a', stateOf('new'))
    expect(await reopened(folder, (backend) => savedValue(backend, 'a'))).toBe('new')
  })

  it('may have its length but not all its bytes: pages that were lost with the machine read as NUL', async () => {
    const { folder, log } = await storeWithLog()
    const whole = readFileSync(log)
    for (const [from, to] of [
      [10, 60],
      [1, 40],
      [0, 1],
    ] as const) {
      writeFileSync(log, Buffer.from(whole).fill(0, whole.length - to, whole.length - from))
      expect(await reopened(folder, (backend) => savedValue(backend, 'a'))).toBe('second')
    }
  })
})

describe('damage', () => {
  const isCorrupt = (backend: StateBackend) =>
    expect(backend.loadState('a')).rejects.toMatchObject({ code: 'CORRUPT', runId: 'a', retryable: false })

  it('of any byte of any whole line is CORRUPT, names the run, and leaves the bytes and the neighbours as they are', async () => {
    const { folder, log } = await storeWithLog()
    const whole = readFileSync(log)
    const backend = openBackend(folder)
    const last = whole.length - 1 - (linesOf(whole).at(-1)?.length ?? 0)
    // Every byte of the last line and its newline; enough of the others.
    for (let at = 0; at < whole.length; at += at < last ? 7 : 1) {
      const bytes = Buffer.from(whole)
      bytes[at] = (bytes[at] as number) ^ 1
      writeFileSync(log, bytes)
      await isCorrupt(backend)
      if (at % 70 !== 0) continue
      await expect(backend.updateState('a', { currentStepIndex: 9 })).rejects.toMatchObject({
        code: 'CORRUPT',
        runId: 'a',
      })
      expect(readFileSync(log).equals(bytes)).toBe(true)
      expect(await savedValue(backend, 'neighbour')).toBe('well')
    }
  })

  it('of the end is CORRUPT where it cannot be the beginning of a line', async () => {
    const { folder, log } = await storeWithLog()
    const whole = readFileSync(log)
    const last = whole.length - 1 - (linesOf(whole).at(-1)?.length ?? 0)
    for (const from of [0, last, last + 40]) {
      const bytes = Buffer.from(whole).fill(0xff, from)
      writeFileSync(log, bytes)
      await reopened(folder, isCorrupt)
      expect(readFileSync(log).equals(bytes)).toBe(true)
    }
    writeFileSync(log, Buffer.concat([whole, Buffer.from('garbage')]))
    await reopened(folder, isCorrupt)
  })

  it('of one run does not keep others of the same commit from being written', async () => {
    const { folder, log } = await storeWithLog()
    writeFileSync(log, `x${readFileSync(log, 'utf8')}`)
    const backend = openBackend(folder)
    const [damaged, well] = await Promise.allSettled([
      backend.updateState('a', { currentStepIndex: 9 }),
      backend.updateState('neighbour', { pipelineContext: { value: 'better' } }),
    ])
    expect([damaged.status, well.status]).toEqual(['rejected', 'fulfilled'])
    expect(await reopened(folder, (backend) => savedValue(backend, 'neighbour'))).toBe('better')
  })

  it('such as a line in the middle that is gone, or holds NUL, is CORRUPT', async () => {
    const { folder, log } = await storeWithLog()
    const whole = readFileSync(log)
    const lines = linesOf(whole)
    const hole = Buffer.from(whole).fill(0, 5, 9)
    writeFileSync(log, hole)
    await reopened(folder, isCorrupt)
    writeFileSync(log, `${lines[0]?.slice(0, -9)}\n${lines[1]}\n`, 'latin1')
    await reopened(folder, isCorrupt)
  })

  it('such as files of another run in its place is CORRUPT', async () => {
    const { folder, log } = await storeWithLog()
    writeFileSync(log, readFileSync(fileOf(folder, 'neighbour', 'log.0.jsonl')))
    await reopened(folder, isCorrupt)
    expect(statSync(log).size).toBeGreaterThan(0)
  })
})

it('reads what it wrote', async () => {
  const writes = [{ kind: 'delete-lease', runId: 'a' }] as const
  const text = logLine('a', writes, 'json')
  const last = checksumOfLine(text)
  expect(JSON.parse(text)).toMatchObject({ c: last })
  const content = { runId: 'a', writes, hasTexts: false, last, size: text.length }
  expect(await readLog(Buffer.from(text), 'log', null)).toEqual(content)
  const nothing = { runId: null, writes: [], hasTexts: false, last: '', size: 0 }
  expect(await readLog(Buffer.alloc(0), 'log', null)).toEqual(nothing)
})
