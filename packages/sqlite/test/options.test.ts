import { createCodec } from '@flujo-state/core'
import { describe, expect, it } from 'vitest'
import { checkOptions, type SQLiteBackendOptions } from '../src/options.js'

describe('checkOptions', () => {
  it('gives the defaults, and keeps what every backend takes', () => {
    const clock = () => new Date(0)
    expect(checkOptions({ clock })).toEqual({
      common: { clock },
      durability: 'full',
      busyTimeoutMs: 5000,
      migrate: 'auto',
      offloadBytes: 65_536,
      indexedMetadata: [],
    })
  })

  it('takes no keys of metadata to index where the texts are those of another codec', () => {
    const codec = createCodec()
    const indexedMetadata = ['a']
    expect(checkOptions({ indexedMetadata, codec })).toMatchObject({ indexedMetadata })
    expect(checkOptions({ indexedMetadata, codec: { ...codec } })).toMatchObject({ indexedMetadata: [] })
  })

  it.each([
    [{ durability: 'FULL' }, '$.durability', "expected 'full' or 'normal'"],
    [{ durability: 2 }, '$.durability', "expected 'full' or 'normal'"],
    [{ migrate: true }, '$.migrate', "expected 'auto' or 'verify' or 'off'"],
    [{ busyTimeoutMs: -1 }, '$.busyTimeoutMs', 'expected milliseconds'],
    [{ busyTimeoutMs: '5000' }, '$.busyTimeoutMs', 'expected milliseconds'],
    [{ busyTimeoutMs: Number.POSITIVE_INFINITY }, '$.busyTimeoutMs', 'expected milliseconds'],
    [{ offloadBytes: 1000 }, '$.offloadBytes', 'expected a whole number of bytes from 1024'],
    [{ offloadBytes: Number.POSITIVE_INFINITY }, '$.offloadBytes', 'expected a whole number'],
    [{ indexedMetadata: 'customerId' }, '$.indexedMetadata', 'expected an array'],
    [{ indexedMetadata: ['ok', 'a.b'] }, '$.indexedMetadata[1]', 'expected a key'],
    [{ indexedMetadata: ["a'); drop table runs; --"] }, '$.indexedMetadata[0]', 'expected a key'],
    [{ busyTimeout: 100 }, '$.busyTimeout', 'is no option; there are durability, busyTimeoutMs'],
    [null, '$', 'expected an object'],
  ])('refuses %j at %s', (options, path, reason) => {
    expect(() => checkOptions(options as SQLiteBackendOptions)).toThrow(
      expect.objectContaining({ code: 'VALIDATION', path, message: expect.stringContaining(reason) }),
    )
  })
})
