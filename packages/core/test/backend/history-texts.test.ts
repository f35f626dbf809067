import { describe, expect, it } from 'vitest'
import { HistoryTexts } from '../../src/backend/history-texts.js'
import { createStateBackend } from '../../src/index.js'
import { createCodec } from '../../src/serialization/codec.js'
import { MapStore } from '../support/map-store.js'
import { stateWith } from '../support/state.js'

const codec = createCodec()

/** Saves a history so often, and gives the texts that were found without being written. */
function save(texts: HistoryTexts, runId: string, items: readonly unknown[], times = 1): (string | null)[] {
  let found: (string | null)[] = []
  for (let time = 0; time < times; time++) {
    found = items.map((item, index) => texts.find(runId, index, item))
    texts.keep(
      runId,
      items,
      items.map((item) => codec.encode(item)),
    )
  }
  return found
}

describe('the texts of histories', () => {
  it('are known from the third time on, as the second makes the copy', () => {
    const texts = new HistoryTexts()
    expect(save(texts, 'a', [{ n: 1 }])).toEqual([null])
    expect(save(texts, 'a', [{ n: 1 }, { n: 2 }])).toEqual([null, null])
    expect(save(texts, 'a', [{ n: 1 }, { n: 2 }, { n: 3 }])).toEqual(['{"n":1}', null, null])
  })

  it('are not those of an item that was changed in place', () => {
    const texts = new HistoryTexts()
    const item = { deep: { n: 1 } }
    expect(save(texts, 'a', [item], 3)).toEqual(['{"deep":{"n":1}}'])
    item.deep.n = 2
    expect(save(texts, 'a', [item])).toEqual([null])
    expect(save(texts, 'a', [item], 3)).toEqual(['{"deep":{"n":2}}'])
  })

  it('are those of the place and of the run', () => {
    const texts = new HistoryTexts()
    save(texts, 'a', [1, 2], 3)
    expect(save(texts, 'a', [2, 1])).toEqual([null, null])
    expect(save(texts, 'b', [1, 2])).toEqual([null, null])
  })

  it('are forgotten where the history has become shorter', () => {
    const texts = new HistoryTexts()
    save(texts, 'a', [1, 2], 3)
    save(texts, 'a', [1])
    expect(save(texts, 'a', [1, 2])).toEqual(['1', null])
  })

  it('are not kept of what is no plain JSON, and no getter is asked twice in vain', () => {
    const texts = new HistoryTexts()
    let reads = 0
    const once = {
      get n() {
        if (reads++ > 5) throw new Error('too often')
        return 1
      },
    }
    expect(save(texts, 'a', [new Date(0), once], 2)).toEqual([null, null])
    reads = 6
    expect(texts.find('a', 1, once)).toBe(null)
  })

  it('are kept up to a size: those kept first go first', () => {
    const texts = new HistoryTexts(20)
    save(texts, 'a', ['12345678'], 3)
    save(texts, 'b', ['12345678'], 3)
    expect(texts.find('a', 0, '12345678')).toBe('"12345678"')
    save(texts, 'c', ['1'], 3)
    expect(texts.find('a', 0, '12345678')).toBe(null)
    expect(texts.find('b', 0, '12345678')).toBe('"12345678"')
    save(texts, 'b', ['a text that is too long for all of them'], 3)
    expect(texts.find('b', 0, 'a text that is too long for all of them')).toBe(null)
    expect(texts.find('c', 0, '1')).toBe('"1"')
  })
})

describe('a history that is saved again and again', () => {
  it.each(['saveState', 'updateState'] as const)('is what was given to %s, changed in place or not', async (method) => {
    const backend = createStateBackend(new MapStore())
    const stepHistory = Array.from({ length: 3 }, (_, n) => ({ deep: { n, list: [n] } }))
    await backend.saveState('r', stateWith())
    for (let time = 0; time < 12; time++) {
      // Three times as it was, then one item changed: by then all of them are known.
      const item = stepHistory[time % 3]
      if (item && time % 4 === 3) Object.assign(item.deep, { n: 100 + time, list: [time, -0] })
      if (method === 'saveState') await backend.saveState('r', stateWith({ stepHistory }))
      else await backend.updateState('r', { stepHistory })
      expect((await backend.loadState('r'))?.stepHistory).toEqual(stepHistory)
    }
  })

  it('is refused with the path of what cannot be stored, and counted, as at the first time', async () => {
    const bytes: number[] = []
    const observer = (event: { name: string; bytes: number }) => {
      if (event.name === 'saveState') bytes.push(event.bytes)
    }
    const backend = createStateBackend(new MapStore(), { observer })
    const stepHistory: { n: number }[] = [{ n: 1 }, { n: 2 }]
    for (let time = 0; time < 4; time++) await backend.saveState('r', stateWith({ stepHistory }))
    expect(new Set(bytes).size).toBe(1)
    stepHistory[1] = { n: (() => 2) as never }
    await expect(backend.saveState('r', stateWith({ stepHistory }))).rejects.toMatchObject({
      code: 'SERIALIZATION',
      path: '$.stepHistory[1].n',
    })
  })
})
