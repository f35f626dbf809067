/**
 * What is measured: contests. A contest is one line of the table, a piece of work done by several sides (the raw control, ours,
 * later also peers) on the same input.
 */
export type MaybePromise<T> = T | Promise<T>

/** One way to do the work. */
export interface Side<Input> {
  /** The work of one round, the only thing that is timed. What it gives is handed to `verify`: nothing can be optimised away. */
  run(input: Input): MaybePromise<unknown>
  /** Throws unless the work was really done. */
  verify(input: Input, result: unknown): MaybePromise<void>
  /** After the last round. May throw as `verify` does: say, when what was saved is gone after reopening. */
  close?(): MaybePromise<void>
  /** How many operations this side does in a round, where it is too slow to do as many as the others. */
  readonly operations?: number
  /** What `run` measured itself, off its result: where the work is done in other processes, which take time to start. */
  measured?(result: unknown): Measured
  /** Further figures (by name) over the measured rounds, such as milliseconds at some step. */
  figures?(): Readonly<Record<string, number>>
  /** How the cost runs along something (the length of a history, say): pairs of that and milliseconds, for a plot. */
  curve?(): readonly Point[]
}

export type Point = readonly [x: number, y: number]

interface Measured {
  readonly seconds: number
  /** Microseconds of processor time, all of it. */
  readonly cpuMicros: number
}

/** A contest with its stores opened and filled. */
export interface Match<Input> {
  /** How many operations one round does: the unit of the figures. */
  readonly operations: number
  /** The input of a round, made outside the timed part; rounds count from 0, warm-up included. */
  input(round: number): MaybePromise<Input>
  /** `control` is what all others are compared with. */
  readonly sides: { readonly control: Side<Input>; readonly ours: Side<Input> } & Readonly<Record<string, Side<Input>>>
}

/** Where a match is opened. */
export interface Site {
  /** A folder for this contest alone. */
  readonly folder: string
  /** A folder for what several contests read: filled once, changed by none. */
  readonly shared: string
  /** Says what goes on. */
  readonly say: (text: string) => void
}

export interface Contest {
  /** `<work> · <place>`: what `--only` looks at. Unique. */
  readonly id: string
  readonly work: string
  /** Where: a backend with its durability, or 'codec'. */
  readonly place: string
  /** What the control is, in a few words. */
  readonly control: string
  /** The speed of ours over the control's that is wanted at least; null where none is set. */
  readonly target: number | null
  /** Where sides measure single steps: how many times as long as an early one the last may take; null where none is shown. */
  readonly mayGrow: number | null
  /** Opens and fills the stores. The input's type is the match's own business. */
  readonly open: (site: Site) => MaybePromise<Match<unknown>>
}

interface ContestParts<Input> extends Omit<Contest, 'id' | 'open' | 'target' | 'mayGrow'> {
  readonly target?: number | undefined
  readonly mayGrow?: number
  readonly open: (site: Site) => MaybePromise<Match<Input>>
}

export function contest<Input>({ target, mayGrow, ...parts }: ContestParts<Input>): Contest {
  return { ...parts, id: `${parts.work} · ${parts.place}`, target: target ?? null, mayGrow: mayGrow ?? null }
}

/** @throws unless `holds` */
export function expect(holds: boolean, message: string): asserts holds {
  if (!holds) throw new Error(`The benchmark measured nothing real: ${message}`)
}
