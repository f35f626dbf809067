/**
 * The equality of the contract: types, prototypes, own keys in any order, holes, `-0` apart from `0`, `NaN` and invalid dates
 * equal to themselves. No test runner's: theirs differ in exactly these points.
 */
import { isPlainKey, show } from './show.js'

interface Pair {
  readonly actual: unknown
  readonly expected: unknown
  readonly path: Path | null
}
interface Path {
  readonly key: string
  readonly parent: Path | null
}

/** Where and how `actual` differs from `expected`, or null. Walks with a loop: any depth works. */
export function difference(actual: unknown, expected: unknown): string | null {
  const pairs: Pair[] = [{ actual, expected, path: null }]
  const seen = new Map<object, Set<unknown>>()
  for (let pair = pairs.pop(); pair !== undefined; pair = pairs.pop()) {
    const problem = compare(pair, pairs, seen)
    if (problem) return `at ${pathText(pair.path)}: ${problem}`
  }
  return null
}

function pathText(path: Path | null): string {
  const keys: string[] = []
  for (let here = path; here !== null; here = here.parent) keys.push(here.key)
  return `$${keys.length > 40 ? '…' : ''}${keys.slice(0, 40).reverse().join('')}`
}

function compare(pair: Pair, pairs: Pair[], seen: Map<object, Set<unknown>>): string | null {
  const { actual, expected } = pair
  if (Object.is(actual, expected)) return null
  if (!isObject(actual) || !isObject(expected)) return `expected ${show(expected)}, got ${show(actual)}`
  const partners = seen.get(actual) ?? new Set()
  if (partners.has(expected)) return null
  seen.set(actual, partners.add(expected))
  if (Object.getPrototypeOf(actual) !== Object.getPrototypeOf(expected))
    return `expected ${typeName(expected)} ${show(expected)}, got ${typeName(actual)} ${show(actual)}`
  const content = { actual: contentOf(actual), expected: contentOf(expected), path: pair.path }
  if (content.actual !== null || content.expected !== null) pairs.push(content)
  return compareProperties(actual, expected, pair.path, pairs)
}

// Functions are equal only to themselves.
const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

function typeName(value: object): string {
  const prototype = Object.getPrototypeOf(value)
  return prototype === null ? 'a null-prototype object' : `a ${String(prototype.constructor?.name)}`
}

/** What objects hold beside their properties. Entries of Maps and Sets are compared in their order. */
function contentOf(value: object): readonly unknown[] | null {
  if (value instanceof Date) return [value.getTime()]
  if (value instanceof RegExp) return [value.source, value.flags]
  if (value instanceof URL) return [value.href]
  if (value instanceof Map) return [...value.entries()]
  if (value instanceof Set) return [...value]
  if (value instanceof ArrayBuffer) return [...new Uint8Array(value)]
  if (ArrayBuffer.isView(value)) return [...new Uint8Array(value.buffer, value.byteOffset, value.byteLength)]
  return null
}

function compareProperties(actual: object, expected: object, path: Path | null, pairs: Pair[]): string | null {
  const keys = ownKeys(expected)
  const found = ownKeys(actual)
  const wanted = new Set(keys)
  for (const key of found) if (!wanted.has(key)) return `unexpected ${keyText(key)} = ${show(read(actual, key))}`
  if (found.length < keys.length) {
    const missing = keys.find((key) => !Object.hasOwn(actual, key)) as PropertyKey
    return `${keyText(missing)} is missing, expected ${show(read(expected, missing))}`
  }
  for (const key of keys) {
    if (isAccessor(actual, key) || isAccessor(expected, key)) return `${keyText(key)} is an accessor`
    pairs.push({ actual: read(actual, key), expected: read(expected, key), path: { key: keyText(key), parent: path } })
  }
  return null
}

// Elements of typed arrays are content already, and lastIndex of a RegExp is no data.
function ownKeys(value: object): PropertyKey[] {
  if (ArrayBuffer.isView(value)) return Reflect.ownKeys(value).filter((key) => !/^\d+$/.test(String(key)))
  return value instanceof RegExp ? [] : Reflect.ownKeys(value)
}

// The stack of an Error is one in some engines.
function isAccessor(object: object, key: PropertyKey): boolean {
  return !(object instanceof Error) && Object.getOwnPropertyDescriptor(object, key)?.get !== undefined
}

function read(value: object, key: PropertyKey): unknown {
  return Reflect.get(value, key)
}

function keyText(key: PropertyKey): string {
  if (typeof key === 'symbol') return `[${String(key)}]`
  if (/^\d+$/.test(String(key))) return `[${String(key)}]`
  return isPlainKey(String(key)) ? `.${String(key)}` : `[${JSON.stringify(key)}]`
}
