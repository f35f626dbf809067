import type { Order, Rejected } from './clean.js'

export type Group = { name: string; orders: number; cents: number }
export type Figures = {
  orders: number
  cents: number
  byMonth: Group[]
  byCountry: Group[]
  byProduct: Group[]
  /** The value of each order in cents, by country. */
  values: { [country: string]: number[] }
  rejected: Rejected[]
}
/** Between `low` and `high` cents lies the true average value of an order, in 95 of 100 cases. */
export type Interval = { country: string; average: number; low: number; high: number }

export function aggregate(orders: readonly Order[], rejected: Rejected[]): Figures {
  const values: Figures['values'] = {}
  for (const order of orders) values[order.country] = [...(values[order.country] ?? []), totalOf(order)]
  return {
    orders: orders.length,
    cents: orders.reduce((sum, order) => sum + totalOf(order), 0),
    byMonth: groups(orders, ({ date }) => date.slice(0, 7), byName),
    byCountry: groups(orders, ({ country }) => country, byRevenue),
    byProduct: groups(orders, ({ product }) => product, byRevenue),
    values,
    rejected,
  }
}

const totalOf = ({ quantity, cents }: Order) => quantity * cents
const byName = (a: Group, b: Group) => (a.name < b.name ? -1 : 1)
const byRevenue = (a: Group, b: Group) => b.cents - a.cents || byName(a, b)

function groups(orders: readonly Order[], nameOf: (order: Order) => string, compare: (a: Group, b: Group) => number) {
  const found = new Map<string, Group>()
  for (const order of orders) {
    const name = nameOf(order)
    const group = found.get(name) ?? { name, orders: 0, cents: 0 }
    found.set(name, { name, orders: group.orders + 1, cents: group.cents + totalOf(order) })
  }
  return [...found.values()].sort(compare)
}

/** So many times each country's orders are drawn anew: what makes this the slow step. */
const RESAMPLES = 150_000

/**
 * Bootstraps the average value of an order: the same numbers every time, as its randomness is seeded. One country at a time,
 * between two the event loop turns.
 */
export async function* estimate(values: Figures['values']): AsyncGenerator<Interval> {
  for (const [index, country] of Object.keys(values).sort().entries()) {
    yield bootstrap(country, values[country] ?? [], randomFrom(index + 1))
    await new Promise((resolve) => setImmediate(resolve))
  }
}

function bootstrap(country: string, values: readonly number[], random: () => number): Interval {
  const averages = Float64Array.from({ length: RESAMPLES }, () => {
    let sum = 0
    for (let draw = 0; draw < values.length; draw++) sum += values[Math.floor(random() * values.length)] ?? 0
    return sum / values.length
  }).sort()
  const at = (share: number) => Math.round(averages[Math.floor(share * (RESAMPLES - 1))] ?? 0)
  const average = Math.round(values.reduce((sum, value) => sum + value, 0) / values.length)
  return { country, average, low: at(0.025), high: at(0.975) }
}

/** Mulberry32: a small random generator, good enough to draw orders. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}
