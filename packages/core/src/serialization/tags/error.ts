import { define, readProperty, UnstorableProperty } from '../members.js'
import { expectKeys, isPlainObject, malformed, type Tag } from './tag.js'

const TYPES = [
  'Error',
  'EvalError',
  'RangeError',
  'ReferenceError',
  'SyntaxError',
  'TypeError',
  'URIError',
  'AggregateError',
] as const

/** What an error may hold without showing it. Anything else that is not enumerable would be lost. */
const HIDDEN_KEYS: readonly string[] = ['name', 'message', 'stack', 'cause', 'errors']

/** The properties that an error itself has, no more and no less: `hidden` ones (message, stack) and those that enumerate. */
export const errorTag: Tag = {
  name: 'Error',
  builtins: TYPES,
  encode(value, type) {
    if (Object.prototype.toString.call(value) !== '[object Error]') return malformed('a real error')
    const hidden: Record<string, unknown> = {}
    const fields: Record<string, unknown> = {}
    for (const key of Reflect.ownKeys(value)) {
      if (typeof key === 'symbol') throw new UnstorableProperty('a symbol key', key)
      const enumerable = Object.prototype.propertyIsEnumerable.call(value, key)
      if (!enumerable && !HIDDEN_KEYS.includes(key)) throw new UnstorableProperty('a non-enumerable property', key)
      define(enumerable ? fields : hidden, key, readProperty(value, key))
    }
    return { type, hidden, fields }
  },
  decode(payload) {
    const { type, hidden, fields } = expectKeys(payload, 'type', 'hidden', 'fields')
    const name = TYPES.find((name) => name === type) ?? malformed('the type of a built-in error')
    if (!isPlainObject(hidden) || !isPlainObject(fields)) return malformed('hidden and fields')
    const error = name === 'AggregateError' ? new AggregateError([]) : new globalThis[name]()
    for (const key of Reflect.ownKeys(error)) Reflect.deleteProperty(error, key)
    for (const key of Object.keys(hidden)) {
      if (!HIDDEN_KEYS.includes(key) || Object.hasOwn(fields, key)) malformed('nothing else hidden')
      define(error, key, hidden[key], false)
    }
    for (const key of Object.keys(fields)) define(error, key, fields[key])
    return error
  },
  locate: (key) => (key === 'hidden' || key === 'fields' ? null : key),
}
