import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isBehind, newestFirst, type Place } from '../../src/rules/order.js'
import { type Entry, SortedPlaces } from '../../src/store/sorted-places.js'

const place = fc.record({ time: fc.integer({ min: 0, max: 4 }), id: fc.constantFrom('a', 'b', '\u{1f600}', '\uffff') })
const bounds = fc.record(
  { after: place, from: fc.integer({ min: -1, max: 5 }), before: fc.integer({ min: -1, max: 5 }) },
  { requiredKeys: [] },
)
type Step =
  | { readonly add: Place }
  | { readonly remove: number }
  | { readonly walk: { after?: Place; from?: number; before?: number } }
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: place.map((add) => ({ add })) },
  { weight: 1, arbitrary: fc.nat(30).map((remove) => ({ remove })) },
  { weight: 1, arbitrary: bounds.map((walk) => ({ walk })) },
)

describe('SortedPlaces', () => {
  it('holds no more dead entries than living ones, also when nobody walks', () => {
    const places = new SortedPlaces<number>()
    let entry = places.add(0, 'a', 0)
    for (let value = 1; value < 10_000; value++) {
      places.remove(entry)
      entry = places.add(value, 'a', value)
    }
    expect(places.length).toBeLessThan(100)
    expect([...places.walk({})]).toEqual([9_999])
  })

  it('walks what filtering and sorting would give, whatever came before', () => {
    const holds = (steps: Step[]) => {
      const places = new SortedPlaces<number>()
      const entries: Entry<number>[] = []
      for (const [value, step] of steps.entries()) {
        if ('add' in step) entries.push(places.add(step.add.time, step.add.id, value))
        else if ('remove' in step) {
          const entry = entries[step.remove]
          // Twice: the second time changes nothing.
          if (entry) for (const _time of [1, 2]) places.remove(entry)
          entries.splice(step.remove, 1)
        } else expect(positions(places, step.walk, entries)).toEqual(naive(entries, step.walk))
      }
      expect(positions(places, {}, entries)).toEqual(naive(entries, {}))
    }
    fc.assert(fc.property(fc.array(step, { maxLength: 60 }), holds), { numRuns: 1000 })
  })

  it('can be walked half way, and changed meanwhile', () => {
    const places = new SortedPlaces<string>()
    const entries = ['c', 'b', 'a'].map((id) => places.add(0, id, id))
    const walk = places.walk({})
    expect(walk.next().value).toBe('c')
    places.add(9, 'new', 'new')
    for (const entry of entries.slice(1, 2)) places.remove(entry)
    expect([...walk]).toEqual(['a'])
    expect([...places.walk({})]).toEqual(['new', 'c', 'a'])
  })
})

type Bounds = { after?: Place; from?: number; before?: number }

/** The places walked; entries of one place may come in any order. */
function positions(places: SortedPlaces<number>, walk: Bounds, entries: readonly Entry<number>[]) {
  const placeOf = new Map(entries.map(({ value, time, id }) => [value, { time, id }]))
  return [...places.walk(walk)].map((value) => placeOf.get(value))
}

function naive(entries: readonly Place[], { after, from = -Infinity, before = Infinity }: Bounds) {
  return entries
    .map(({ time, id }) => ({ time, id }))
    .filter((place) => place.time >= from && place.time < before && (after === undefined || isBehind(place, after)))
    .sort(newestFirst)
}
