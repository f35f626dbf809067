import { expect, it } from 'vitest'
import { clone } from '../src/clone.js'
import { difference } from '../src/equality.js'

it('a clone is equal, shares nothing that can be changed, and keeps what is shared within', () => {
  const shared = { n: 1 }
  const value = {
    when: new Date(5),
    map: new Map([[shared, new Set([shared])]]),
    // biome-ignore lint/suspicious/noSparseArray: a hole is what is cloned
    list: [shared, , -0, 1n, undefined],
    bytes: new Uint8Array([1, 2]),
    bare: Object.assign(Object.create(null), { a: 1 }),
    ...JSON.parse('{"inner": {"__proto__": {"polluted": true}}}'),
    self: null as unknown,
  }
  value.self = value
  const copy = clone(value)
  expect(difference({ ...copy, self: null }, { ...value, self: null })).toBeNull()
  expect(copy.self).toBe(copy)
  expect(copy.list[0]).toBe([...copy.map.keys()][0])
  for (const key of ['when', 'map', 'list', 'bytes', 'bare', 'inner'] as const) expect(copy[key]).not.toBe(value[key])
  copy.bytes[0] = 9
  copy.when.setTime(6)
  expect([value.bytes[0], value.when.getTime()]).toEqual([1, 5])
})
