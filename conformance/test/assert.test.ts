import { StateBackendError } from '@flujo-state/core'
import { describe, expect, it } from 'vitest'
import { AssertionFailure, createAsserts } from '../src/assert.js'

const conflict = new StateBackendError('CONFLICT', 'somebody else was faster', { path: '$.a' })

describe('rejects', () => {
  const { rejects } = createAsserts()
  it('gives the error of the right code and path', async () => {
    expect(await rejects(Promise.reject(conflict), 'CONFLICT', { path: '$.a' })).toBe(conflict)
    expect(await rejects(() => Promise.reject(conflict), ['NOT_FOUND', 'CONFLICT'])).toBe(conflict)
  })

  const wrong: Record<string, () => Promise<unknown>> = {
    'a call that resolves': () => rejects(Promise.resolve(1), 'CONFLICT'),
    'another code': () => rejects(Promise.reject(conflict), 'NOT_FOUND'),
    'another path': () => rejects(Promise.reject(conflict), 'CONFLICT', { path: '$.b' }),
    'an error that is none of ours': () => rejects(Promise.reject(new TypeError('no')), 'CONFLICT'),
    'something that is no error': () => rejects(Promise.reject('CONFLICT'), 'CONFLICT'),
    'a call that throws synchronously': () =>
      rejects(() => {
        throw conflict
      }, 'CONFLICT'),
  }
  it.each(Object.entries(wrong))('fails for %s', async (_, call) => {
    await expect(call()).rejects.toBeInstanceOf(AssertionFailure)
  })
})

describe('the others', () => {
  it('pass and fail as they say, and count', () => {
    const assert = createAsserts()
    assert.equal({ a: 1 }, { a: 1 })
    assert.ok(1, 'fine')
    expect(assert.present(0, 'a number')).toBe(0)
    assert.near(0.1 + 0.2, 0.3)
    expect(assert.count).toBe(4)
    expect(() => assert.equal(1, 2, 'one')).toThrow(/one: at \$: expected 2, got 1/)
    expect(() => assert.ok(0, 'not fine')).toThrow('not fine')
    expect(() => assert.present(null, 'a thing')).toThrow('a thing: expected a value, got null')
    expect(() => assert.near(1, 1.001)).toThrow(AssertionFailure)
    expect(() => assert.near(Number.NaN, 1)).toThrow(AssertionFailure)
    expect(() => assert.fail('so')).toThrow('so')
    expect(assert.count).toBe(10)
  })
})
