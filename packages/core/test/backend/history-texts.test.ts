import { describe, expect, it } from 'vitest'
import { HistoryTexts } from '../../src/backend/history-texts.js'
import { createCodec } from '../../src/serialization/codec.js'

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
