/** A clock that only the rules move. Callable, so that it is itself the `clock` option of a backend. */
export interface VirtualClock {
  (): Date
  now(): Date
  /** Moves the clock, also backwards. */
  set(time: Date | number): void
  advance(milliseconds: number): void
}

/** Where every rule's clock starts. */
export const START_OF_TIME = Date.parse('2026-03-01T00:00:00.000Z')

export function virtualClock(start: number = START_OF_TIME): VirtualClock {
  let time = start
  const now = () => new Date(time)
  return Object.assign(() => now(), {
    now,
    set: (to: Date | number) => {
      time = Number(to)
    },
    advance: (milliseconds: number) => {
      time += milliseconds
    },
  })
}
