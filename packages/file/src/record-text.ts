/**
 * Records as readable text. Payloads are texts of the codec; where those are JSON they stand in the file as JSON, not as
 * strings of escaped JSON, so that people and tools like jq can read them. Every text is checksummed.
 */
import { createHash } from 'node:crypto'

/** How payloads stand in a text: as the JSON they are, or as strings. */
export type PayloadForm = 'json' | 'text'

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

class NotAsJson extends Error {}

/**
 * What `write` gives in the form asked for. Payloads that would not come back byte for byte as JSON make it the form 'text':
 * those of codecs that format or encrypt, and nesting deeper than `JSON.stringify` follows. So what is written can be read.
 */
export function inForm(form: PayloadForm, write: (form: PayloadForm) => string): string {
  try {
    return write(form)
  } catch (error) {
    if (error instanceof NotAsJson) return write('text')
    throw error
  }
}

/** JSON of a record, with its payloads in the form asked for. To be called in `inForm`. */
export function writeRecord(value: unknown, form: PayloadForm): string {
  return form === 'text' ? JSON.stringify(value) : write(value, '')
}

function write(value: unknown, key: string): string {
  if (typeof value === 'string') return PAYLOADS.has(key) ? writePayload(value, 'json') : JSON.stringify(value)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (!Array.isArray(value)) {
    const members = Object.entries(value).filter(([, member]) => member !== undefined)
    return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${write(member, name)}`).join(',')}}`
  }
  const isPayloads = PAYLOAD_LISTS.has(key)
  return `[${value.map((item) => (isPayloads ? writePayload(item, 'json') : write(item, ''))).join(',')}]`
}

/** A payload in that form. To be called in `inForm`. */
export function writePayload(text: string, form: PayloadForm): string {
  if (form === 'text') return JSON.stringify(text)
  if (!comesBack(text, SPARE_CALLS)) throw new NotAsJson()
  return text
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

/** 64 bits of SHA-256, as hex: against damage, not against forgery. */
export function checksum(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

/** A record as one line, `{"c":"<checksum>",…}`; the checksum is over what follows it. */
export function writeLine(record: object, form: PayloadForm): string {
  const rest = inForm(form, (form) => writeRecord({ p: form, ...record }, form)).slice(1)
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
