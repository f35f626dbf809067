import { statSync } from 'node:fs'
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import type Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { LogLimit } from '../src/log-limit.js'
import { backendOf, handleOf } from './support/backends.js'
import { aState } from './support/state.js'
import { temporaryFile } from './support/temporary.js'

const sizeOfLog = (path: string) => statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0

/** The one begins to read before the other ends. Gives what stops them. */
function readInTurn(readers: Database.Database[]): () => void {
  const turn = () => {
    const [next, last] = readers as [Database.Database, Database.Database]
    next.exec('begin')
    next.prepare('select count(*) from runs').get()
    if (last.inTransaction) last.exec('commit')
    readers.reverse()
  }
  turn()
  const timer = setInterval(turn, 2)
  return () => clearInterval(timer)
}

describe('LogLimit', () => {
  it('looks now and then only', () => {
    let looks = 0
    const pages = () => {
      looks += 1
      return 5000
    }
    const limit = new LogLimit({ pages, copy: () => {}, empty: () => true })
    const begin = performance.now()
    let reached = 0
    for (let i = 0; i < 1000; i++) reached += Number(limit.isReached())
    expect(looks).toBeLessThanOrEqual(1 + (performance.now() - begin) / 50)
    expect(reached).toBe(looks)
  })

  it('tries for some milliseconds, and is content if it fails', async () => {
    const answers = [false, false, true]
    let tries = 0
    await new LogLimit({ pages: () => 0, copy: () => {}, empty: () => answers[tries++] ?? true }).empty()
    expect(tries).toBe(3)
    const failing = new LogLimit({
      pages: () => 0,
      copy: () => {},
      empty: () => {
        throw new Error('disk I/O error')
      },
    })
    await failing.empty()
    expect(failing.tryToEmpty()).toBe(false)
  })

  it('is copied in a turn of its own, once for all commits of a turn', async () => {
    const calls: string[] = []
    const limit = new LogLimit({
      pages: () => 750,
      copy: () => {
        calls.push('copy')
        throw new Error('disk I/O error')
      },
      empty: () => true,
    })
    limit.committed()
    limit.committed()
    expect(calls).toEqual([])
    await turn()
    expect(calls).toEqual(['copy'])
    await sleep(3)
    limit.committed()
    await turn()
    expect(calls).toEqual(['copy', 'copy'])
  })

  it('leaves a short log alone, and one that it cannot look at', async () => {
    const answers = [749, null]
    const limit = new LogLimit({
      pages() {
        const answer = answers.shift() ?? null
        if (answer === null) throw new Error('disk I/O error')
        return answer
      },
      copy: () => expect.unreachable(),
      empty: () => true,
    })
    limit.committed()
    await sleep(3)
    limit.committed()
    await turn()
    expect(answers).toEqual([])
  })
})

describe('the log of a file', () => {
  it('is copied before SQLite would do it within a commit', async () => {
    const path = temporaryFile()
    const backend = backendOf(path, { durability: 'normal' })
    let largest = 0
    for (let n = 0; n < 60; n++) {
      const pipelineContext = { text: String(n % 10).repeat(200_000) }
      await backend.saveState('r', aState({ pipelineContext }))
      largest = Math.max(largest, sizeOfLog(path))
    }
    // 750 pages, and those of the commits until it is looked at again.
    expect(largest).toBeGreaterThan(750 * 4096)
    expect(largest).toBeLessThan(1400 * 4096)
  })

  it('stays short though at every moment somebody reads', async () => {
    const path = temporaryFile()
    const backend = backendOf(path, { durability: 'normal' })
    const save = (n: number) => {
      const state = aState({ currentStepIndex: n, lastStepOutput: `${n} `.repeat(4_000) })
      return Promise.all(Array.from({ length: 32 }, (_, i) => backend.saveState(`r${i}`, state)))
    }
    await save(0)
    const stop = readInTurn([handleOf(path), handleOf(path)])
    let longest = 0
    for (let n = 1; n <= 100; n++) {
      await save(n)
      longest = Math.max(longest, sizeOfLog(path))
    }
    stop()
    expect(longest).toBeLessThan(32e6)
  }, 60_000)

  it('is emptied at the end though others have the file open', async () => {
    const path = temporaryFile()
    const backend = backendOf(path)
    await backend.saveState('r', aState())
    const other = handleOf(path)
    other.prepare('select count(*) from runs').get()
    expect(sizeOfLog(path)).toBeGreaterThan(0)
    await backend.shutdown()
    expect(sizeOfLog(path)).toBe(0)
  })
})
