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
    const low = small - (high - large)
    if (low !== 0) partials[kept++] = low
    x = high
  }
  partials.length = kept
  if (x !== 0) partials.push(Number.isFinite(x) ? x : Math.sign(x) * Number.MAX_VALUE)
  return JSON.stringify(partials)
}

/** The sum as a number. */
export function exactTotal(sum: string): number {
  return parse(sum).reduce((total, partial) => total + partial, 0)
}

function parse(sum: string): number[] {
  return JSON.parse(sum) as number[]
}
