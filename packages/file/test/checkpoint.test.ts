import { createCodec, emptyImage, type RunImage } from '@flujo-state/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readCheckpoint, writeCheckpoint } from '../src/checkpoint.js'
import { ROW } from './support/rows.js'

const codec = createCodec()
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('\u{1f600}', '\u2028', '\n', '],', '},', '"', 'ab:'),
)
const payload = fc.oneof(text, fc.array(text), fc.dictionary(text, text), fc.constant(null)).map((v) => codec.encode(v))
const step = (executionId: string, output: string) => ({ ...STEP, executionId, output })
const STEP = {
  runId: 'a',
  stepName: 's',
  stepIndex: 0,
  status: 'completed',
  input: 'null',
  rawResponse: 'null',
  errorMessage: null,
  costUsd: null,
  tokenCounts: null,
  executionTimeMs: null,
  createdAt: 1,
} as const
const span = { runId: 'a', parentSpanId: null, name: 'n', startTime: 1.5, endTime: null, status: 'ok', events: '[]' }

const image: fc.Arbitrary<RunImage> = fc
  .tuple(fc.option(payload), fc.array(payload, { maxLength: 4 }), text, fc.boolean())
  .map(([context, payloads, note, isClaimed]) => ({
    ...emptyImage(),
    state: context === null ? null : { ...ROW, pipelineContext: context, errorMessage: JSON.stringify(note) },
    history: payloads,
    steps: new Map(payloads.map((output, n) => [String(n), step(String(n), output)])),
    spans: new Map(payloads.map((attributes, n) => [String(n), { ...span, spanId: String(n), attributes }])),
    evaluations: payloads.map((metadata, sequence) => ({
      ...{ runId: 'a', score: 1, feedback: null, stepName: null, createdAt: 1, sequence },
      metadata: `{"a":${metadata}}`,
    })),
    lease: isClaimed ? { runId: 'a', owner: 'o', fence: 1, expiresAt: 2 } : null,
  }))

const partsOf = (image: RunImage, kind: 'own' | 'text') => [
  ...writeCheckpoint({ runId: 'a"b', generation: 7, image }, kind),
]

describe('a checkpoint', () => {
  it.each(['own', 'text'] as const)(
    'with payloads of the kind %s is read as it was written, and is JSON',
    async (kind) => {
      await fc.assert(
        fc.asyncProperty(image, async (image) => {
          const bytes = Buffer.concat(partsOf(image, kind))
          expect(await readCheckpoint(bytes, 'path', null)).toEqual({
            ...{ runId: 'a"b', generation: 7, image },
            hasTexts: kind === 'text',
          })
          expect(JSON.parse(bytes.toString())).toMatchObject({
            runId: 'a"b',
            history: { length: image.history.length },
          })
        }),
      )
    },
  )

  it('is written in parts, however long a payload is, and no part ends within a character', async () => {
    for (const shift of ['', 'x']) {
      const history = [JSON.stringify(shift + '\u{1f600}'.repeat(500_000)), JSON.stringify('é'.repeat(1000))]
      const parts = partsOf({ ...emptyImage(), history }, 'own')
      expect(Math.max(...parts.map(({ length }) => length))).toBeLessThan(600_000)
      const { image } = await readCheckpoint(Buffer.concat(parts), 'path', null)
      expect(image.history.map((item, index) => item === history[index])).toEqual([true, true])
    }
  })

  it('that is cut short, or not of this format, is CORRUPT', async () => {
    const bytes = Buffer.concat(partsOf({ ...emptyImage(), state: ROW }, 'own'))
    const isCorrupt = (bytes: Buffer) =>
      expect(readCheckpoint(bytes, 'path', 'a')).rejects.toMatchObject({ code: 'CORRUPT' })
    for (let size = 0; size < bytes.length; size += 7) await isCorrupt(bytes.subarray(0, size))
    await isCorrupt(bytes.subarray(0, -1))
    await isCorrupt(Buffer.concat([bytes, Buffer.from('\n')]))
  })
})
