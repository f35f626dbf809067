import { describe, expect, it } from 'vitest'
import { Fresh } from '../src/fresh.js'

function counted() {
  const ends: ((failure?: Error) => void)[] = []
  let made = 0
  const fresh = new Fresh(
    () =>
      new Promise<number>((resolve, reject) => {
        made += 1
        const number = made
        ends.push((failure) => (failure ? reject(failure) : resolve(number)))
      }),
  )
  return { fresh, ends, made: () => made }
}

describe('Fresh', () => {
  it('never gives what was begun before the call, and makes one at a time', async () => {
    const { fresh, ends, made } = counted()
    const first = fresh.get()
    const [second, shared] = [fresh.get(), fresh.get()]
    expect(made()).toBe(1)
    ends[0]?.()
    expect(await first).toBe(1)
    const third = fresh.get()
    expect(made()).toBe(2)
    ends[1]?.()
    expect([await second, await shared]).toEqual([2, 2])
    ends[2]?.()
    expect(await third).toBe(3)
  })

  it('goes on after a failure', async () => {
    const { fresh, ends } = counted()
    const first = fresh.get()
    const second = fresh.get()
    ends[0]?.(new Error('first'))
    await expect(first).rejects.toThrow('first')
    ends[1]?.()
    expect(await second).toBe(2)
  })
})
