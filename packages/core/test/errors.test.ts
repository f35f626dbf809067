import { describe, expect, it } from 'vitest'
import { errorOfMethod, messageOf } from '../src/errors.js'
import { ERROR_CODES, isStateBackendError, StateBackendError } from '../src/index.js'

describe('StateBackendError', () => {
  it('carries only what it was given', () => {
    const error = new StateBackendError('BUSY', 'locked')
    expect(Object.keys(error)).not.toContain('path')
    expect(error).toMatchObject({ name: 'StateBackendError', code: 'BUSY', message: 'locked', retryable: true })
    expect('cause' in error).toBe(false)
  })

  it('is retryable only when busy', () => {
    const retryable = ERROR_CODES.filter((code) => new StateBackendError(code, '').retryable)
    expect(retryable).toEqual(['BUSY'])
  })

  it('is recognised from another copy of the package, by code too', async () => {
    const error = new StateBackendError('CONFLICT', 'x')
    // What a second copy makes: another class with the same brand.
    const other = Object.assign(new Error('x'), {
      code: 'CONFLICT',
      [Symbol.for('flujo-state.StateBackendError')]: true,
    })
    for (const each of [error, other]) {
      expect(isStateBackendError(each)).toBe(true)
      expect(isStateBackendError(each, 'BUSY', 'CONFLICT')).toBe(true)
      expect(isStateBackendError(each, 'BUSY')).toBe(false)
    }
    for (const none of [null, undefined, 'CONFLICT', { code: 'CONFLICT' }, new Error('x')])
      expect(isStateBackendError(none)).toBe(false)
  })

  it('is named by its method and keeps its details', () => {
    const cause = new Error('why')
    const error = new StateBackendError('VALIDATION', '$.x: wrong', { path: '$.x', cause })
    const named = errorOfMethod(error, 'saveState', 'r')
    expect(named).toMatchObject({
      code: 'VALIDATION',
      message: 'saveState: $.x: wrong',
      path: '$.x',
      runId: 'r',
      cause,
    })
    expect(named.stack).toContain('errors.test')
  })

  it('wraps what is no StateBackendError as IO with its cause', () => {
    const cause = new TypeError('boom')
    expect(errorOfMethod(cause, 'loadState', null)).toMatchObject({
      code: 'IO',
      cause,
      message: expect.stringContaining('boom'),
    })
  })

  it('shows anything that was thrown', () => {
    const hostile = {
      toString: () => {
        throw new Error('no')
      },
    }
    expect([messageOf(new Error('a')), messageOf('b'), messageOf(null)]).toEqual(['a', 'b', 'null'])
    expect(messageOf(hostile)).toContain('cannot be shown')
  })
})
