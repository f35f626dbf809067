import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Contest, Match, Side } from './contest.js'
import { type Spread, spreadOf } from './statistics.js'

interface SideResult {
  /** Operations per second of each round. */
  readonly rounds: readonly number[]
  readonly opsPerSecond: Spread
  /** Speed over the control's in the same round; 1 for the control itself. */
  readonly ratio: Spread
  readonly figures: Readonly<Record<string, number>>
}

export interface ContestResult {
  readonly id: string
  readonly work: string
  readonly place: string
  readonly control: string
  readonly target: number | null
  readonly operations: number
  readonly sides: Readonly<Record<string, SideResult>>
}

export interface Rounds {
  readonly warmUp: number
  readonly measured: number
}

/** Plays a contest: every side in every round, the order turned by one each time, so that none profits from its place. */
export async function measure(
  contest: Contest,
  folder: string,
  rounds: Rounds,
  onRound: (round: number) => void = () => {},
): Promise<ContestResult> {
  const match = await contest.open(folder)
  const names = Object.keys(match.sides)
  const speeds = new Map(names.map((name) => [name, [] as number[]]))
  for (let round = 0; round < rounds.warmUp + rounds.measured; round++) {
    onRound(round - rounds.warmUp)
    const input = match.input(round)
    for (let place = 0; place < names.length; place++) {
      const name = names[(place + round) % names.length] as string
      const seconds = await playRound(sideOf(match, name), input)
      if (round >= rounds.warmUp) speeds.get(name)?.push(match.operations / seconds)
    }
  }
  const sides = Object.fromEntries(names.map((name) => [name, resultOf(speeds, name, sideOf(match, name))]))
  for (const side of Object.values(match.sides)) await side.close?.()
  const { id, work, place, control, target } = contest
  return { id, work, place, control, target, operations: match.operations, sides }
}

function sideOf(match: Match<unknown>, name: string): Side<unknown> {
  const side = match.sides[name]
  if (side === undefined) throw new RangeError(`no side "${name}"`)
  return side
}

/** Seconds of the timed part. Garbage of what went before is collected first, so that nobody pays for another's. */
async function playRound(side: Side<unknown>, input: unknown): Promise<number> {
  collectGarbage()
  const begin = performance.now()
  const result = await side.run(input)
  const seconds = (performance.now() - begin) / 1000
  await side.verify(input, result)
  return seconds
}

function resultOf(speeds: ReadonlyMap<string, readonly number[]>, name: string, side: Side<unknown>): SideResult {
  const own = speeds.get(name) ?? []
  const controls = speeds.get('control') ?? []
  const ratios = own.map((speed, round) => speed / (controls[round] ?? Number.NaN))
  return { rounds: own, opsPerSecond: spreadOf(own), ratio: spreadOf(ratios), figures: side.figures?.() ?? {} }
}

// Exposes the collector without asking for a flag on the command line.
setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void
