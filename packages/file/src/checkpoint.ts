/** `state.json`: everything of a run as readable JSON, and which log goes on from there. */
import { emptyImage, type RunImage } from '@flujo-state/core'
import { corrupt } from './errors.js'
import { checksum, inForm, type PayloadForm, readRecord, writePayload, writeRecord } from './record-text.js'

export interface Checkpoint {
  readonly runId: string
  /** The commits since then are in this log. */
  readonly generation: number
  readonly image: RunImage
}

const FORMAT = 1
const HEAD = /^\{"checksum":"([0-9a-f]{16})",\n/

/** The text of a checkpoint: one line per record, so that it can be read and compared by people. */
export function writeCheckpoint(checkpoint: Checkpoint, form: PayloadForm): string {
  const body = inForm(form, (form) => writeBody(checkpoint, form))
  return `{"checksum":"${checksum(body)}",\n${body}`
}

function writeBody({ runId, generation, image }: Checkpoint, form: PayloadForm): string {
  const one = (value: unknown) => writeRecord(value, form)
  const many = (values: readonly string[]) => (values.length === 0 ? '[]' : `[\n  ${values.join(',\n  ')}\n]`)
  const rest = [
    `"format":${FORMAT},"payloads":"${form}","generation":${generation}`,
    `"runId":${JSON.stringify(runId)}`,
    `"state":${one(image.state)}`,
    `"history":${many(image.history.map((text) => writePayload(text, form)))}`,
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
export function readCheckpoint(text: string, path: string, expectedId: string | null): Checkpoint {
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
  return { runId: record.runId, generation: record.generation, image }
}
