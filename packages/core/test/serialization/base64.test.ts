import { afterEach, describe, expect, it, vi } from 'vitest'
import { decodeBase64, encodeBase64 } from '../../src/serialization/base64.js'

afterEach(() => {
  vi.unstubAllGlobals()
})

describe.each(['Buffer', 'atob and btoa'])('with %s', (means) => {
  const without = () => means === 'Buffer' || vi.stubGlobal('Buffer', undefined)

  it('gives bytes back, in a buffer of their own', () => {
    const all = Uint8Array.from({ length: 100_000 }, (_, index) => (index * 7919) % 256)
    without()
    for (const length of [0, 1, 2, 3, 255, 8192, 8193, 100_000]) {
      const bytes = all.subarray(5, 5 + length)
      const back = decodeBase64(encodeBase64(bytes))
      expect(back.every((byte, index) => byte === bytes[index])).toBe(true)
      expect([back.length, back.buffer.byteLength]).toEqual([bytes.length, bytes.length])
    }
  })

  it.each(['A', 'AA', 'AA=', 'AB==', 'AAA', 'AAA=A', 'A A=', 'AA==\n', 'AA-_', 'é===', '====', 1, null])(
    'refuses %j',
    (text) => {
      without()
      expect(() => decodeBase64(text)).toThrow()
    },
  )
})
