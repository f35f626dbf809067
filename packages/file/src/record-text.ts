/**
 * Records as readable text. Payloads are texts of the codec; where those are JSON they stand in the file as JSON, not as
 * strings of escaped JSON, so that people and tools like jq can read them. Every text is checksummed.
 */
import crypto, { type Hash } from 'node:crypto'

/** How payloads stand in a text: as the JSON they are, or as strings. */
export type PayloadForm = 'json' | 'text'
/** What payloads are: JSON as `JSON.stringify` writes it, which our own codec gives; JSON of whatever form; or any text. */
export type PayloadKind = 'own' | PayloadForm

export const formOf = (kind: PayloadKind): PayloadForm => (kind === 'text' ? 'text' : 'json')

const PAYLOADS: ReadonlySet<string> = new Set([
  'pipelineContext',
  'lastStepOutput',
  'metadata',
  'finalContext',
  'input',
  'output',
  'rawResponse',
  'attributes',
  'events',
  'value',
])
/** Arrays of payloads. */
const PAYLOAD_LISTS: ReadonlySet<string> = new Set(['history', 'items'])
/** Payloads that may be missing: null is then no payload. The others are objects or, as `null`, a payload. */
const NULLABLE: ReadonlySet<string> = new Set(['metadata', 'finalContext'])

/** A payload would not come back as JSON. */
export class NotAsJson extends Error {}

/**
 * What `write` gives with payloads of this kind. Payloads that would not come back byte for byte as JSON make it the form 'text':
 * those of codecs that format or encrypt, and nesting deeper than `JSON.stringify` follows. So what is written can be read.
 */
export function inForm(kind: PayloadKind, write: (kind: PayloadKind) => string): string {
  try {
    return write(kind)
  } catch (error) {
    if (error instanceof NotAsJson) return write('text')
    throw error
  }
}

/** JSON of a record, with its payloads of that kind. To be called in `inForm`. */
export function writeRecord(value: unknown, kind: PayloadKind): string {
  return kind === 'text' ? JSON.stringify(value) : write(value, '', kind)
}

function write(value: unknown, key: string, kind: PayloadKind): string {
  if (typeof value === 'string') return PAYLOADS.has(key) ? writePayload(value, kind) : JSON.stringify(value)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  let members = ''
  if (Array.isArray(value)) {
    const isPayloads = PAYLOAD_LISTS.has(key)
    for (const item of value) {
      const text = isPayloads ? writePayload(item, kind) : write(item, '', kind)
      members += members === '' ? text : `,${text}`
    }
    return `[${members}]`
  }
  for (const name of Object.keys(value)) {
    const member = (value as Readonly<Record<string, unknown>>)[name]
    if (member === undefined) continue
    const text = `${JSON.stringify(name)}:${write(member, name, kind)}`
    members += members === '' ? text : `,${text}`
  }
  return `{${members}}`
}

/** A payload of that kind. To be called in `inForm`. */
export function writePayload(text: string, kind: PayloadKind): string {
  if (kind === 'text') return JSON.stringify(text)
  const isSafe = kind === 'own' && isShallow(text)
  if (!isSafe && !comesBack(text, SPARE_CALLS)) throw new NotAsJson()
  return text
}

/** Levels that fit on any stack. */
const SAFE_DEPTH = 500
const [QUOTE, BACKSLASH, OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [34, 92, 91, 93, 123, 125]

/** Whether this JSON is certainly no deeper. One look at it: reading and writing it takes several times as long. */
function isShallow(json: string): boolean {
  if (json.length < 2 * SAFE_DEPTH) return true
  let depth = 0
  for (let at = 0; at < json.length; at++) {
    const character = json.charCodeAt(at)
    if (character === QUOTE) at = endOfString(json, at)
    else if (character === OPEN_ARRAY || character === OPEN_OBJECT) depth += 1
    else if (character === CLOSE_ARRAY || character === CLOSE_OBJECT) depth -= 1
    if (depth > SAFE_DEPTH) return false
  }
  return true
}

/** Where the string ends that begins there. */
function endOfString(json: string, begin: number): number {
  for (let end = json.indexOf('"', begin + 1); end !== -1; end = json.indexOf('"', end + 1)) {
    let before = end - 1
    while (json.charCodeAt(before) === BACKSLASH) before -= 1
    if ((end - before) % 2 === 1) return end
  }
  return json.length
}

/** Calls below the check, so that what just fits on the stack here fits where it is read. */
const SPARE_CALLS = 200

function comesBack(text: string, calls: number): boolean {
  if (calls > 0) return comesBack(text, calls - 1)
  try {
    return JSON.stringify(JSON.parse(text)) === text
  } catch {
    return false
  }
}

/** The record that `writeRecord` wrote. @throws SyntaxError */
export function readRecord(text: string, form: PayloadForm): unknown {
  const value: unknown = JSON.parse(text)
  return form === 'text' ? value : restore(value, '')
}

function restore(value: unknown, key: string): unknown {
  if (PAYLOADS.has(key)) return value === null && NULLABLE.has(key) ? null : JSON.stringify(value)
  if (typeof value !== 'object' || value === null) return value
  if (!Array.isArray(value)) {
    for (const [name, member] of Object.entries(value)) (value as Record<string, unknown>)[name] = restore(member, name)
    return value
  }
  if (PAYLOAD_LISTS.has(key)) return value.map((item) => JSON.stringify(item))
  return value.map((item) => restore(item, ''))
}

/** The value of a member with that name, as `writeRecord` wrote it. A payload that stands there as JSON is not parsed. */
export function readMember(name: string, json: string, form: PayloadForm): unknown {
  const isText = form === 'json' && PAYLOADS.has(name) && !(json === 'null' && NULLABLE.has(name))
  return isText ? json : JSON.parse(json)
}

/** 64 bits of SHA-256, as hex: against damage, not against forgery. */
export const digestOf = (hash: Hash) => hash.digest('hex').slice(0, 16)

// Since Node 20.12, and twice as fast for the short lines of logs.
const checksum: (text: string) => string =
  crypto.hash === undefined
    ? (text) => digestOf(crypto.createHash('sha256').update(text))
    : (text) => crypto.hash('sha256', text).slice(0, 16)

/** A record as one line, `{"c":"<checksum>",…}`; the checksum is over what follows it. */
export function writeLine(record: object, kind: PayloadKind): string {
  const rest = inForm(kind, (kind) => writeRecord({ p: formOf(kind), ...record }, kind)).slice(1)
  return `{"c":"${checksum(rest)}",${rest}\n`
}

const HEAD = /^\{"c":"([0-9a-f]{16})",("p":"(json|text)",)/

/** The record of a line (without its newline), or null if the line is not what was written. */
export function readLine(line: string): Record<string, unknown> | null {
  const match = HEAD.exec(line)
  if (match === null) return null
  const [head, sum, formMember, form] = match
  const rest = line.slice(head.length - (formMember ?? '').length)
  if (checksum(rest) !== sum) return null
  return readRecord(`{${rest}`, form as PayloadForm) as Record<string, unknown>
}
