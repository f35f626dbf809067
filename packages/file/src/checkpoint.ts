/** `state.json`: everything of a run as readable JSON, and which log goes on from there. */
import { emptyImage, type RunImage } from '@flujo-state/core'
import { corrupt } from './errors.js'
import {
  checksum,
  formOf,
  inForm,
  type PayloadForm,
  type PayloadKind,
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
const HEAD = /^\{"checksum":"([0-9a-f]{16})",\n/

/** The text of a checkpoint: one line per record, so that it can be read and compared by people. */
export function writeCheckpoint(checkpoint: Checkpoint, payloads: PayloadKind): string {
  const body = inForm(payloads, (kind) => writeBody(checkpoint, kind))
  return `{"checksum":"${checksum(body)}",\n${body}`
}

function writeBody({ runId, generation, image }: Checkpoint, kind: PayloadKind): string {
  const one = (value: unknown) => writeRecord(value, kind)
  const many = (values: readonly string[]) => (values.length === 0 ? '[]' : `[\n  ${values.join(',\n  ')}\n]`)
  const rest = [
    `"format":${FORMAT},"payloads":"${formOf(kind)}","generation":${generation}`,
    `"runId":${JSON.stringify(runId)}`,
    `"state":${one(image.state)}`,
    `"history":${many(image.history.map((text) => writePayload(text, kind)))}`,
    `"run":${one(image.run)}`,
    `"steps":${many([...image.steps.values()].map(one))}`,
    `"spans":${many([...image.spans.values()].map(one))}`,
    `"evaluations":${many(image.evaluations.map(one))}`,
    `"lease":${one(image.lease)}`,
  ].join(',\n')
  return `${rest}}\n`
}

type StoredImage = { [K in keyof RunImage]: RunImage[K] extends Map<string, infer Row> ? Row[] : RunImage[K] }

/** @throws `CORRUPT` with the run id that is expected there */
export function readCheckpoint(text: string, path: string, expectedId: string | null): ReadCheckpoint {
  const match = HEAD.exec(text)
  const body = text.slice(match?.[0].length)
  if (match === null || checksum(body) !== match[1]) throw corrupt('the checkpoint is damaged', path, expectedId)
  const form = /^"format":1,"payloads":"(json|text)"/.exec(body)?.[1]
  if (form === undefined)
    throw corrupt('the checkpoint is of a format that this version does not know', path, expectedId)
  const record = readRecord(`{${body}`, form as PayloadForm) as { runId: string; generation: number } & StoredImage
  const image: RunImage = {
    ...emptyImage(),
    state: record.state,
    history: record.history,
    run: record.run,
    steps: new Map(record.steps.map((row) => [row.executionId, row])),
    spans: new Map(record.spans.map((row) => [row.spanId, row])),
    evaluations: record.evaluations,
    lease: record.lease,
  }
  return { runId: record.runId, generation: record.generation, image, hasTexts: form === 'text' }
}
