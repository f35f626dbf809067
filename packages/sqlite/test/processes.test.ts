import { describe, expect, it } from 'vitest'
import { backendOf, handleOf } from './support/backends.js'
import { start } from './support/process.js'
import { aState } from './support/state.js'
import { temporaryFile } from './support/temporary.js'

// What every backend must survive (kill -9, stopped workers, writers in several processes) is in the suite: conformance.test.ts.
describe('several processes', () => {
  it('write to one file without an error or a loss', async () => {
    const path = temporaryFile()
    const backend = backendOf(path)
    await backend.open()
    const writers = ['a', 'b'].map((name) => start('mixed.ts', path, name, '100'))
    for (const writer of writers) expect(await writer.next()).toBe('0')
    expect(await backend.listStates()).toHaveLength(100)
    for (const name of ['a', 'b']) {
      expect(await backend.loadState(`${name}-49`)).toMatchObject({ stepHistory: [{ i: 99 }], version: 4 })
      expect(await backend.listRunSteps(`${name}-49`)).toHaveLength(2)
    }
    const evaluations = await backend.listEvaluations({ limit: 1000 })
    expect(new Set(evaluations.map(({ evaluationId }) => evaluationId)).size).toBe(200)
    expect(await backend.getSpans('shared')).toHaveLength(200)
    expect(handleOf(path).pragma('integrity_check', { simple: true })).toBe('ok')
  })

  it('take turns, though each writes without a rest and the disk is slow', async () => {
    const path = temporaryFile()
    await backendOf(path).open()
    const writers = ['a', 'b', 'c', 'd'].map((name) => start('slow-disk.ts', path, name, '30'))
    await Promise.all(writers.map((writer) => writer.next()))
    const begin = performance.now()
    const longest = await Promise.all(writers.map((writer) => writer.next()))
    // A write waits for three others. Without turns some wait for half of all.
    expect(Math.max(...longest.map(Number))).toBeLessThan((performance.now() - begin) / 3)
  })

  it('see what the others have written, at once', async () => {
    const path = temporaryFile()
    const reader = backendOf(path)
    expect(await reader.loadState('r')).toBeNull()
    const writer = start('write.ts', path, 'r')
    await writer.next()
    expect(await reader.loadState('r')).toMatchObject({ version: 1 })
    await reader.updateState('r', { currentStepIndex: 5 })
    expect(await backendOf(path).loadState('r')).toMatchObject({ version: 2, currentStepIndex: 5 })
  })

  it('end by themselves when they have finished, also without a shutdown', async () => {
    const path = temporaryFile()
    await backendOf(path).saveState('r', aState())
    const program = start('read.ts', path)
    expect(await program.next()).toBe('1')
    expect(await program.ended).toBe(0)
  })
})
