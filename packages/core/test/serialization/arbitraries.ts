/** Random values of every type that the codec stores, nested in each other. */
import fc from 'fast-check'

/** Any string, lone surrogates and NUL included, and those that mean something to the codec or to JavaScript. */
export const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 4 }).map((units) => String.fromCharCode(...units)),
  fc.constantFrom(
    '',
    '\0',
    '\ud800',
    '\udc00x',
    '$flujo',
    '\\u0024flujo',
    '{"$flujo":"undefined"}',
    'undefined',
    '2026-01-01',
  ),
)

export const key = fc.oneof(
  { weight: 3, arbitrary: text },
  fc.constantFrom(
    '__proto__',
    'constructor',
    'toJSON',
    'prototype',
    'hasOwnProperty',
    '$flujo',
    'value',
    'then',
    'length',
  ),
  fc.constantFrom('0', '1', '-1', '01', '4294967294', '4294967295', '1.5'),
)

export const primitive = fc.oneof(
  text,
  fc.double(),
  fc.integer(),
  fc.constantFrom(null, undefined, true, false, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 0),
  fc.bigInt(),
  fc.bigInt({ min: -(2n ** 200n), max: 2n ** 200n }),
)

const date = fc.oneof(
  fc.date({ noInvalidDate: false }),
  fc.constantFrom(8.64e15, -8.64e15, -62198755200000, 253402300800000, Number.NaN).map((time) => new Date(time)),
)

const regExp = fc
  .tuple(
    fc.constantFrom('', 'a', 'a/b', '\\/', '\n', '[\\/]', '(?<year>\\d{4})', '\\u{1F600}', '\0'),
    fc.subarray(['d', 'g', 'i', 'm', 's', 'y']),
    fc.constantFrom('', 'u', 'v'),
    fc.oneof(fc.nat(5), fc.constantFrom(-1, 1.5, Number.NaN, -0)),
  )
  .map(([source, flags, unicode, lastIndex]) => {
    const made = new RegExp(source, flags.join('') + unicode)
    made.lastIndex = lastIndex
    return made
  })

const url = fc.oneof(
  fc.webUrl({ withFragments: true, withQueryParameters: true }).map((href) => new URL(href)),
  fc
    .constantFrom('http://a', 'file:///C:/x y', 'data:,x y', 'mailto:a@b', 'urn:x', 'http://[::1]:80/ä?ö#ü')
    .map((href) => new URL(href)),
)

const bytes = fc.uint8Array({ maxLength: 24 })

const VIEWS = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
]

const binary = fc.oneof(
  bytes.map((array) => array.slice().buffer),
  bytes.map((array) => new DataView(array.slice().buffer, array.length >> 1)),
  bytes.map((array) => Buffer.from(array)),
  fc.tuple(fc.constantFrom(...VIEWS), bytes).map(([View, array]) => {
    const padded = new Uint8Array(64)
    padded.set(array, 8)
    return new View(padded.buffer, 8, Math.floor(array.length / View.BYTES_PER_ELEMENT))
  }),
)

export const leaf: fc.Arbitrary<unknown> = fc.oneof({ weight: 6, arbitrary: primitive }, date, regExp, url, binary)

function fill(target: object, entries: readonly (readonly [string, unknown])[]): object {
  for (const [key, value] of entries)
    if (!(Array.isArray(target) && key === 'length'))
      Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true })
  return target
}

type MakeError = (message: string | undefined, cause: unknown) => Error

const ERRORS: MakeError[] = [
  ...[Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError].map(
    (Type): MakeError =>
      (message, cause) =>
        new Type(message, { cause }),
  ),
  (message, cause) => new AggregateError([cause, 1], message),
]

/** Any storable value. */
export const storable: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => {
  const value = tie('value')
  const entries = fc.array(fc.tuple(key, value), { maxLength: 3 })
  const items = fc.array(value, { maxLength: 3 })
  return {
    value: fc.oneof(
      { depthSize: 'small', maxDepth: 5, withCrossShrink: true },
      leaf,
      items,
      entries.map((list) => fill({}, list)),
      entries.map((list) => fill(Object.create(null), list)),
      fc.array(fc.tuple(value, value), { maxLength: 3 }).map((list) => new Map(list)),
      items.map((list) => new Set(list)),
      fc.tuple(items, fc.nat(6), entries).map(([list, extra, others]) => {
        const array = fill(list.slice(), others) as unknown[]
        array.length = Math.min(array.length + extra, 2 ** 32 - 1)
        if (extra % 2 === 1) delete array[0]
        return array
      }),
      fc
        .tuple(
          fc.constantFrom(...ERRORS),
          fc.option(text, { nil: undefined }),
          value,
          entries,
          fc.subarray(['stack', 'cause', 'message']),
        )
        .map(([make, message, cause, fields, drop]) => {
          const error = make(message, cause)
          for (const key of drop) Reflect.deleteProperty(error, key)
          return fill(error, fields)
        }),
    ),
  }
}).value

/** Plain JSON values, which are stored exactly as `JSON.stringify` gives them. */
export const plainJson: fc.Arbitrary<unknown> = fc
  .jsonValue({ stringUnit: 'binary' })
  .map((value) => JSON.parse(JSON.stringify(value)))
