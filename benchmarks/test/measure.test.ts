import { expect, test } from 'vitest'
import { contest, expect as expectReal, type Side } from '../src/harness/contest.js'
import { measure } from '../src/harness/measure.js'

const site = { folder: '', shared: '', say: () => {} }

/** Sides that write down when they are called. */
function recorded(calls: string[], name: string): Side<number> {
  return {
    run: (round) => void calls.push(`${name} ${round}`),
    verify: () => void calls.push(`check ${name}`),
    close: () => void calls.push(`close ${name}`),
    figures: () => ({ calls: calls.length }),
  }
}

function contestOf(sides: { control: Side<number>; ours: Side<number>; peer?: Side<number> }) {
  const { control, ours, ...others } = sides
  const match = { operations: 10, input: (round: number) => round, sides: { control, ours, ...others } }
  return contest<number>({ work: 'work', place: 'place', control: 'raw', open: () => match })
}

test('the sides take turns in who begins, and each is checked after each of its rounds', async () => {
  const calls: string[] = []
  const sides = { control: recorded(calls, 'control'), ours: recorded(calls, 'ours') }
  await measure(contestOf(sides), site, { warmUp: 0, measured: 2, tidy: true })
  expect(calls).toEqual([
    ...['control 0', 'check control', 'ours 0', 'check ours'],
    ...['ours 1', 'check ours', 'control 1', 'check control'],
    ...['close control', 'close ours'],
  ])
})

test('the rounds of the warm-up are played and not counted', async () => {
  const calls: string[] = []
  const said: string[] = []
  const sides = { control: recorded(calls, 'control'), ours: recorded(calls, 'ours') }
  const loud = { ...site, say: (text: string) => said.push(text) }
  const { sides: results } = await measure(contestOf(sides), loud, { warmUp: 2, measured: 3, tidy: true })
  expect(calls.filter((call) => /^ours \d/.test(call))).toHaveLength(5)
  expect(said).toEqual(['warming up', 'warming up', 'round 1 of 3', 'round 2 of 3', 'round 3 of 3'])
  expect(results.ours?.rounds).toHaveLength(3)
})

test('the ratio is the speed over that of the control in the same round', async () => {
  const wait = (millis: number): Side<number> => ({
    run() {
      const end = performance.now() + millis
      while (performance.now() < end);
    },
    verify: () => {},
  })
  const { sides } = await measure(contestOf({ control: wait(2), ours: wait(8), peer: wait(2) }), site, {
    warmUp: 0,
    measured: 3,
    tidy: true,
  })
  expect(sides.control?.ratio).toEqual({ median: 1, min: 1, max: 1 })
  // Busy machines stretch both; the order of the two is all that must hold.
  expect(sides.ours?.ratio.median).toBeLessThan(sides.peer?.ratio.median ?? 0)
  const { ours, control } = sides
  const ratios = ours?.rounds.map((speed, round) => speed / (control?.rounds[round] ?? 0))
  expect(ours?.ratio.max).toBe(Math.max(...(ratios ?? [])))
})

test('work that was not done is no figure but an error', async () => {
  const lazy: Side<number> = { run: () => {}, verify: () => expectReal(false, 'nothing was written') }
  const sides = { control: recorded([], 'control'), ours: lazy }
  await expect(measure(contestOf(sides), site, { warmUp: 0, measured: 1, tidy: true })).rejects.toThrow(
    'nothing was written',
  )
})

test('a side that is slow may do fewer operations, and one that works elsewhere measures itself', async () => {
  const slow: Side<number> = {
    ...recorded([], 'control'),
    operations: 2,
    measured: () => ({ seconds: 1, cpuMicros: 6 }),
  }
  const ours: Side<number> = { ...recorded([], 'ours'), measured: () => ({ seconds: 2, cpuMicros: 10 }) }
  const { sides } = await measure(contestOf({ control: slow, ours }), site, { warmUp: 0, measured: 1, tidy: false })
  expect(sides.control).toMatchObject({ rounds: [2], cpuMicros: { median: 3 } })
  expect(sides.ours).toMatchObject({ rounds: [5], cpuMicros: { median: 1 }, ratio: { median: 2.5 } })
})
