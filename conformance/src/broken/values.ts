/** Codecs that give something else back than they were given, or take what they should refuse. */
import { type Codec, createCodec, StateBackendError } from '@flujo-state/core'
import { type BrokenBackend, brokenCodec } from './broken-backend.js'

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
function reading(change: (value: unknown) => unknown): Codec {
  const codec = createCodec()
  return { ...shape(codec), decode: (text, context) => change(codec.decode(text, context)) }
}

/** What is written is changed. */
function writing(change: (value: unknown) => unknown): Codec {
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

const leaves = (leaf: Leaf) => reading((value) => rebuild(value, leaf))
const containers = (container: (value: object) => object) =>
  reading((value) => rebuild(value, (leaf) => leaf, container))
const texts = (change: (text: string) => unknown) =>
  leaves((value) => (typeof value === 'string' ? change(value) : value))

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** `change` sees each object of a value and those around it. */
function visiting(
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
function swallowing(value: unknown): unknown {
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

function cutBelow(value: unknown, depth: number): unknown {
  if (!Array.isArray(value) && !isPlain(value)) return value
  if (depth === 0) return null
  if (Array.isArray(value)) return value.map((item) => cutBelow(item, depth - 1))
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, cutBelow(item, depth - 1)]))
}

function refuseShared(value: unknown): unknown {
  const seen = new Set<object>()
  return visiting(value, (object) => {
    if (seen.has(object)) throw new StateBackendError('SERIALIZATION', 'seen before', { path: '$' })
    seen.add(object)
    return object
  })
}

