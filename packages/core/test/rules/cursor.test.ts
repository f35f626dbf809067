import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { identifierProblem, MAX_TIME, MIN_TIME } from '../../src/models/common.js'
import { cursorOf, type ListItem, parseCursor } from '../../src/rules/cursor.js'

const time = fc.oneof(fc.constantFrom(MIN_TIME, -1, 0, 1, MAX_TIME), fc.integer({ min: MIN_TIME, max: MAX_TIME }))
const id = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }).filter((text) => identifierProblem(text) === null)

describe('cursorOf and parseCursor', () => {
  it('carry the times and the id of any item of a list of runs', () => {
    const holds = (createdAt: number, updatedAt: number, runId: string) => {
      const item = { runId, createdAt: new Date(createdAt), updatedAt: new Date(updatedAt), status: 'running' }
      expect(parseCursor(cursorOf(item))).toEqual({ kind: 'run', createdAt, updatedAt, id: runId })
    }
    fc.assert(fc.property(time, time, id, holds), { numRuns: 1000 })
  })

  it('carry the time and sequence of an evaluation', () => {
    const holds = (createdAt: number, sequence: number) => {
      const item = { evaluationId: String(sequence), runId: 'r', createdAt: new Date(createdAt) }
      expect(parseCursor(cursorOf(item))).toEqual({ kind: 'evaluation', createdAt, sequence })
    }
    fc.assert(fc.property(time, fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), holds))
  })

  it.each(['a.b', '..', 'r.1.2.x', 'a%2Eb', 'a b', '\u{1f600}', '__proto__', "a'b(c)*", '\ufeffx', '\u2028'])(
    'keep the id %j',
    (runId) => {
      const item = { runId, createdAt: new Date(5), updatedAt: new Date(7) }
      expect(parseCursor(cursorOf(item))).toMatchObject({ id: runId })
    },
  )

  it('make text that is safe in a URL', () => {
    const item = { runId: 'a/b?c&d=\u{1f600}', createdAt: new Date(5), updatedAt: new Date(7) }
    expect(cursorOf(item)).toMatch(/^[\w.~!*'()%-]+$/)
  })
})

describe('parseCursor', () => {
  it.each([
    ['empty', ''],
    ['other text', 'garbage'],
    ['only the kind', 'r'],
    ['no id', 'r.1.2.'],
    ['no second time', 'r.1.a'],
    ['a fraction in a number', 'r.1.2,5.a'],
    ['an exponent', 'r.1e3.2.a'],
    ['a time with a leading zero', 'r.01.2.a'],
    ['minus zero', 'r.-0.2.a'],
    ['a plus sign', 'r.+1.2.a'],
    ['white space', 'r. 1.2.a'],
    ['a time before the year 1', `r.${MIN_TIME - 1}.2.a`],
    ['a time after the year 9999', `r.1.${MAX_TIME + 1}.a`],
    ['NaN', 'r.NaN.2.a'],
    ['an id that is not encoded', 'r.1.2.a/b'],
    ['an id that is cut in an escape', 'r.1.2.a%2'],
    ['an id with half a character', 'r.1.2.%ED%A0%80'],
    ['an id encoded otherwise than we do', 'r.1.2.%61'],
    ['an id that no run can have', 'r.1.2.a%00'],
    ['an id that is too long', `r.1.2.${'a'.repeat(513)}`],
    ['an unknown kind', 'x.1.2.a'],
    ['an evaluation without sequence', 'e.1.'],
    ['an evaluation with sequence 0', 'e.1.0'],
    ['an evaluation with a negative sequence', 'e.1.-1'],
    ['an evaluation with a sequence past the safe integers', 'e.1.9007199254740992'],
    ['an evaluation with more', 'e.1.2.3'],
    ['a line break behind', 'e.1.2\n'],
  ])('refuses %s', (_what, text) => {
    expect(parseCursor(text)).toBeNull()
  })

  it('never throws and gives back only what cursorOf makes', () => {
    const parts = fc.constantFrom('r', 'e', '.', '-', '0', '1', '9', 'a', '%', '2', 'F', '\u{1f600}', '\ud800')
    const text = fc.array(parts, { maxLength: 9 }).map((some) => some.join(''))
    const holds = (text: string) => {
      const position = parseCursor(text)
      if (position === null) return
      const createdAt = new Date(position.createdAt)
      const item: ListItem =
        position.kind === 'run'
          ? { runId: position.id, createdAt, updatedAt: new Date(position.updatedAt) }
          : { evaluationId: String(position.sequence), createdAt }
      expect(cursorOf(item)).toBe(text)
    }
    fc.assert(
      fc.property(
        fc.oneof(
          text,
          text.map((end) => `r.1.2${end}`),
          text.map((end) => `e.1.${end}`),
        ),
        holds,
      ),
      {
        numRuns: 3000,
      },
    )
  })
})

describe('cursorOf', () => {
  const date = new Date(5)
  it.each([
    ['no dates', { runId: 'a' }],
    ['texts for dates', { runId: 'a', createdAt: date.toISOString(), updatedAt: date.toISOString() }],
    ['an invalid date', { runId: 'a', createdAt: new Date(Number.NaN), updatedAt: date }],
    ['no id', { createdAt: date, updatedAt: date }],
    ['an empty id', { runId: '', createdAt: date, updatedAt: date }],
    ['an id with half a character', { runId: 'a\ud800', createdAt: date, updatedAt: date }],
    ['an evaluation id that is no number', { evaluationId: 'x', createdAt: date }],
    ['an empty object', {}],
  ])('refuses %s', (_what, item) => {
    expect(() => cursorOf(item as unknown as ListItem)).toThrow(
      expect.objectContaining({ code: 'VALIDATION', path: '$' }),
    )
  })

  it.each([
    ['null', null],
    ['undefined', undefined],
    ['a text', 'a'],
    ['a number', 1],
  ])('refuses %s', (_what, item) => {
    expect(() => cursorOf(item as unknown as ListItem)).toThrow(
      expect.objectContaining({ code: 'VALIDATION', path: '$' }),
    )
  })
})
