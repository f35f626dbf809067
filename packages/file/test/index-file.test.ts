import { appendFileSync, existsSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { StateBackend } from '@flujo-state/core'
import { describe, expect, it } from 'vitest'
import { IndexFile } from '../src/index-file.js'
import { Layout } from '../src/layout.js'
import { fileOf, openBackend, reopened, runFolderOf, stateOf, temporaryFolder } from './support/folder.js'

/** Every list, as ids and what they are sorted and filtered by. */
async function lists(backend: StateBackend) {
  const evaluations = await backend.listEvaluations({ limit: 1000 })
  return {
    states: await backend.listStates(),
    workflows: await backend.listWorkflows(),
    runs: await backend.listRuns(),
    stats: await backend.getWorkflowStats(),
    evaluations,
  }
}

/** What the lists must be, made from the runs alone: of an instance that begins without an index. */
async function listsFromRuns(folder: string, indexPath: string) {
  const kept = readFileSync(indexPath)
  rmSync(indexPath)
  const expected = await reopened(folder, lists)
  writeFileSync(indexPath, kept)
  return expected
}

async function fill(backend: StateBackend, runIds: readonly string[]): Promise<void> {
  for (const runId of runIds) {
    await backend.saveRunStart({ runId, pipelineName: 'name' })
    await backend.saveState(runId, stateOf(runId))
    await backend.persistEvaluation(runId, { score: 1 })
    await backend.updateState(runId, { status: 'paused', metadata: { runId } })
    await backend.persistEvaluation(runId, { score: 2 })
  }
}

async function filledStore() {
  const folder = temporaryFolder()
  const index = new Layout(folder).index
  const backend = openBackend(folder)
  await fill(backend, ['a', 'b', 'c'])
  await backend.persistEvaluation('placeholder', { score: 3 })
  await backend.deleteRun('b')
  return { folder, index, backend, expected: await listsFromRuns(folder, index) }
}

describe('lists', () => {
  it('are those of the runs themselves', async () => {
    const { backend, expected } = await filledStore()
    expect(expected.evaluations.map(({ runId, score }) => [runId, score])).toEqual([
      ['placeholder', 3],
      ['c', 2],
      ['c', 1],
      ['a', 2],
      ['a', 1],
    ])
    expect(await lists(backend)).toEqual(expected)
  })

  it.each<[string, (index: string) => void]>([
    ['is gone', (index) => rmSync(index)],
    ['is empty', (index) => truncateSync(index)],
    ['is cut off', (index) => truncateSync(index, Math.floor(statSync(index).size / 2))],
    ['has a damaged line', (index) => writeFileSync(index, readFileSync(index, 'utf8').replace('paused', 'pauseD'))],
    ['has damage everywhere', (index) => writeFileSync(index, readFileSync(index, 'utf8').replaceAll(':', ';'))],
    ['is no text', (index) => writeFileSync(index, Buffer.alloc(5000, 255))],
    ['ends in half a line', (index) => appendFileSync(index, '\n{"c":"12')],
    ...Array.from({ length: 24 }, (_, line): [string, (index: string) => void] => [
      `lacks line ${line}`,
      (index) => {
        const lines = readFileSync(index, 'utf8').split('\n').filter(Boolean)
        writeFileSync(index, `${lines.filter((_, number) => number !== line).join('\n')}\n`)
      },
    ]),
  ])('are right when the index %s, also after more writes', async (_, spoil) => {
    const { folder, index, backend, expected } = await filledStore()
    spoil(index)
    expect(await reopened(folder, lists)).toEqual(expected)
    await backend.persistEvaluation('a', { score: 9 })
    const later = await reopened(folder, lists)
    expect(later.evaluations.map(({ score }) => score)).toEqual([9, 3, 2, 1, 2, 1])
    expect(later).toEqual(await listsFromRuns(folder, index))
  })

  it('forget a run whose folder was removed by hand', async () => {
    const { folder } = await filledStore()
    rmSync(runFolderOf(folder, 'a'), { recursive: true })
    const { states, runs, evaluations } = await reopened(folder, lists)
    expect(states.map(({ runId }) => runId)).toEqual(['c'])
    expect(runs.map(({ runId }) => runId).sort()).toEqual(['c', 'placeholder'])
    expect(evaluations.map(({ runId }) => runId)).toEqual(['placeholder', 'c', 'c'])
  })

  it('follow what other instances write', async () => {
    const { folder, index, backend } = await filledStore()
    const other = openBackend(folder)
    for (const [writer, reader] of [
      [backend, other],
      [other, backend],
    ] as const)
      for (const write of [
        () => writer.saveState('d', stateOf(1)),
        () => writer.persistEvaluation('d', { score: 1 }),
        () => writer.updateState('d', { status: 'failed' }),
        () => writer.deleteRun('d'),
      ]) {
        await write()
        expect(await lists(reader)).toEqual(await lists(writer))
      }
    expect(await lists(other)).toEqual(await listsFromRuns(folder, index))
  })

  it('that are asked for after a write have it, also while another list is made', async () => {
    const { backend } = await filledStore()
    for (let n = 0; n < 20; n++) {
      const early = backend.listStates()
      await backend.saveState(`new-${n}`, stateOf(n))
      expect((await backend.listStates()).map(({ runId }) => runId)).toContain(`new-${n}`)
      await early
    }
  })

  it('are right while a writer is at work, and after one died before it said what it did', async () => {
    const { folder, index, backend } = await filledStore()
    await lists(backend)
    // As a writer leaves it that dies after its commit: touched, written, not confirmed.
    new IndexFile(new Layout(folder), 'dead').touch(['a', 'c', 'never there'])
    const before = readFileSync(index)
    await reopened(folder, (other) => other.updateState('a', { status: 'failed' }))
    writeFileSync(index, before)
    for (const look of [() => lists(backend), () => reopened(folder, lists)])
      expect((await look()).states.map(({ runId, status }) => [runId, status])).toEqual([
        ['c', 'paused'],
        ['a', 'failed'],
      ])
    await backend.updateState('a', { status: 'completed' })
    expect(await lists(backend)).toEqual(await listsFromRuns(folder, index))
  })

  it('say that a run is damaged, at every call, and are never half a list', async () => {
    const { folder, index, backend, expected } = await filledStore()
    const log = fileOf(folder, 'a', 'log.0.jsonl')
    const whole = readFileSync(log)
    rmSync(index)
    writeFileSync(log, `x${whole}`)
    const other = openBackend(folder)
    for (let n = 0; n < 3; n++)
      await expect(other.listStates()).rejects.toMatchObject({ code: 'CORRUPT', message: expect.stringContaining(log) })
    writeFileSync(log, whole)
    expect(await lists(other)).toEqual(expected)
    expect(await lists(backend)).toEqual(expected)
  })

  it('pass over what others put beside the runs', async () => {
    const { folder, expected } = await filledStore()
    writeFileSync(join(folder, 'runs', '.DS_Store'), 'x')
    writeFileSync(join(runFolderOf(folder, 'a'), '..', 'Thumbs.db'), 'x')
    rmSync(new Layout(folder).index)
    expect(await reopened(folder, lists)).toEqual(expected)
  })
})

describe('the index file', () => {
  it('is written anew when it has grown far beyond its runs, by writers that never list', async () => {
    const folder = temporaryFolder()
    const backend = openBackend(folder)
    const reader = openBackend(folder)
    await backend.persistEvaluation('a', { score: 1 })
    expect(await reader.listEvaluations()).toHaveLength(1)
    const sizes: number[] = []
    const index = new IndexFile(new Layout(folder), 'writer')
    for (let n = 0; n < 5_000; n++) {
      index.touch(['a'])
      await index.confirm([])
      if (n % 100 === 99) await backend.saveRunStart({ runId: 'a' })
      sizes.push(statSync(new Layout(folder).index).size)
    }
    await index.confirm([])
    expect(sizes.some((size, n) => size < (sizes[n - 1] ?? 0))).toBe(true)
    expect(await reader.listEvaluations()).toHaveLength(1)
    expect(await lists(reader)).toEqual(await lists(backend))
  })
})

it('of two thousand runs, lost, is read from them once, without holding the event loop, and then written anew', async () => {
  const folder = temporaryFolder()
  const { index } = new Layout(folder)
  const writer = openBackend(folder)
  for (let first = 0; first < 2_000; first += 250)
    await Promise.all(Array.from({ length: 250 }, (_, n) => writer.saveState(`run ${first + n}`, stateOf(n))))
  await writer.shutdown()
  rmSync(index)
  const reader = openBackend(folder)
  await reader.open()
  let last = performance.now()
  let longest = 0
  const watch = setInterval(() => {
    longest = Math.max(longest, performance.now() - last)
    last = performance.now()
  }, 1)
  expect(await reader.listStates()).toHaveLength(2_000)
  clearInterval(watch)
  // Far more than it takes; another process may have the processor meanwhile.
  expect(longest).toBeLessThan(500)
  expect(existsSync(index)).toBe(false)
  expect(await reader.listStates()).toHaveLength(2_000)
  await reader.shutdown()
  expect(readFileSync(index, 'utf8').trim().split('\n')).toHaveLength(20)
  expect(await reopened(folder, (backend) => backend.listStates())).toHaveLength(2_000)
}, 60_000)
