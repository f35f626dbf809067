/** Ways to make a codec wrong: in what it gives back, or in what it takes. */
import { type Codec, createCodec, StateBackendError } from '@flujo-state/core'

type Leaf = (value: unknown) => unknown

/** The value rebuilt, plain containers and all, with `leaf` applied to whatever else is in it. */
function rebuild(value: unknown, leaf: Leaf, container: (value: object) => object = (value) => value): unknown {
  if (Array.isArray(value)) {
    const copy: unknown[] = new Array(value.length)
    for (const index of Object.keys(value)) copy[Number(index)] = rebuild(value[Number(index)], leaf, container)
    return container(copy)
  }
  if (!isPlain(value)) return leaf(value)
  const copy = Object.create(Object.getPrototypeOf(value)) as object
  for (const [key, item] of Object.entries(value)) define(copy, key, rebuild(item, leaf, container))
  return container(copy)
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

const define = (object: object, key: string, value: unknown) =>
  Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })

/** What is read is changed. */
export function reading(change: (value: unknown) => unknown): Codec {
  const codec = createCodec()
  return { ...shape(codec), decode: (text, context) => change(codec.decode(text, context)) }
}

/** What is written is changed. */
export function writing(change: (value: unknown) => unknown): Codec {
  const codec = createCodec()
  return { ...shape(codec), encode: (value, context) => codec.encode(change(value), context) }
}

function shape(codec: ReturnType<typeof createCodec>): Codec {
  return {
    json: codec.json,
    encode: (value, context) => codec.encode(value, context),
    decode: (text, context) => codec.decode(text, context),
  }
}

export const leaves = (leaf: Leaf) => reading((value) => rebuild(value, leaf))
export const containers = (container: (value: object) => object) =>
  reading((value) => rebuild(value, (leaf) => leaf, container))
export const texts = (change: (text: string) => unknown) =>
  leaves((value) => (typeof value === 'string' ? change(value) : value))

export function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** `change` sees each object of a value and those around it. */
export function visiting(
  value: unknown,
  change: (value: object, around: readonly object[]) => unknown,
  around: readonly object[] = [],
): unknown {
  if (!Array.isArray(value) && !isPlain(value)) return value
  const changed = change(value, around)
  if (changed !== value) return changed
  const inside = (item: unknown) => visiting(item, change, [...around, value])
  if (Array.isArray(value)) return value.length > 1_000 ? value : value.map(inside)
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, inside(item)]))
}

/** The value with every getter that throws read as undefined. */
export function swallowing(value: unknown): unknown {
  if (Array.isArray(value) || !isPlain(value)) return value
  const keys = Object.keys(value)
  const read = (key: string) => {
    try {
      return swallowing(Reflect.get(value, key))
    } catch {
      return undefined
    }
  }
  return Object.fromEntries(keys.map((key) => [key, read(key)]))
}

export function cutBelow(value: unknown, depth: number): unknown {
  if (!Array.isArray(value) && !isPlain(value)) return value
  if (depth === 0) return null
  if (Array.isArray(value)) return value.map((item) => cutBelow(item, depth - 1))
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, cutBelow(item, depth - 1)]))
}

export function refuseShared(value: unknown): unknown {
  const seen = new Set<object>()
  return visiting(value, (object) => {
    if (seen.has(object)) throw new StateBackendError('SERIALIZATION', 'seen before', { path: '$' })
    seen.add(object)
    return object
  })
}
