import { define, type Members } from '../members.js'
import type { PathSegment } from '../path.js'
import { isPlainObject, malformed, refuseExtraKeys, type Tag, type TagReader } from './tag.js'

const MAX_LENGTH = 2 ** 32 - 1

/** Keys and values in turn: `["a",1,"b",2]`. */
export const mapTag: Tag = {
  name: 'Map',
  builtins: ['Map'],
  encode(value) {
    refuseExtraKeys(value)
    const payload: unknown[] = []
    Map.prototype.forEach.call(value, (item, key) => payload.push(key, item))
    return payload
  },
  decode(payload) {
    if (!Array.isArray(payload) || payload.length % 2 !== 0) return malformed('keys and values in turn')
    const map = new Map<unknown, unknown>()
    for (let index = 0; index < payload.length; index += 2) {
      const key = payload[index]
      if (Object.is(key, -0) || map.has(key)) malformed('keys that differ, without -0')
      map.set(key, payload[index + 1])
    }
    return map
  },
  locate: locateInMap,
}

function locateInMap(place: string | number, payload: unknown): PathSegment {
  const index = Number(place)
  const entry = `.entries[${Math.floor(index / 2)}]`
  if (index % 2 === 0) return { text: `${entry}.key` }
  const key = (payload as readonly unknown[])[index - 1]
  const primitive = key === null || ['string', 'number', 'boolean'].includes(typeof key)
  return { text: primitive ? `.get(${typeof key === 'string' ? JSON.stringify(key) : String(key)})` : `${entry}.value` }
}

export const setTag: Tag = {
  name: 'Set',
  builtins: ['Set'],
  encode(value) {
    refuseExtraKeys(value)
    const payload: unknown[] = []
    Set.prototype.forEach.call(value, (item) => payload.push(item))
    return payload
  },
  decode(payload) {
    if (!Array.isArray(payload)) return malformed('a list')
    const set = new Set(payload)
    return set.size === payload.length && !payload.some((item) => Object.is(item, -0))
      ? set
      : malformed('items that differ, without -0')
  },
  locate: (place) => ({ text: `.values[${place}]` }),
}

/** An object without a prototype; the payload is the same as a plain object. */
export const nullPrototypeTag: TagReader = {
  name: 'null-prototype',
  decode(payload) {
    if (!isPlainObject(payload)) return malformed('an object')
    const object: object = Object.create(null)
    for (const key of Object.keys(payload)) define(object, key, payload[key])
    return object
  },
}

/** An array with holes or with keys beside its items: its length, then keys and values in turn: `[3,0,"a","name","b"]`. */
export const arrayTag: TagReader = {
  name: 'Array',
  decode(payload) {
    if (!Array.isArray(payload) || payload.length % 2 !== 1 || typeof payload[0] !== 'number')
      return malformed('a length, then keys and values in turn')
    const array: unknown[] = []
    array.length = payload[0] // throws if no array can have it
    for (let at = 1; at < payload.length; at += 2) {
      const key: unknown = payload[at]
      const fits =
        typeof key === 'number' ? isIndex(String(key)) && key < array.length : typeof key === 'string' && !isIndex(key)
      if (!fits || Object.hasOwn(array, key as PropertyKey)) malformed('keys that differ and are within the length')
      define(array, key as PropertyKey, payload[at + 1])
    }
    return isDense(array) ? malformed('an array with holes or other keys') : array
  },
  locate: (place, payload) => (payload as readonly PropertyKey[])[Number(place) - 1] as PropertyKey,
}

/** The payload of an array that is no plain list. */
export function arrayPayload(length: number, { keys, values }: Members): unknown[] {
  return [length, ...keys.flatMap((key, at) => [isIndex(key) ? Number(key) : key, values[at]])]
}

function isIndex(key: string): boolean {
  const index = Number(key)
  return String(index) === key && index >= 0 && index < MAX_LENGTH && Number.isInteger(index)
}

/** Whether an array has all its items and nothing else. */
function isDense(array: readonly unknown[]): boolean {
  if (Object.keys(array).length !== array.length) return false
  for (let index = 0; index < array.length; index++) if (!(index in array)) return false
  return true
}
