/** Primitives that JSON lacks. */
import { malformed, openTag, TAG_KEY, type TagReader, UNDEFINED_TAG } from './tag.js'

const SPECIAL_NUMBERS: ReadonlyMap<unknown, number> = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
  ['-0', -0],
])

export const numberTag: TagReader = {
  name: 'number',
  decode: (payload) => SPECIAL_NUMBERS.get(payload) ?? malformed('NaN, Infinity, -Infinity or -0'),
}

export const bigintTag: TagReader = {
  name: 'bigint',
  decode(payload) {
    if (typeof payload !== 'string' || !/^(0|-?[1-9]\d*)$/.test(payload))
      return malformed('the digits of a whole number')
    return BigInt(payload)
  },
}

/** The text of a primitive; null for symbols, functions and objects. */
export function primitiveText(value: unknown): string | null {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value)
    case 'boolean':
      return String(value)
    case 'number':
      if (Object.is(value, -0)) return `${openTag(numberTag.name)}"-0"}`
      return Number.isFinite(value) ? String(value) : `${openTag(numberTag.name)}"${value}"}`
    case 'bigint':
      return `${openTag(bigintTag.name)}"${value}"}`
    case 'undefined':
      return `{"${TAG_KEY}":"${UNDEFINED_TAG}"}`
    case 'object':
      return value === null ? 'null' : null
    default:
      return null
  }
}
