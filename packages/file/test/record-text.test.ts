import { createCodec } from '@flujo-state/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formOf, readLine, readRecord, writeLine, writeRecord } from '../src/record-text.js'

const codec = createCodec()
const key = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '__proto__',
    'constructor',
    'toJSON',
    '0',
    '10',
    '$flujo',
    'metadata',
    'input',
    'history',
    'items',
    'value',
  ),
)
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('\ud800', 'a\udfff', '\0', '\n', '\u2028', '"', '\\'),
)
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 4 },
    fc.oneof(text, fc.double(), fc.boolean(), fc.constantFrom(null, undefined, -0, Number.NaN), fc.bigInt(), fc.date()),
    fc.array(tie('any'), { maxLength: 4 }),
    fc.dictionary(key, tie('any'), { maxKeys: 4 }),
  ),
})).any
const encoded = value.map((value) => codec.encode(value))

/** A record with payloads in all places that records have them. */
const record = fc.record({
  id: text,
  number: fc.double({ noNaN: true, noDefaultInfinity: true }).filter((number) => !Object.is(number, -0)),
  none: fc.constant(null),
  pipelineContext: encoded,
  lastStepOutput: encoded,
  input: encoded,
  metadata: fc.option(fc.constant('{"a":1}')),
  finalContext: fc.option(fc.constant('{}')),
  history: fc.array(encoded, { maxLength: 3 }),
  w: fc.array(
    fc.record({ kind: text, items: fc.array(encoded, { maxLength: 3 }), row: fc.record({ output: encoded }) }),
    {
      maxLength: 3,
    },
  ),
})

describe.each(['own', 'json', 'text'] as const)('records with payloads of the kind %s', (kind) => {
  it('come back byte for byte', () => {
    fc.assert(
      fc.property(record, (record) => {
        expect(readRecord(writeRecord(record, kind), formOf(kind))).toEqual(record)
        const line = writeLine(record, kind)
        expect(line.indexOf('\n')).toBe(line.length - 1)
        expect(readLine(line.slice(0, -1))).toEqual({ p: formOf(kind), ...record })
      }),
      { seed: 20261122, numRuns: 500 },
    )
  })

  it('are never taken for what they are with another character', () => {
    fc.assert(
      fc.property(record, fc.nat(), fc.string({ minLength: 1, maxLength: 1 }), (record, place, character) => {
        const line = writeLine(record, kind).slice(0, -1)
        const at = place % line.length
        if (line[at] === character) return
        expect(readLine(line.slice(0, at) + character + line.slice(at + 1))).toBeNull()
      }),
      { seed: 20261122, numRuns: 500 },
    )
  })
})

describe('payloads', () => {
  it.each(['null', '0', '""', '"x"', '[]', 'false'])('may be %s alone', (payload) => {
    const record = { input: payload, output: payload, items: [payload] }
    expect(readRecord(writeRecord(record, 'json'), 'json')).toEqual(record)
  })

  it('stand in the text as the JSON they are', () => {
    expect(writeRecord({ input: '{"a":[1]}', name: '{"a"}' }, 'json')).toBe('{"input":{"a":[1]},"name":"{\\"a\\"}"}')
  })

  it.each(['{\n  "a": 1\n}', '1.0', '123456789012345678901', 'c2VjcmV0', '', '{"b":1,"1":2}', '{"a":1,"a":2}'])(
    'such as %j, which JSON would change, come back as they are',
    (payload) => {
      const line = writeLine({ input: payload, items: [payload] }, 'json')
      expect(line.indexOf('\n')).toBe(line.length - 1)
      expect(readLine(line.trimEnd())).toEqual({ p: 'text', input: payload, items: [payload] })
    },
  )

  it.each(['own', 'json'] as const)('of the kind %s may be as deep as the codec allows', (kind) => {
    let deepest: string | null = null
    for (let depth = 1000; ; depth *= 2) {
      let value: unknown = null
      for (let level = 0; level < depth; level++) value = [value]
      try {
        deepest = codec.encode(value)
      } catch {
        break
      }
      if (depth > 100_000) break
      expect(readLine(writeLine({ input: deepest }, kind).trimEnd())?.input).toBe(deepest)
    }
    expect(deepest).not.toBeNull()
  })

  it.each(['"', '\\', '\\"', '\\\\"', '[{"]}', ''])('are never deeper than they look: beside %j', (text) => {
    let deep: unknown = text
    for (let level = 0; level < 9_000; level++) deep = level % 2 ? [text, deep] : { [text]: deep }
    const input = codec.encode(deep)
    expect(readLine(writeLine({ input }, 'own').trimEnd())).toEqual({ p: 'text', input })
    const wide = codec.encode(Array.from({ length: 1_000 }, () => [text, { [text]: text }]))
    expect(readLine(writeLine({ input: wide }, 'own').trimEnd())).toEqual({ p: 'json', input: wide })
  })
})
