import { MIN_TIME } from '../models/common.js'

const HOUR = 3_600_000
const DAY = 86_400_000

// Stored times are integers, so a fractional edge means the next integer: t >= x is t >= ceil(x), t < x is t < ceil(x).
function before(now: number, duration: number): number {
  return Math.max(MIN_TIME, Math.ceil(now - duration))
}

/** Times `>=` this are within the last `hours`; there is no upper end, so times after now count. */
export function hoursBefore(now: number, hours: number): number {
  return before(now, hours * HOUR)
}

/** Times `<` this are older than `days`. A day is always 24 hours. */
export function daysBefore(now: number, days: number): number {
  return before(now, days * DAY)
}
