import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createCodec } from '../../src/serialization/index.js'
import { storable } from './arbitraries.js'
import { difference } from './strict-equal.js'

const codec = createCodec()
const context = { runId: 'run-1', field: 'pipelineContext' }
const tooLarge = expect.objectContaining({ code: 'PAYLOAD_TOO_LARGE', path: '$.pipelineContext', runId: 'run-1' })

it('20,000 random values of all types come back as they were', () => {
  fc.assert(
    fc.property(storable, (value) => difference(codec.decode(codec.encode(value)), value) === null),
    { numRuns: 20_000 },
  )
})

describe('what no text can hold is PAYLOAD_TOO_LARGE', () => {
  it('texts longer than a string', () => {
    const text = 'x'.repeat(2 ** 28)
    expect(() => codec.encode([text, text, text], context)).toThrow(tooLarge)
    expect(() => codec.encode([text, text, text, new Date()], context)).toThrow(tooLarge)
  })

  it('arrays that hold each other exponentially often', () => {
    let value: unknown = []
    for (let level = 0; level < 90; level++) value = [value, value]
    expect(() => codec.encode(value, context)).toThrow(tooLarge)
  })
})
