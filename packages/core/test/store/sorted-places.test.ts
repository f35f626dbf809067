import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isBehind, newestFirst, type Place } from '../../src/rules/order.js'
import { type Entry, SortedPlaces } from '../../src/store/sorted-places.js'

const place = fc.record({ time: fc.integer({ min: 0, max: 4 }), id: fc.constantFrom('a', 'b', '\u{1f600}', '\uffff') })
const window = fc.record(
  { after: place, from: fc.integer({ min: -1, max: 5 }), before: fc.integer({ min: -1, max: 5 }) },
  { requiredKeys: [] },
)
interface Window {
  readonly after?: Place
  readonly from?: number
  readonly before?: number
}
type Step = { readonly add: Place } | { readonly remove: number } | { readonly walk: Window }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: place.map((add) => ({ add })) },
  { weight: 1, arbitrary: fc.nat(30).map((remove) => ({ remove })) },
  { weight: 1, arbitrary: window.map((walk) => ({ walk })) },
)

/** The places and a plain array, driven alike. */
class Both {
  readonly places = new SortedPlaces<Place>()
  readonly entries = new Map<string, Entry<Place>>()

  add({ time, id }: Place): void {
    const key = `${time} ${id}`
    if (!this.entries.has(key)) this.entries.set(key, this.places.add(time, id, { time, id }))
  }

  remove(at: number): void {
    const [key, entry] = [...this.entries][at] ?? []
    if (key === undefined || entry === undefined) return
    // Twice: the second time changes nothing.
    for (const _time of [1, 2]) this.places.remove(entry)
    this.entries.delete(key)
  }

  compare({ after, from = -Infinity, before = Infinity }: Window): void {
    const all = [...this.entries.values()].map(({ value }) => value)
    const expected = all
      .filter((place) => place.time >= from && place.time < before && (after === undefined || isBehind(place, after)))
      .sort(newestFirst)
    expect([...this.places.walk({ after, from, before })]).toEqual(expected)
    expect(this.places.countFrom(from)).toBe(all.filter(({ time }) => time >= from).length)
  }
}

describe('SortedPlaces', () => {
  it('walks and counts what filtering and sorting would give, whatever came before', () => {
    const holds = (steps: Step[]) => {
      const both = new Both()
      for (const step of steps) {
        if ('add' in step) both.add(step.add)
        else if ('remove' in step) both.remove(step.remove)
        else both.compare(step.walk)
      }
      both.compare({})
    }
    fc.assert(fc.property(fc.array(step, { maxLength: 60 }), holds), { numRuns: 1000 })
  })

  it('does so with thousands, added in any order and taken away in any other', () => {
    const both = new Both()
    const shuffled = (prime: number) => Array.from({ length: 5000 }, (_, i) => (i * prime) % 5000)
    const compare = () => {
      for (const time of [0, 1, 511, 512, 513, 1234, 4999])
        both.compare({ from: time, before: time + 700, after: { time: time + 600, id: 'x' } })
      both.compare({})
    }
    for (const time of shuffled(1933)) both.add({ time, id: 'x' })
    compare()
    for (const at of shuffled(2741).slice(0, 4900)) both.remove(at % both.entries.size)
    compare()
    for (let time = 5000; time < 7000; time++) both.add({ time, id: 'x' })
    compare()
    while (both.entries.size > 0) both.remove(0)
    compare()
  })
})