export const brokenValues: readonly BrokenBackend[] = [
  brokenCodec('json-in-json-slip', 'texts that are JSON come back parsed', ['VAL-11'], texts(parsed)),
  brokenCodec(
    'float32',
    'numbers keep 24 bits',
    ['VAL-02'],
    leaves((value) => (typeof value === 'number' ? Math.fround(value) : value)),
  ),
  brokenCodec(
    'nan-to-null',
    'NaN becomes null',
    ['VAL-03', 'VAL-09'],
    leaves((value) => (Number.isNaN(value) ? null : value)),
  ),
  brokenCodec(
    'minus-zero-lost',
    'minus zero becomes zero',
    ['VAL-03', 'VAL-09'],
    leaves((value) => (value === 0 ? 0 : value)),
  ),
  brokenCodec(
    'utf16-3byte',
    'characters beyond the first plane are dropped',
    ['VAL-01', 'VAL-04'],
    texts((text) => text.replace(/[\u{10000}-\u{10ffff}]/gu, '')),
  ),
  brokenCodec(
    'nfc-values',
    'texts are normalised',
    ['VAL-01', 'VAL-04'],
    texts((text) => text.normalize('NFC')),
  ),
  brokenCodec(
    'trims-strings',
    'blanks at the end of a text are cut',
    ['VAL-01', 'VAL-04'],
    texts((text) => text.trimEnd()),
  ),
  brokenCodec(
    'cut-at-NUL',
    'texts end at NUL',
    ['VAL-01', 'VAL-04'],
    texts((text) => text.split('\u0000')[0]),
  ),
  brokenCodec(
    'to-well-formed',
    'lone surrogates become U+FFFD',
    ['VAL-04', 'VAL-05'],
    texts((text) => text.toWellFormed()),
  ),
  brokenCodec(
    'infinity-texts-revived',
    'the texts inf and nan become numbers',
    ['VAL-11'],
    texts((text) => (text === 'inf' ? Number.POSITIVE_INFINITY : text === 'nan' ? Number.NaN : text)),
  ),
  brokenCodec(
    'date-texts-revived',
    'texts that look like times become Dates',
    ['VAL-11'],
    texts((text) => (/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text) ? new Date(text) : text)),
  ),
  brokenCodec(
    'truncate-64k',
    'texts are cut at 65,536 units',
    ['VAL-13'],
    texts((text) => text.slice(0, 65_536)),
  ),
  brokenCodec(
    'bigint-to-number',
    'bigints become numbers',
    ['VAL-09'],
    leaves((value) => (typeof value === 'bigint' ? Number(value) : value)),
  ),
  brokenCodec(
    'dates-to-text',
    'Dates come back as ISO texts',
    ['VAL-09'],
    leaves((value) => (value instanceof Date && !Number.isNaN(value.getTime()) ? value.toISOString() : value)),
  ),
  brokenCodec(
    'map-to-object',
    'a Map comes back as an object',
    ['VAL-09'],
    leaves((value) => (value instanceof Map ? {} : value)),
  ),
  brokenCodec(
    'errors-without-cause',
    'an Error loses its cause',
    ['VAL-09'],
    leaves((value) => {
      if (value instanceof Error) Reflect.deleteProperty(value, 'cause')
      return value
    }),
  ),
  brokenCodec(
    'undefined-to-null',
    'undefined becomes null',
    ['VAL-08', 'VAL-09'],
    leaves((value) => value ?? null),
  ),
  brokenCodec(
    'holes-filled',
    'holes become undefined',
    ['VAL-08', 'VAL-09'],
    containers((value) => (Array.isArray(value) ? Array.from(value) : value)),
  ),
  brokenCodec(
    'array-as-object',
    'empty arrays come back as empty objects',
    ['VAL-01', 'VAL-07'],
    containers((value) => (Array.isArray(value) && value.length === 0 ? {} : value)),
  ),
  brokenCodec(
    'array-cap',
    'arrays end after 1,000 items',
    ['VAL-07'],
    containers((value) => (Array.isArray(value) ? value.slice(0, 1_000) : value)),
  ),
  brokenCodec(
    'null-prototype',
    'objects come back without a prototype',
    ['VAL-01', 'VAL-16'],
    containers((value) => (Array.isArray(value) ? value : Object.setPrototypeOf(value, null))),
  ),
  brokenCodec('frozen', 'what comes back is frozen', ['VAL-16'], containers(Object.freeze)),
  brokenCodec(
    'envelope-revived',
    'an object with $date comes back as a Date',
    ['VAL-12'],
    containers((value) => ('$date' in value ? new Date(String(value.$date)) : value)),
  ),
  brokenCodec(
    'dotted-key-expanded',
    'a key with a dot becomes two levels',
    ['VAL-06'],
    containers((value) => ('a.b' in value ? { ...value, a: { b: value['a.b'] } } : value)),
  ),
  brokenCodec(
    'proto-key-assigned',
    'keys are assigned, so that __proto__ sets the prototype',
    ['VAL-06', 'SEC-02'],
    containers((value) => {
      if (Array.isArray(value)) return value
      const copy: Record<string, unknown> = {}
      for (const [key, item] of Object.entries(value)) copy[key] = item
      return copy
    }),
  ),
  brokenCodec(
    'depth-cut',
    'what is deeper than 500 levels becomes null',
    ['VAL-14'],
    reading((value) => cutBelow(value, 500)),
  ),
  brokenCodec(
    'cycle-placeholder',
    'a cycle becomes a text',
    ['VAL-10', 'VAL-17'],
    writing((value) => visiting(value, (object, around) => (around.includes(object) ? '<circular>' : object))),
  ),
  brokenCodec(
    'shared-refused',
    'an object that comes twice is taken for a cycle',
    ['VAL-09', 'VAL-10'],
    writing(refuseShared),
  ),
  brokenCodec(
    'getter-swallowed',
    'a getter that throws is stored as undefined',
    ['VAL-15', 'VAL-17'],
    writing(swallowing),
  ),
  brokenCodec(
    'functions-dropped',
    'functions are left out',
    ['VAL-17'],
    writing((value) =>
      visiting(value, (object) =>
        Array.isArray(object)
          ? object
          : Object.fromEntries(Object.entries(object).filter(([, item]) => typeof item !== 'function')),
      ),
    ),
  ),
]
