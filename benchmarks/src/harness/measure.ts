import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Contest, Match, Point, Side, Site } from './contest.js'
import { type Spread, spreadOf } from './statistics.js'

interface SideResult {
  /** Operations per second of each round. */
  readonly rounds: readonly number[]
  readonly opsPerSecond: Spread
  /** Speed over the control's in the same round; 1 for the control itself. */
  readonly ratio: Spread
  /** Microseconds of processor time per operation, all threads: what a busy machine changes least. */
  readonly cpuMicros: Spread
  readonly figures: Readonly<Record<string, number>>
  readonly curve: readonly Point[]
}

export interface ContestResult {
  readonly id: string
  readonly work: string
  readonly place: string
  readonly control: string
  readonly target: number | null
  readonly mayGrow: number | null
  readonly operations: number
  readonly sides: Readonly<Record<string, SideResult>>
}

export interface Rounds {
  readonly warmUp: number
  readonly measured: number
  /** Collects garbage before each turn of a side, which takes longer than the turns of a small match. */
  readonly tidy: boolean
}

/** Plays a contest: every side in every round, the order turned by one each time, so that none profits from its place. */
export async function measure(contest: Contest, site: Site, rounds: Rounds): Promise<ContestResult> {
  const match = await contest.open(site)
  const names = Object.keys(match.sides)
  const played = new Map(names.map((name) => [name, [] as Played[]]))
  for (let round = 0; round < rounds.warmUp + rounds.measured; round++) {
    site.say(round < rounds.warmUp ? 'warming up' : `round ${round - rounds.warmUp + 1} of ${rounds.measured}`)
    const input = await match.input(round)
    for (let place = 0; place < names.length; place++) {
      const name = names[(place + round) % names.length] as string
      if (rounds.tidy) collectGarbage()
      const result = await playRound(sideOf(match, name), input, match.operations)
      if (round >= rounds.warmUp) played.get(name)?.push(result)
    }
  }
  const sides = Object.fromEntries(names.map((name) => [name, resultOf(played, name, sideOf(match, name))]))
  for (const side of Object.values(match.sides)) await side.close?.()
  const { id, work, place, control, target, mayGrow } = contest
  return { id, work, place, control, target, mayGrow, operations: match.operations, sides }
}

interface Played {
  readonly perSecond: number
  readonly cpuMicros: number
}

function sideOf(match: Match<unknown>, name: string): Side<unknown> {
  const side = match.sides[name]
  if (side === undefined) throw new RangeError(`no side "${name}"`)
  return side
}

/** Only `run` is timed. Garbage of what went before was collected, so that nobody pays for another's. */
async function playRound(side: Side<unknown>, input: unknown, operations: number): Promise<Played> {
  const cpuBefore = process.cpuUsage()
  const begin = performance.now()
  const result = await side.run(input)
  const wall = (performance.now() - begin) / 1000
  const { user, system } = process.cpuUsage(cpuBefore)
  await side.verify(input, result)
  const { seconds, cpuMicros } = side.measured?.(result) ?? { seconds: wall, cpuMicros: user + system }
  const done = side.operations ?? operations
  return { perSecond: done / seconds, cpuMicros: cpuMicros / done }
}

function resultOf(played: ReadonlyMap<string, readonly Played[]>, name: string, side: Side<unknown>): SideResult {
  const own = played.get(name) ?? []
  const controls = played.get('control') ?? []
  const rounds = own.map(({ perSecond }) => perSecond)
  const ratios = rounds.map((speed, round) => speed / (controls[round]?.perSecond ?? Number.NaN))
  const cpuMicros = spreadOf(own.map((each) => each.cpuMicros))
  return {
    rounds,
    opsPerSecond: spreadOf(rounds),
    ratio: spreadOf(ratios),
    cpuMicros,
    figures: side.figures?.() ?? {},
    curve: side.curve?.() ?? [],
  }
}

// Exposes the collector without asking for a flag on the command line.
setFlagsFromString('--expose-gc')
export const collectGarbage = runInNewContext('gc') as () => void
