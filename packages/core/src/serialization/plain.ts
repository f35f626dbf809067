/**
 * The fast way: a value that is plain JSON is checked by one walk and then written by `JSON.stringify`. The check may say no to
 * plain JSON (deep nesting, objects of another realm); it never says yes to anything that `JSON.stringify` would drop or change.
 *
 * What it costs decides how the codec compares with `JSON.stringify` alone, hence its form:
 * - `for…in` reads a property for a third of the price of `Object.keys`, `Reflect.ownKeys` costs as much as writing the object;
 * - symbol keys cost a quarter of the writing to look for, so an object that has exactly the keys of the one before it on its
 *   level (the rows of a list, made by the same code) is not searched for them again;
 * - `JSON.stringify` reads every property again. A getter or Proxy may then answer differently; descriptors would show a getter, but at
 *   another third of the price. So the walk itself reads twice, and whatever is not the same twice goes the slow way, which reads once.
 */
import type { CodecContext } from './context.js'
import { tooLarge } from './problems.js'
import { TAG_KEY } from './tags/tag.js'

/** Deeper values go the slow way, which has no recursion. It also ends cycles. */
const MAX_PLAIN_DEPTH = 100

/** Arrays and objects, each counted wherever it stands. Ends what refers to itself exponentially often. */
export const MAX_CONTAINERS = 2 ** 24

const ENDLESS = Symbol('more containers than that')

interface Walk {
  containers: number
  /** For each level, the keys of the object that was last searched for symbols. */
  readonly searched: (readonly string[] | undefined)[]
}

/**
 * The JSON text of a value that is plain JSON; null if it is not, or if that cannot be told cheaply. Never calls `toJSON`: a function is
 * not plain, whatever its key.
 * @throws `PAYLOAD_TOO_LARGE` if it holds too many arrays and objects
 */
export function plainText(value: unknown, context?: CodecContext): string | null {
  try {
    if (!isPlainJson(value)) return null
    const text = JSON.stringify(value)
    return text.includes(TAG_KEY) ? null : text // perhaps as a key, which would be read as a tag
  } catch (error) {
    if (error === ENDLESS) throw tooLarge(context, `it holds more than ${MAX_CONTAINERS} arrays and objects`)
    return null // a getter or Proxy that throws, a text that is too long: the slow way says where and why
  }
}

function isPlainJson(value: unknown): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true
    case 'number':
      return isPlainNumber(value)
    case 'object':
      return value === null || isPlainContainer(value, 0, { containers: 0, searched: [] })
    default:
      return false
  }
}

/** Finite and not `-0`. */
function isPlainNumber(value: number): boolean {
  return value === 0 ? 1 / value > 0 : value - value === 0
}

function isPlainContainer(value: object, depth: number, walk: Walk): boolean {
  if (depth > MAX_PLAIN_DEPTH) return false
  if (++walk.containers > MAX_CONTAINERS) throw ENDLESS
  const prototype = Object.getPrototypeOf(value)
  if (prototype === Object.prototype) return isPlainObject(value as Record<string, unknown>, depth, walk)
  return prototype === Array.prototype && Array.isArray(value) && isPlainArray(value, depth, walk)
}

function isPlainObject(object: Record<string, unknown>, depth: number, walk: Walk): boolean {
  const searched = walk.searched[depth]
  let sameKeys = searched !== undefined
  let count = 0
  for (const key in object) {
    const value = object[key]
    if (value !== object[key]) return false
    if (sameKeys && (searched as readonly string[])[count] !== key) sameKeys = false
    count++
    switch (typeof value) {
      case 'string':
      case 'boolean':
        break
      case 'number':
        if (!isPlainNumber(value)) return false
        break
      case 'object':
        if (value !== null && !isPlainContainer(value, depth + 1, walk)) return false
        break
      default:
        return false
    }
  }
  const names = Object.getOwnPropertyNames(object)
  if (names.length !== count) return false // keys that are not enumerable, or enumerable keys of Object.prototype
  if (sameKeys && (searched as readonly string[]).length === count) return true
  walk.searched[depth] = names
  return Object.getOwnPropertySymbols(object).length === 0
}

function isPlainArray(array: readonly unknown[], depth: number, walk: Walk): boolean {
  const { length } = array
  for (let index = 0; index < length; index++) {
    const value = array[index]
    if (value !== array[index]) return false
    switch (typeof value) {
      case 'string':
      case 'boolean':
        break
      case 'number':
        if (!isPlainNumber(value)) return false
        break
      case 'object':
        if (value !== null && !isPlainContainer(value, depth + 1, walk)) return false
        break
      default:
        return false // a hole too: it reads as undefined
    }
  }
  return Object.keys(array).length === length && Object.getOwnPropertySymbols(array).length === 0
}
