/**
 * A sum that adding and taking away never blurs: the exact value as a few non-overlapping doubles (Shewchuk, "Adaptive
 * Precision Floating-Point Arithmetic", 1997). So the costs of a run, or the times of all runs, can be kept up to date.
 */
export class ExactSum {
  /** The smallest first. */
  readonly #partials: number[]

  /** `text` is what `toString` gave. */
  constructor(text = EMPTY_SUM) {
    this.#partials = JSON.parse(text) as number[]
  }

  add(value: number): this {
    const partials = this.#partials
    let x = value
    let kept = 0
    for (const partial of partials) {
      const [large, small] = Math.abs(x) < Math.abs(partial) ? [partial, x] : [x, partial]
      const high = large + small
      if (Number.isFinite(high)) {
        const low = small - (high - large)
        if (low !== 0) partials[kept++] = low
        x = high
      } else partials[kept++] = partial // The two are past the largest number together: both stay as they are.
    }
    partials.length = kept
    if (x !== 0) partials.push(x)
    return this
  }

  /** The sum as the number nearest to it; the largest there is, if it is larger. */
  total(): number {
    const rough = this.#partials.reduce((sum, partial) => sum + partial, 0)
    if (this.#partials.length <= 2 && Number.isFinite(rough)) return rough
    return Number.isFinite(rough) ? nearest(this.#inOrder()) : Math.sign(rough) * Number.MAX_VALUE
  }

  /** The partials without overlaps, which a sum that was past the largest number may have kept. */
  #inOrder(): readonly number[] {
    const sum = new ExactSum()
    for (const partial of this.#partials) sum.add(partial)
    return sum.#partials
  }

  toString(): string {
    return JSON.stringify(this.#partials)
  }
}

/** The exact sum of nothing. */
export const EMPTY_SUM = '[]'

/** The exact sum (as text) with `value` added. */
export function addExactly(sum: string, value: number): string {
  return new ExactSum(sum).add(value).toString()
}

/** An exact sum (as text) as the number nearest to it. */
export function exactTotal(sum: string): number {
  return new ExactSum(sum).total()
}

/** The number nearest to a sum of partials, whatever way led to it. */
function nearest(partials: readonly number[]): number {
  let at = partials.length - 1
  let high = partials[at] ?? 0
  let low = 0
  while (at > 0 && low === 0) {
    const next = partials[--at] as number
    const sum = high + next
    low = next - (sum - high)
    high = sum
  }
  // Where `low` is exactly half way to another number, what comes after it decides.
  const other = high + low * 2
  const rest = at > 0 ? (partials[at - 1] as number) : 0
  return Math.sign(low) * Math.sign(rest) > 0 && other - high === low * 2 ? other : high
}
