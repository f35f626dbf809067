import { isDeepStrictEqual } from 'node:util'
import { createCodec } from '@flujo-state/core'
import { Content } from '../content.js'
import { type Contest, contest, expect, type Side } from '../harness/contest.js'
import type { Settings } from '../subjects/place.js'

const SIZES = [
  { label: '1 KB', bytes: 1024, values: 256, repeats: 64 },
  { label: '100 KB', bytes: 100 * 1024, values: 16, repeats: 8 },
] as const

/** 1.25 times as long at most. */
const TARGET = 0.8
const context = { runId: 'run-1', field: 'pipelineContext' }

interface Way {
  readonly encode: (value: unknown) => unknown
  readonly decode: (text: string) => unknown
}

/** The codec on plain JSON, both directions. */
export function codec({ quick }: Settings): Contest[] {
  return SIZES.flatMap(({ label, bytes, values, repeats }) => {
    const times = quick ? 1 : repeats
    return [
      contest({
        work: `encode ${label}`,
        place: 'codec',
        control: 'JSON.stringify',
        target: TARGET,
        open: () => encoding(bytes, values, times),
      }),
      contest({
        work: `decode ${label}`,
        place: 'codec',
        control: 'JSON.parse',
        target: TARGET,
        open: () => decoding(bytes, values, times),
      }),
    ]
  })
}

const raw: Way = { encode: (value) => JSON.stringify(value), decode: (text) => JSON.parse(text) }

function ours(): Way {
  const codec = createCodec()
  return { encode: (value) => codec.encode(value, context), decode: (text) => codec.decode(text, context) }
}

function encoding(bytes: number, values: number, repeats: number) {
  const side = ({ encode }: Way): Side<readonly unknown[]> => ({
    run: (documents) => repeated(documents, repeats, encode),
    verify: (documents, texts) =>
      expect(
        isDeepStrictEqual(
          texts,
          documents.map((each) => JSON.stringify(each)),
        ),
        'the texts are no plain JSON',
      ),
  })
  return matchOf(() => documents(bytes, values), values * repeats, side)
}

function decoding(bytes: number, values: number, repeats: number) {
  const side = ({ decode }: Way): Side<readonly string[]> => ({
    run: (texts) => repeated(texts, repeats, decode),
    verify: (texts, decoded) =>
      expect(
        isDeepStrictEqual(
          decoded,
          texts.map((text) => JSON.parse(text)),
        ),
        'not all was decoded',
      ),
  })
  return matchOf(() => documents(bytes, values).map((each) => JSON.stringify(each)), values * repeats, side)
}

function matchOf<Input>(input: () => Input, operations: number, side: (way: Way) => Side<Input>) {
  return { operations, input, sides: { control: side(raw), ours: side(ours()) } }
}

/** Gives the results of the last time; the others only have to be made. */
function repeated<T>(inputs: readonly T[], repeats: number, work: (input: T) => unknown): unknown[] {
  let results: unknown[] = []
  for (let time = 0; time < repeats; time++) results = inputs.map(work)
  return results
}

const content = new Content()
const documents = (bytes: number, values: number) => Array.from({ length: values }, () => content.document(bytes))
