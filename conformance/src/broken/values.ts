/** Codecs that give something else back than they were given, or take what they should refuse. */
import {
  containers,
  cutBelow,
  leaves,
  parsed,
  reading,
  refuseShared,
  swallowing,
  texts,
  visiting,
  writing,
} from './altered-codec.js'
import { type BrokenBackend, brokenCodec } from './broken-backend.js'

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
    ['VAL-09', 'RUN-22', 'SPN-19'],
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
