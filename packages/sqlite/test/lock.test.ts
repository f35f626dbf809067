import Database from 'better-sqlite3'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { Lock } from '../src/lock.js'

const busy = () => new Database.SqliteError('database is locked', 'SQLITE_BUSY')

describe('Lock', () => {
  it('answers at once when there is nothing to wait for', () => {
    const lock = new Lock('x', 1000)
    expect(lock.attempt(() => 7)).toBe(7)
    expect(lock.waits).toBe(0)
  })

  it('waits for a lock, and counts that', async () => {
    const lock = new Lock('x', 1000)
    let tries = 0
    const answer = lock.attempt(() => {
      if (++tries < 4) throw busy()
      return 'free'
    })
    expect(answer).toBeInstanceOf(Promise)
    expect(await answer).toBe('free')
    expect([tries, lock.waits]).toEqual([4, 1])
  })

  it('lets others write between two writes, for a part of the time that one took, if it had to wait of late', async () => {
    const lock = new Lock('x', 1000)
    let now = 5000
    const time = vi.spyOn(performance, 'now').mockImplementation(() => now)
    onTestFinished(() => time.mockRestore())
    const write = () => {
      now += 40
      return 'written'
    }
    expect([lock.attemptInTurn(write), lock.attemptInTurn(write)]).toEqual(['written', 'written'])
    let tries = 0
    await lock.attemptInTurn(() => {
      if (++tries < 2) throw busy()
      write()
    })
    expect(lock.attempt(() => 'a read')).toBe('a read')
    const next = lock.attemptInTurn(write)
    expect(next).toBeInstanceOf(Promise)
    expect(await next).toBe('written')
    now += 10
    expect(lock.attemptInTurn(write)).toBe('written')
    now += 1000
    expect([lock.attemptInTurn(write), lock.attemptInTurn(write)]).toEqual(['written', 'written'])
  })

  it('is BUSY when the time is over, or at once with no time', async () => {
    const fail = () => {
      throw busy()
    }
    await expect(new Lock('x', 30).attempt(fail)).rejects.toMatchObject({
      code: 'BUSY',
      message: expect.stringContaining('30 ms'),
    })
    await expect(new Lock('x', 0).attempt(fail)).rejects.toMatchObject({ code: 'BUSY' })
    expect(() => new Lock('x', 1000).attemptNow(fail)).toThrow(expect.objectContaining({ code: 'BUSY' }))
  })

  it('does not wait for what waiting does not mend', async () => {
    const fail = (error: Error) => () => {
      throw error
    }
    const corrupt = new Database.SqliteError('malformed', 'SQLITE_CORRUPT')
    expect(() => new Lock('x', 1000).attempt(fail(corrupt))).toThrow(expect.objectContaining({ code: 'CORRUPT' }))
    let tries = 0
    const later = new Lock('x', 1000).attempt(() => {
      throw ++tries < 3 ? busy() : corrupt
    })
    await expect(later).rejects.toMatchObject({ code: 'CORRUPT' })
  })
})
