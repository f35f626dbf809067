import { describe, expect, it } from 'vitest'
import { contextSegments, formatPath } from '../../src/serialization/path.js'

describe('formatPath', () => {
  it.each<[readonly PropertyKey[], string]>([
    [[], '$'],
    [['a', 0, 'b c'], '$.a[0]["b c"]'],
    [['$flujo', '_x', 'ä', '漢'], '$.$flujo._x.ä.漢'],
    [['0', '', 'a-b', 'a.b', '1a'], '$["0"][""]["a-b"]["a.b"]["1a"]'],
    [['a"\\\n\ud800'], '$["a\\"\\\\\\n\\ud800"]'],
    [['__proto__', Symbol('x'), -1], '$.__proto__[Symbol(x)][-1]'],
  ])('%j', (segments, path) => {
    expect(formatPath(segments)).toBe(path)
  })
})

it('begins with the field, or at the value itself', () => {
  expect(formatPath(contextSegments({ runId: null, field: 'stepHistory', index: 3 }))).toBe('$.stepHistory[3]')
  expect(formatPath(contextSegments({ runId: null, field: 'metadata' }))).toBe('$.metadata')
  expect(formatPath(contextSegments(undefined))).toBe('$')
})
