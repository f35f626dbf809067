import Database from 'better-sqlite3'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { KnownHistories } from '../src/known-histories.js'
import { backendOf, handleOf } from './support/backends.js'
import { aState } from './support/state.js'
import { temporaryFile } from './support/temporary.js'

describe('KnownHistories', () => {
  it('give back what was kept, once, and only for its version', () => {
    const known = new KnownHistories()
    known.keep('a', 3, ['x', 'y'])
    expect(known.take('a', 3)).toEqual(['x', 'y'])
    expect(known.take('a', 3)).toBeNull()
    known.keep('a', 4, ['x'])
    expect(known.take('a', 5)).toBeNull()
    expect(known.take('a', 4)).toBeNull()
  })

  it('hold so many characters at most: the oldest go first, and what is larger is not kept', () => {
    const known = new KnownHistories(10)
    known.keep('a', 1, ['12345'])
    known.keep('b', 1, ['12345'])
    known.keep('c', 1, ['1'])
    known.keep('d', 1, ['12345678901'])
    known.keep('e', 1, [])
    expect(['a', 'b', 'c', 'd', 'e'].map((runId) => known.take(runId, 1) !== null)).toEqual([
      false,
      true,
      true,
      false,
      false,
    ])
    known.keep('f', 1, ['1234567890'])
    expect(known.take('f', 1)).toEqual(['1234567890'])
  })

  it('are empty once cleared', () => {
    const known = new KnownHistories(10)
    known.keep('a', 1, ['1234567890'])
    known.clear()
    expect(known.take('a', 1)).toBeNull()
    known.keep('b', 1, ['1234567890'])
    expect(known.take('b', 1)).toEqual(['1234567890'])
  })
})

type Item = { n: number }

const item = fc.record({ n: fc.integer({ min: 0, max: 1 }) })
const change = fc.oneof(
  fc.record({
    how: fc.constantFrom('save' as const, 'patch' as const, 'append' as const),
    items: fc.array(item, { minLength: 1, maxLength: 3 }),
  }),
  fc.record({ how: fc.constant('delete' as const) }),
)
const step = fc.tuple(fc.constantFrom('a', 'a', 'a', 'b'), change).map(([run, change]) => ({ run, ...change }))

describe('histories', () => {
  it('are what was saved, whichever of several writers has written before', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(step, { minLength: 1, maxLength: 2 }), { maxLength: 16 }), async (turns) => {
        const path = temporaryFile()
        const writers = [backendOf(path, { durability: 'normal' }), backendOf(path, { durability: 'normal' })]
        const expected = new Map<string, Item[]>()
        for (const [turn, steps] of turns.entries()) {
          const writer = writers[turn % 2] as (typeof writers)[number]
          await Promise.all(
            steps.map(({ run, ...change }) => {
              const before = expected.get(run)
              if (change.how === 'delete') {
                expected.delete(run)
                return writer.deleteState(run)
              }
              if (change.how === 'save') {
                expected.set(run, change.items)
                return writer.saveState(run, aState({ stepHistory: change.items }))
              }
              if (before === undefined) return null
              expected.set(run, change.how === 'patch' ? change.items : [...before, ...change.items])
              const field = change.how === 'patch' ? 'stepHistory' : 'appendStepHistory'
              return writer.updateState(run, { [field]: change.items })
            }),
          )
        }
        for (const run of ['a', 'b']) expect((await writers[0]?.loadState(run))?.stepHistory).toEqual(expected.get(run))
        for (const writer of writers) await writer.shutdown()
      }),
      { numRuns: 100 },
    )
  })

  it('are not taken for stored when their transaction has failed', async () => {
    const path = temporaryFile()
    const backend = backendOf(path)
    const other = backendOf(path)
    await backend.saveState('r', aState({ stepHistory: [{ n: 1 }] }))
    const handle = handleOf(path)
    handle.exec("create trigger sabotage before update on workflow_counts begin select raise(abort, 'sabotage'); end")
    const failing = backend.saveState('r', aState({ stepHistory: [{ n: 1 }, { n: 2 }], status: 'completed' }))
    await expect(failing).rejects.toMatchObject({ code: 'IO' })
    handle.exec('drop trigger sabotage')
    expect(await other.saveState('r', aState({ stepHistory: [{ n: 1 }, { n: 8 }] }))).toEqual({ version: 2 })
    const stepHistory = [{ n: 1 }, { n: 2 }, { n: 3 }]
    await backend.saveState('r', aState({ stepHistory }))
    expect(await backend.loadState('r')).toMatchObject({ version: 3, stepHistory })
  })

  it('are not read again by who saved them last', async () => {
    const statements: string[] = []
    const handle = new Database(temporaryFile(), { verbose: (sql) => void statements.push(String(sql)) })
    const backend = backendOf(handle)
    const stepHistory: Item[] = []
    for (let n = 0; n < 5; n++) {
      stepHistory.push({ n })
      await backend.saveState('r', aState({ stepHistory }))
    }
    expect(statements.filter((sql) => /^select.*"item"/.test(sql))).toEqual([])
    expect(statements.filter((sql) => /^insert into "state_history"/.test(sql))).toHaveLength(5)
    await backend.shutdown()
    handle.close()
  })
})
