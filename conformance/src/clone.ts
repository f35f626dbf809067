/**
 * A deep copy of objects, arrays, `Map`, `Set`, `Date` and byte arrays; what else there is stays itself. Unlike `structuredClone` it
 * makes them in the realm that the suite runs in: jest's tests have one of their own, where a foreign `Date` is no `Date`.
 */
export function clone<T>(value: T): T {
  return copy(value, new Map()) as T
}

function copy(value: unknown, known: Map<object, object>): unknown {
  if (typeof value !== 'object' || value === null) return value
  const before = known.get(value)
  if (before) return before
  if (value instanceof Date) return new Date(value)
  if (value instanceof Uint8Array) return value.slice()
  const made = emptyLike(value)
  if (made === null) return value
  known.set(value, made)
  if (made instanceof Map) for (const [key, item] of value as typeof made) made.set(copy(key, known), copy(item, known))
  else if (made instanceof Set) for (const item of value as typeof made) made.add(copy(item, known))
  else for (const key of Reflect.ownKeys(value)) define(made, key, copy(Reflect.get(value, key), known))
  return made
}

function emptyLike(value: object): object | null {
  if (Array.isArray(value)) return new Array(value.length)
  if (value instanceof Map) return new Map()
  if (value instanceof Set) return new Set()
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === null) return Object.create(null)
  return prototype === Object.prototype ? {} : null
}

// Not by assignment: `__proto__` may be a key like others. An array has its length already.
function define(target: object, key: PropertyKey, value: unknown): void {
  if (Array.isArray(target) && key === 'length') return
  Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true })
}
