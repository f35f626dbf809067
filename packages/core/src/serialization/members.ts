/** Reads what objects and arrays hold: each property once, and nothing overlooked. */

/** Thrown for a property that cannot be stored. */
export class UnstorableProperty extends Error {
  readonly segment: PropertyKey

  /** @param what names it in a message: "a symbol key" */
  constructor(what: string, segment: PropertyKey, options?: ErrorOptions) {
    super(what, options)
    this.segment = segment
  }
}

export interface Members {
  readonly keys: readonly string[]
  readonly values: readonly unknown[]
}

/**
 * The own properties of an object, in order; a getter gives its value.
 * @throws `UnstorableProperty` for symbol keys, for keys that do not enumerate (`except` apart) and for what throws
 */
export function readMembers(object: object, except?: string): Members {
  const keys = Object.keys(object)
  const expected = keys.length + (except === undefined ? 0 : 1)
  if (Object.getOwnPropertyNames(object).length !== expected || Object.getOwnPropertySymbols(object).length > 0)
    refuseHidden(object, except)
  return { keys, values: keys.map((key) => readProperty(object, key)) }
}

function refuseHidden(object: object, except: string | undefined): void {
  for (const key of Reflect.ownKeys(object)) {
    if (typeof key === 'symbol') throw new UnstorableProperty('a symbol key', key)
    if (key !== except && !Object.prototype.propertyIsEnumerable.call(object, key))
      throw new UnstorableProperty('a non-enumerable property', key)
  }
}

/**
 * The value of a property.
 * @throws `UnstorableProperty` if reading it throws
 */
export function readProperty(object: object, key: string | number): unknown {
  try {
    return (object as Record<string | number, unknown>)[key]
  } catch (cause) {
    throw new UnstorableProperty('a property that throws when it is read', key, { cause })
  }
}

/**
 * The items of an array; null if it has holes or other keys.
 * @throws `UnstorableProperty` for an item that throws
 */
export function readItems(array: readonly unknown[]): readonly unknown[] | null {
  const { length } = array
  if (Reflect.ownKeys(array).length !== length + 1) return null // the items and `length`
  const values: unknown[] = []
  for (let index = 0; index < length; index++) {
    const value = readProperty(array, index)
    if (value === undefined && !Object.hasOwn(array, index)) return null
    values.push(value)
  }
  return values
}

/** A plain object with these members, whatever their keys. */
export function fromMembers({ keys, values }: Members): object {
  const object = {}
  keys.forEach((key, index) => {
    define(object, key, values[index])
  })
  return object
}

/** Defines a property as an assignment would, but never calls a setter nor changes a prototype. */
export function define(target: object, key: PropertyKey, value: unknown, enumerable = true): void {
  Object.defineProperty(target, key, { value, enumerable, writable: true, configurable: true })
}
