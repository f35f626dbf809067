import { isDeepStrictEqual } from 'node:util'
import type { StateBackend } from '@flujo-state/core'
import { Content } from '../content.js'
import { expect, type Match, type MaybePromise, type Side } from '../harness/contest.js'
import type { Control, Entry } from './control.js'
import { fill, openPair } from './pair.js'
import { type Place, type Settings, scaleOf } from './place.js'

const SIZE = 1024
/** The time between two snapshots: at 10,000 of them two in five are of the last 24 hours. */
const APART_MS = 20_000

interface Reading<Result> {
  readonly ours: (backend: StateBackend, call: number) => Promise<Result>
  readonly control: (control: Control, call: number) => MaybePromise<Result>
  /** What must come out, of the snapshots in the store and the results of both sides. */
  readonly digest: (result: Result) => unknown
  readonly expected: (entries: readonly Entry[], call: number) => unknown
}

/** A match of reads over a store with many snapshots. The input of a round is how often to read. */
export async function readingMatch<Result>(
  place: Place,
  settings: Settings,
  folder: string,
  { ours, control, digest, expected }: Reading<Result>,
): Promise<Match<number>> {
  const { rows, lists } = scaleOf(place, settings)
  const pair = await openPair(place, folder)
  const entries = manyEntries(rows)
  await fill(pair, entries)
  const side = (read: (call: number) => MaybePromise<Result>): Side<number> => ({
    async run(calls) {
      let last: Result | undefined
      for (let call = 0; call < calls; call++) {
        const reading = read(call)
        last = reading instanceof Promise ? await reading : reading
      }
      return last
    },
    verify(calls, result) {
      const [found, wanted] = [digest(result as Result), expected(entries, calls - 1)]
      expect(isDeepStrictEqual(found, wanted), `read ${JSON.stringify(found)}, expected ${JSON.stringify(wanted)}`)
    },
  })
  return {
    operations: lists,
    input: () => lists,
    sides: {
      control: { ...side((call) => control(pair.control, call)), close: () => pair.control.close() },
      ours: { ...side((call) => ours(pair.ours, call)), close: () => pair.ours.shutdown() },
    },
  }
}

function manyEntries(count: number): Entry[] {
  const content = new Content()
  const begin = Date.now() - count * APART_MS
  return Array.from({ length: count }, (_, index) => ({
    runId: `run-${index}`,
    state: content.state(SIZE, begin + index * APART_MS),
  }))
}
