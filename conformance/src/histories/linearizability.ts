/**
 * Whether calls that overlapped can be explained by some order in which they happened one after the other, each at one moment
 * between its start and its end. The search is Wing's and Gong's: whatever may have come first is tried, and what was found out
 * about a set of calls and the state after them is remembered.
 */
import type { Operation } from './history.js'

/** What one call after the other would do. */
export interface Specification<O, S> {
  readonly initial: S
  /** The state after the call; null if it cannot have given in this state what it gave. */
  step(state: S, operation: O): S | null
  /** Equal texts for equal states. */
  keyOf(state: S): string
  /** Whether the others may need this call for their explanation. A history without one that does not matter is no harder to explain. */
  matters(operation: O, others: readonly O[]): boolean
}

/** `inconclusive`: too many calls, or too many orders to try. Nobody may take that for a proof. */
export type Verdict = 'possible' | 'impossible' | 'inconclusive'

export interface SearchLimits {
  readonly operations?: number
  readonly steps?: number
}
const MOST_OPERATIONS = 60
const MOST_STEPS = 200_000
/** Leaving a call out is tried often, and need not be proved. */
const STEPS_TO_SHRINK = 20_000

type AnyOperation = Operation<unknown>

export function explain<O extends AnyOperation, S>(
  operations: readonly O[],
  specification: Specification<O, S>,
  { operations: mostOperations = MOST_OPERATIONS, steps: mostSteps = MOST_STEPS }: SearchLimits = {},
): Verdict {
  if (operations.length > mostOperations) return 'inconclusive'
  const search = new Search(operations, specification, mostSteps)
  return search.run()
}

class Search<O extends AnyOperation, S> {
  readonly #operations: readonly O[]
  readonly #specification: Specification<O, S>
  readonly #seen = new Set<string>()
  #stepsLeft: number

  constructor(operations: readonly O[], specification: Specification<O, S>, steps: number) {
    this.#operations = [...operations].sort((a, b) => a.start - b.start)
    this.#specification = specification
    this.#stepsLeft = steps
  }

  run(): Verdict {
    const pending = [{ done: 0n, state: this.#specification.initial }]
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      if (this.#isExplained(next.done)) return 'possible'
      // The last one pushed is tried first: that must be the one that began first.
      for (const index of this.#candidates(next.done).reverse()) {
        if (this.#stepsLeft-- <= 0) return 'inconclusive'
        const state = this.#specification.step(next.state, this.#operations[index] as O)
        const done = next.done | (1n << BigInt(index))
        if (state === null || !this.#isNew(done, state)) continue
        pending.push({ done, state })
      }
    }
    return 'impossible'
  }

  #isNew(done: bigint, state: S): boolean {
    const key = `${done.toString(36)} ${this.#specification.keyOf(state)}`
    const isNew = !this.#seen.has(key)
    this.#seen.add(key)
    return isNew
  }

  /** Calls that nobody knows the end of need not have happened. */
  #isExplained(done: bigint): boolean {
    return this.#operations.every(({ end }, index) => isIn(done, index) || end === Number.POSITIVE_INFINITY)
  }

  /** What may have happened next: what began before any of the others had ended. */
  #candidates(done: bigint): number[] {
    const left = this.#operations.flatMap((_, index) => (isIn(done, index) ? [] : [index]))
    const firstEnd = Math.min(...left.map((index) => (this.#operations[index] as O).end))
    return left.filter((index) => (this.#operations[index] as O).start < firstEnd)
  }
}

const isIn = (done: bigint, index: number) => ((done >> BigInt(index)) & 1n) === 1n

/** The smallest part of an impossible history that is impossible for itself: nothing can be left out of it any more. */
export function smallestImpossible<O extends AnyOperation, S>(
  operations: readonly O[],
  specification: Specification<O, S>,
): readonly O[] {
  let smallest = operations
  for (let shrunk = true; shrunk; ) {
    shrunk = false
    for (const operation of smallest) {
      const others = smallest.filter((other) => other !== operation)
      if (specification.matters(operation, others)) continue
      if (explain(others, specification, { steps: STEPS_TO_SHRINK }) !== 'impossible') continue
      smallest = others
      shrunk = true
    }
  }
  return smallest
}
