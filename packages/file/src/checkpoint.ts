/**
 * `state.json`: everything of a run as readable JSON, and which log goes on from there. Every row, and every member of the snapshot
 * and item of its history, has a line of its own: so it is written and read in parts, and these payloads are never parsed.
 */
import { createHash } from 'node:crypto'
import { emptyImage, type RunImage, type SpanRow, type StateRow, type StepRow } from '@flujo-state/core'
import { corrupt } from './errors.js'
import { Pace } from './pace.js'
import {
  digestOf,
  formOf,
  type PayloadForm,
  type PayloadKind,
  readMember,
  readRecord,
  writePayload,
  writeRecord,
} from './record-text.js'

export interface Checkpoint {
  readonly runId: string
  /** The commits since then are in this log. */
  readonly generation: number
  readonly image: RunImage
}

export interface ReadCheckpoint extends Checkpoint {
  /** Whether payloads stood in it as texts: they may be of another codec. */
  readonly hasTexts: boolean
}

const FORMAT = 1
const HEAD = /^\{"format":1,"payloads":"(json|text)","generation":(\d+),"runId":(".*"),$/
/** The last line: the checksum of all lines before. */
const END = /^"checksum":"([0-9a-f]{16})"\}\n$/
/** Characters or bytes that are dealt with at once. */
const PART = 128 * 1024

/** A checkpoint in parts. @throws `NotAsJson`, also after the first part */
export function* writeCheckpoint(checkpoint: Checkpoint, kind: PayloadKind): Generator<Buffer> {
  const hash = createHash('sha256')
  for (const part of inParts(linesOf(checkpoint, kind))) {
    const bytes = Buffer.from(part)
    hash.update(bytes)
    yield bytes
  }
  yield Buffer.from(`"checksum":"${digestOf(hash)}"}\n`)
}

/** The same text in parts of a length. Surrogate pairs stay together: their halves have no UTF-8. */
function* inParts(texts: Iterable<string>): Generator<string> {
  let rest = ''
  for (const text of texts) {
    rest += text
    while (rest.length >= PART) {
      const end = isHighSurrogate(rest.charCodeAt(PART - 1)) ? PART - 1 : PART
      yield rest.slice(0, end)
      rest = rest.slice(end)
    }
  }
  yield rest
}

const isHighSurrogate = (unit: number) => unit >= 0xd800 && unit <= 0xdbff

function* linesOf({ runId, generation, image }: Checkpoint, kind: PayloadKind): Generator<string> {
  const one = (value: unknown) => writeRecord(value, kind)
  yield `{"format":${FORMAT},"payloads":"${formOf(kind)}","generation":${generation},"runId":${JSON.stringify(runId)},\n`
  // Its members are those of one object of one member.
  const member = ([name, value]: [string, unknown]) => one({ [name]: value }).slice(1, -1)
  if (image.state === null) yield '"state":null,\n'
  else yield* block('"state":{', Object.entries(image.state), member, '},\n')
  yield* block('"history":[', image.history, (text) => writePayload(text, kind), '],\n')
  yield `"run":${one(image.run)},\n"lease":${one(image.lease)},\n`
  yield* block('"steps":[', image.steps.values(), one, '],\n')
  yield* block('"spans":[', image.spans.values(), one, '],\n')
  yield* block('"evaluations":[', image.evaluations, one, '],\n')
}

function* block<T>(begin: string, items: Iterable<T>, write: (item: T) => string, end: string): Generator<string> {
  yield begin
  let separator = '\n'
  for (const item of items) {
    yield separator + write(item)
    separator = ',\n'
  }
  yield `\n${end}`
}

/** @throws `CORRUPT` with the run id that is expected there */
export async function readCheckpoint(bytes: Buffer, path: string, expectedId: string | null): Promise<ReadCheckpoint> {
  const pace = new Pace()
  const end = bytes.lastIndexOf('\n', -2) + 1
  const sum = END.exec(bytes.toString('latin1', end))?.[1]
  if (sum === undefined || (await checksumOf(bytes.subarray(0, end), pace)) !== sum)
    throw corrupt('the checkpoint is damaged', path, expectedId)
  const lines = linesIn(bytes.subarray(0, end))
  const head = HEAD.exec(lines.next().value ?? '')
  if (head === null) throw corrupt('the checkpoint is of a format that this version does not know', path, expectedId)
  const [, form, generation, runId] = head
  const image = await readImage(lines, form as PayloadForm, pace)
  return { runId: JSON.parse(runId as string), generation: Number(generation), image, hasTexts: form === 'text' }
}

async function checksumOf(bytes: Buffer, pace: Pace): Promise<string> {
  const hash = createHash('sha256')
  for (let from = 0; from < bytes.length; from += PART) {
    hash.update(bytes.subarray(from, from + PART))
    if (pace.isDue()) await pace.rest()
  }
  return digestOf(hash)
}

function* linesIn(bytes: Buffer): Generator<string, undefined> {
  for (let begin = 0, end = bytes.indexOf('\n'); end !== -1; begin = end + 1, end = bytes.indexOf('\n', begin))
    yield bytes.toString('utf8', begin, end)
}

/** The items of each block, and single values as blocks of one. */
type Blocks = { readonly [K in keyof RunImage]: unknown[] }

async function readImage(lines: Iterable<string>, form: PayloadForm, pace: Pace): Promise<RunImage> {
  const blocks: Blocks = { state: [], history: [], run: [], lease: [], steps: [], spans: [], evaluations: [] }
  let block: keyof RunImage | null = null
  for (const line of lines) {
    if (pace.isDue()) await pace.rest()
    const text = line.endsWith(',') ? line.slice(0, -1) : line
    if (block !== null) {
      if (text === ']' || text === '}') block = null
      else blocks[block].push(readItem(block, text, form))
      continue
    }
    const [name, value] = memberOf(text)
    if (value === '[' || value === '{') block = name as keyof RunImage
    else blocks[name as keyof RunImage].push(readRecord(value, form))
  }
  return imageOf(blocks)
}

function readItem(block: keyof RunImage, text: string, form: PayloadForm): unknown {
  if (block === 'history') return form === 'json' ? text : JSON.parse(text)
  if (block !== 'state') return readRecord(text, form)
  const [name, value] = memberOf(text)
  return [name, readMember(name, value, form)]
}

function memberOf(text: string): [name: string, value: string] {
  const colon = text.indexOf(':')
  return [text.slice(1, colon - 1), text.slice(colon + 1)]
}

function imageOf({ state, history, run, lease, steps, spans, evaluations }: Blocks): RunImage {
  return {
    ...emptyImage(),
    state: state[0] === null ? null : (Object.fromEntries(state as [string, unknown][]) as unknown as StateRow),
    history: history as string[],
    run: run[0] as RunImage['run'],
    lease: lease[0] as RunImage['lease'],
    steps: new Map((steps as StepRow[]).map((row) => [row.executionId, row])),
    spans: new Map((spans as SpanRow[]).map((row) => [row.spanId, row])),
    evaluations: evaluations as RunImage['evaluations'],
  }
}
