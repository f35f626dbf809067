/**
 * The fast way: one walk checks that a value is plain JSON, then `JSON.stringify` writes it. The check may say no to plain JSON (deep
 * nesting, objects of another realm); it says yes to nothing that `JSON.stringify` would drop or change, with two exceptions, each of which
 * would cost a fifth of the writing or more, on every payload, to rule out:
 * - the rows of a list are made by the same code, and the first one speaks for the others: an object whose string keys are exactly those
 *   of the object before it on its level is not searched for what hides in it (symbols, keys that do not enumerate, getters), nor is
 *   an array as long as the array before it on its level; and string keys of an array that do not enumerate are not looked for at all;
 * - `JSON.stringify` reads every property once more. Where getters and Proxies are looked for, what they answer is compared with a second
 *   reading, and what differs goes the slow way, which reads once; one that answers the same twice and something else the third time
 *   is not found out.
 *
 * Measured per object of five properties, beside 230 ns for `JSON.stringify`: `for…in` with reading 13 ns, `Object.keys` with reading 42,
 * `Object.getOwnPropertyNames` 9 (without symbols and hidden keys), `Object.getOwnPropertySymbols` 44, `Reflect.ownKeys` 165, a descriptor of
 * every property 53, a copy to be written instead 60. Per number of an array, beside 15 ns for `JSON.stringify`: `Object.values` 3,
 * `Object.keys` 11, `Object.getOwnPropertyNames` 60, `for…in` 40.
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
  readonly refused: Set<object> | undefined
}

/** What was last searched for what hides in it, among the containers that stand equally deep. */
interface Level {
  readonly depth: number
  keysOfObject: readonly string[] | undefined
  lengthOfArray: number
  deeper: Level | undefined
}

function levelAt(depth: number): Level {
  return { depth, keysOfObject: undefined, lengthOfArray: -1, deeper: undefined }
}

function below(level: Level): Level {
  level.deeper ??= levelAt(level.depth + 1)
  return level.deeper
}

/**
 * The JSON text of a value that is plain JSON; null if it is not, or if that cannot be told cheaply. Never calls `toJSON`: a function is
 * not plain, whatever its key. `refused` gets the containers that hold what is not plain, for callers who go on with the parts.
 * @throws `PAYLOAD_TOO_LARGE` if it holds too many arrays and objects
 */
export function plainText(value: unknown, context?: CodecContext, refused?: Set<object>): string | null {
  try {
    return isPlainJson(value, refused) ? JSON.stringify(value) : null
  } catch (error) {
    if (error === ENDLESS) throw tooLarge(context, `it holds more than ${MAX_CONTAINERS} arrays and objects`)
    return null // a getter or Proxy that throws, a text that is too long: the slow way says where and why
  }
}

function isPlainJson(value: unknown, refused: Set<object> | undefined): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true
    case 'number':
      return isPlainNumber(value)
    case 'object':
      return value === null || isPlainContainer(value, levelAt(0), { containers: 0, refused })
    default:
      return false
  }
}

/** Finite and not `-0`. */
function isPlainNumber(value: number): boolean {
  return value === 0 ? 1 / value > 0 : value - value === 0
}

function isPlainContainer(value: object, level: Level, walk: Walk): boolean {
  if (level.depth > MAX_PLAIN_DEPTH) return false
  if (++walk.containers > MAX_CONTAINERS) throw ENDLESS
  const prototype = Object.getPrototypeOf(value)
  const isPlain =
    prototype === Object.prototype
      ? isPlainObject(value as Record<string, unknown>, level, walk)
      : prototype === Array.prototype && Array.isArray(value) && isPlainArray(value, level, walk)
  if (!isPlain) walk.refused?.add(value)
  return isPlain
}

function isPlainObject(object: Record<string, unknown>, level: Level, walk: Walk): boolean {
  const searched = level.keysOfObject
  let sameKeys = searched !== undefined
  let count = 0
  for (const key in object) {
    const value = object[key]
    if (sameKeys && (searched as readonly string[])[count] !== key) sameKeys = false
    if (!sameKeys && value !== object[key]) return false
    count++
    switch (typeof value) {
      case 'string':
      case 'boolean':
        break
      case 'number':
        if (!isPlainNumber(value)) return false
        break
      case 'object':
        if (value !== null && !isPlainContainer(value, below(level), walk)) return false
        break
      default:
        return false
    }
  }
  return (sameKeys && (searched as readonly string[]).length === count) || hidesNothing(object, count, level)
}

/** @param count of the keys that enumerate, those of `Object.prototype` among them */
function hidesNothing(object: object, count: number, level: Level): boolean {
  const names = Object.getOwnPropertyNames(object)
  level.keysOfObject = names
  return names.length === count && !names.includes(TAG_KEY) && Object.getOwnPropertySymbols(object).length === 0
}

function isPlainArray(array: readonly unknown[], level: Level, walk: Walk): boolean {
  // Of items alone if there are as many as the length says: then the length leaves no room for another key, nor for a hole.
  const values = Object.values(array)
  const { length } = values
  if (length !== array.length) return false
  const sameLength = level.lengthOfArray === length
  for (let index = 0; index < length; index++) {
    const value = values[index]
    if (!sameLength && value !== array[index]) return false
    switch (typeof value) {
      case 'string':
      case 'boolean':
        break
      case 'number':
        if (!isPlainNumber(value)) return false
        break
      case 'object':
        if (value !== null && !isPlainContainer(value, below(level), walk)) return false
        break
      default:
        return false // a hole too: it reads as undefined
    }
  }
  if (sameLength) return true
  level.lengthOfArray = length
  return Object.getOwnPropertySymbols(array).length === 0
}
