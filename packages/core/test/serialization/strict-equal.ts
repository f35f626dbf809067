import { expect } from 'vitest'

/**
 * The equality of the contract: types, prototypes, own keys in any order (and whether they enumerate), holes, `-0` apart from `0`,
 * `NaN` and invalid dates equal to themselves, Maps and Sets in their order. Gives the first difference, or null. Walks with a loop.
 */
export function difference(actual: unknown, expected: unknown): string | null {
  const pairs: [unknown, unknown, string][] = [[actual, expected, '$']]
  for (let pair = pairs.pop(); pair !== undefined; pair = pairs.pop()) {
    const [a, b, path] = pair
    if (Object.is(a, b)) continue
    if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null)
      return `${path}: ${typeof a} ${String(a)} is not ${typeof b} ${String(b)}`
    const problem = compareObjects(a, b, path, pairs)
    if (problem !== null) return `${path}: ${problem}`
  }
  return null
}

export function expectSame(actual: unknown, expected: unknown): void {
  expect(difference(actual, expected)).toBe(null)
}

function compareObjects(a: object, b: object, path: string, pairs: [unknown, unknown, string][]): string | null {
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return 'the prototypes differ'
  if (Object.prototype.toString.call(a) !== Object.prototype.toString.call(b)) return 'the kinds differ'
  const contents = [contentOf(a), contentOf(b)] as const
  if (contents[0].length !== contents[1].length) return 'the contents differ in length'
  contents[0].forEach((item, index) => {
    pairs.push([item, contents[1][index], `${path}<${index}>`])
  })
  const keys = ownKeys(a)
  if (keys.length !== ownKeys(b).length) return `the own keys differ: ${show(a)}, not ${show(b)}`
  for (const key of keys) {
    const [mine, theirs] = [Object.getOwnPropertyDescriptor(a, key), Object.getOwnPropertyDescriptor(b, key)]
    if (theirs === undefined) return `an unexpected own key ${String(key)}`
    if (mine?.enumerable !== theirs.enumerable) return `the key ${String(key)} enumerates or not`
    pairs.push([Reflect.get(a, key), Reflect.get(b, key), `${path}.${String(key)}`])
  }
  return null
}

/** The items of views are content, not keys. */
function ownKeys(object: object): PropertyKey[] {
  return ArrayBuffer.isView(object) ? Object.getOwnPropertySymbols(object) : Reflect.ownKeys(object)
}

function show(object: object): string {
  return ownKeys(object).map(String).join(', ')
}

function contentOf(object: object): readonly unknown[] {
  if (object instanceof Date) return [object.getTime()]
  if (object instanceof RegExp) return [object.source, object.flags]
  if (object instanceof URL) return [object.href]
  if (object instanceof Map) return [...object.keys(), ...object.values()]
  if (object instanceof Set) return [...object]
  if (object instanceof ArrayBuffer) return [...new Uint8Array(object)]
  if (ArrayBuffer.isView(object)) return [...new Uint8Array(object.buffer, object.byteOffset, object.byteLength)]
  return []
}
