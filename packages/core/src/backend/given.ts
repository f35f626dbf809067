import { escapeText } from '../serialization/index.js'
import type { MaybePromise } from '../state-store.js'
import { settle } from '../store/maybe-promise.js'

const PAYLOADS: ReadonlySet<string> = new Set(['pipelineContext', 'lastStepOutput', 'metadata', 'finalContext'])
const TEXTS: ReadonlySet<string> = new Set(['errorMessage', 'backgroundError'])
/** Fields of inputs that are no columns of a snapshot or run. */
const APART: ReadonlySet<string> = new Set(['runId', 'version', 'stepHistory', 'appendStepHistory'])

/** The fields that the caller really gave, as a store keeps them: what is undefined was not given. */
export function encodeGiven<Row extends object>(
  fields: object,
  encode: (value: unknown, field: string) => MaybePromise<string>,
): MaybePromise<Row> {
  const row: Record<string, unknown> = {}
  for (const key in fields) {
    const value = (fields as Record<string, unknown>)[key]
    if (value !== undefined && !APART.has(key)) row[key] = encodeField(key, value, encode)
  }
  return settle(row) as MaybePromise<Row>
}

function encodeField(key: string, value: unknown, encode: (value: unknown, field: string) => unknown): unknown {
  if (PAYLOADS.has(key)) return value === null && key === 'finalContext' ? null : encode(value, key)
  return typeof value === 'string' && TEXTS.has(key) ? escapeText(value) : value
}
