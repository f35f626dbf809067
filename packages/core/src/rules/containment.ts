import { deepEqual } from './deep-equal.js'

/**
 * Whether `value` contains `filter`: a plain object contains one whose own keys it has, with values that it contains;
 * everything else (arrays included) must be deep-equal. So `1` is not `'1'` or `true`, and a key with null is not a missing one.
 */
export function contains(value: unknown, filter: unknown): boolean {
  if (!isPlain(filter)) return deepEqual(value, filter)
  if (!isPlain(value)) return false
  return Object.keys(filter).every((key) => Object.hasOwn(value, key) && contains(value[key], filter[key]))
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype
}
