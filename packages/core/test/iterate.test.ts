import { describe, expect, it } from 'vitest'
import { createStateBackend, cursorOf, iterate } from '../src/index.js'
import { MapStore } from './support/map-store.js'
import { stateWith } from './support/state.js'

const createdAt = new Date('2026-03-01')

describe('iterate', () => {
  it('walks a whole list in pages of the size that limit gives', async () => {
    const backend = createStateBackend(new MapStore())
    const ids = Array.from({ length: 25 }, (_, index) => `r${String(index).padStart(2, '0')}`)
    await Promise.all(ids.map((runId) => backend.saveState(runId, stateWith({ createdAt }))))
    const sizes: number[] = []
    const walked: string[] = []
    const list = async (filter: { limit?: number | undefined }) => {
      const items = await backend.listWorkflows(filter)
      sizes.push(items.length)
      return items
    }
    for await (const { runId } of iterate(list, { limit: 10, offset: 1 })) walked.push(runId)
    expect(walked).toEqual([...ids].reverse().slice(1))
    expect(sizes).toEqual([10, 10, 4])
  })

  it('ends with an error when the list does not go on', async () => {
    const backend = createStateBackend(new MapStore())
    for (const runId of ['a', 'b']) await backend.saveState(runId, stateWith({ createdAt }))
    const walked: string[] = []
    const walk = async () => {
      for await (const { runId } of iterate(({ limit }) => backend.listWorkflows({ limit }), { limit: 2 }))
        walked.push(runId)
    }
    await expect(walk()).rejects.toThrow('the same page again')
    expect(walked).toEqual(['b', 'a', 'b', 'a'])
  })

  it('walks nothing when there is nothing', async () => {
    const backend = createStateBackend(new MapStore())
    for await (const run of iterate((filter) => backend.listRuns(filter))) expect(run).toBeUndefined()
  })
})

describe('cursorOf', () => {
  it('refuses what is no item of a list', () => {
    for (const wrong of [
      {},
      { runId: 'a' },
      { runId: 'a', createdAt: new Date(Number.NaN), updatedAt: createdAt },
      { evaluationId: '0', createdAt },
    ])
      expect(() => cursorOf(wrong as never)).toThrow('expected an item of a list')
  })
})
