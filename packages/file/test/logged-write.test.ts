import { applyWrite, emptyImage, type RunImage, type Write } from '@flujo-state/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { logLine, readLog } from '../src/log.js'
import { applyLogged, loggedAs } from '../src/logged-write.js'
import { keptOfList, keptOfText } from '../src/splice.js'
import { ROW } from './support/rows.js'

/** What the log keeps of the writes, read again. */
async function throughTheLog(
  writes: readonly Write[],
): Promise<{ image: RunImage; replayed: RunImage; lines: string[] }> {
  const image = emptyImage()
  const lines = writes.map((write) => {
    const logged = loggedAs(write, image)
    applyWrite(image, write)
    return logLine('a', logged, 'own')
  })
  const replayed = emptyImage()
  const { writes: logged } = await readLog(Buffer.from(lines.join('')), 'log', 'a')
  for (const write of logged) applyLogged(replayed, write)
  return { image, replayed, lines }
}

const LARGE = 'x'.repeat(70_000)
// Pairs whose halves are alike: where texts differ, they often differ in the middle of one.
const character = fc.constantFrom('a', '\u{1f600}', '\u{1f601}', '\u{1f200}', 'é')
const part = fc.oneof(
  fc.array(character, { maxLength: 3 }).map((parts) => parts.join('')),
  fc.constant(LARGE),
)
const payload = fc.array(part, { maxLength: 4 }).map((parts) => JSON.stringify({ text: parts.join('') }))
const items = fc.array(fc.constantFrom('1', '2', '"three"', '{"four":4}'), { maxLength: 6 })
const row = fc.record({ pipelineContext: payload, lastStepOutput: payload, currentStepIndex: fc.nat(2) })
const write: fc.Arbitrary<Write> = fc.oneof(
  fc.tuple(row, items).map(([set, history]) => ({ kind: 'put-state' as const, row: { ...ROW, ...set }, history })),
  row.map((set) => ({ kind: 'patch-state' as const, runId: 'a', set })),
  items.map((items) => ({ kind: 'replace-history' as const, runId: 'a', items })),
  items.map((items) => ({ kind: 'append-history' as const, runId: 'a', from: 0, items })),
  fc.constant({ kind: 'delete-state' as const, runId: 'a' }),
)

describe('what is logged of a write', () => {
  it('gives the same run when it is read again, whatever was written', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(write, { maxLength: 8 }), async (writes) => {
        const { image, replayed } = await throughTheLog([{ kind: 'put-state', row: ROW, history: [] }, ...writes])
        expect(replayed).toEqual(image)
      }),
    )
  })

  it('is a whole new snapshot in full, and of a later one only what is new', async () => {
    const history = ['{"step":1}', '{"step":2}']
    const { lines } = await throughTheLog([
      { kind: 'put-state', row: ROW, history },
      { kind: 'put-state', row: { ...ROW, version: 2 }, history: [...history, '{"step":3}'] },
    ])
    const written = lines.map((line) => JSON.parse(line).w)
    expect(written[0]).toMatchObject([{ kind: 'put-state', row: { pipelineName: 'p' }, history: [{}, {}] }])
    expect(written[1]).toEqual([
      { kind: 'patch-state', runId: 'a', set: { version: 2 } },
      { kind: 'splice-history', of: 2, head: 2, tail: 0, items: [{ step: 3 }] },
    ])
  })

  it('is a small payload as readable JSON, and of a large one what has changed in it', async () => {
    const state = (pipelineContext: string): Write => ({
      kind: 'put-state',
      row: { ...ROW, pipelineContext },
      history: [],
    })
    const large = (n: number) => state(JSON.stringify({ large: LARGE, n, end: true }))
    const { lines } = await throughTheLog([state('{"n":1}'), state('{"n":2}'), large(1), large(2), state('{}')])
    expect(JSON.parse(lines[1] as string).w[0].set).toEqual({ pipelineContext: { n: 2 } })
    expect(JSON.parse(lines[3] as string).w).toMatchObject([
      { kind: 'splice-payload', column: 'pipelineContext', text: '2', tail: ',"end":true}'.length },
    ])
    expect(JSON.parse(lines[4] as string).w[0].set).toEqual({ pipelineContext: {} })
  })

  it('cannot be applied to anything else', () => {
    const splice = { kind: 'splice-payload', column: 'metadata', of: 3, head: 1, tail: 1, text: '' } as const
    for (const image of [emptyImage(), { ...emptyImage(), state: ROW }])
      expect(() => applyLogged(image, splice)).toThrow()
    const items = { kind: 'splice-history', of: 1, head: 0, tail: 0, items: [] } as const
    expect(() => applyLogged(emptyImage(), items)).toThrow()
  })
})

describe('what two texts or lists have in common', () => {
  it('is as long as it can be at the beginning, then at the end, and never overlaps', () => {
    const ends = fc.array(fc.constantFrom('a', 'b', 'a'.repeat(5000)), { maxLength: 4 }).map((parts) => parts.join(''))
    fc.assert(
      fc.property(ends, ends, (before, after) => {
        for (const [{ head, tail }, one, other] of [
          [keptOfText(before, after), before.split(''), after.split('')],
          [keptOfList(before.split(''), after.split('')), before.split(''), after.split('')],
        ] as const) {
          const shorter = Math.min(one.length, other.length)
          let same = 0
          while (same < shorter && one[same] === other[same]) same += 1
          let end = 0
          while (end < shorter - same && one.at(-1 - end) === other.at(-1 - end)) end += 1
          expect([head, tail]).toEqual([same, end])
        }
      }),
    )
  })
})
