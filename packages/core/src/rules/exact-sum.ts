/**
 * A sum that adding and taking away never blurs: the exact value as a few non-overlapping doubles (Shewchuk, "Adaptive
 * Precision Floating-Point Arithmetic", 1997). So a run's costs can be kept up to date step by step.
 */

/** The exact sum of nothing. */
export const EMPTY_SUM = '[]'

/** The exact sum (as text) with `value` added. */
export function addExactly(sum: string, value: number): string {
  const partials = parse(sum)
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
  return JSON.stringify(partials)
}

/** The sum as a number; the largest there is, if it is larger. */
export function exactTotal(sum: string): number {
  const total = parse(sum).reduce((total, partial) => total + partial, 0)
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, total))
}

function parse(sum: string): number[] {
  return JSON.parse(sum) as number[]
}
