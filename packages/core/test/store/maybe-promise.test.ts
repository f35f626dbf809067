import { describe, expect, it } from 'vitest'
import { adopt, all, settle, whenDone } from '../../src/store/maybe-promise.js'

/** A promise of a class of its own, as a codec may bring. */
const foreign = <T>(value: T) =>
  // biome-ignore lint/suspicious/noThenProperty: it is a promise
  ({ then: (done: (value: T) => unknown) => Promise.resolve(done(value)) }) as Promise<T>

describe('without promises', () => {
  it('everything is there at once', () => {
    expect(whenDone(1, (n) => n + 1)).toBe(2)
    expect(all([1, 2])).toEqual([1, 2])
    expect(settle({ a: 1, b: null })).toEqual({ a: 1, b: null })
  })
})

describe('with promises', () => {
  it.each([
    ['of this realm', <T>(value: T) => Promise.resolve(value)],
    ['of a class of its own', foreign],
  ])('%s, everything is awaited', async (_what, later) => {
    expect(await whenDone(adopt(later(1)), (n) => later(n + 1))).toBe(2)
    expect(await all([1, adopt(later(2))])).toEqual([1, 2])
    expect(await settle({ a: 1, b: adopt(later(null)) })).toEqual({ a: 1, b: null })
  })

  it('failures are rejections', async () => {
    const failed = Promise.reject(new Error('no'))
    await expect(whenDone(failed, () => 1)).rejects.toThrow('no')
    await expect(all([1, failed])).rejects.toThrow('no')
    await expect(settle({ a: failed })).rejects.toThrow('no')
  })

  it('data with a key `then` is data', () => {
    const data = JSON.parse('{"then":"data"}')
    expect(adopt(data)).toBe(data)
  })
})
