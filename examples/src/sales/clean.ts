import type { CsvRow } from './csv.js'

/** An order as it should have been exported. `cents` is the price of one piece. */
export type Order = {
  order: string
  /** YYYY-MM-DD */
  date: string
  customer: string
  country: string
  product: string
  quantity: number
  cents: number
}
export type Rejected = { line: number; why: string }

const COUNTRIES: Readonly<Record<string, string>> = {
  DE: 'Germany',
  FR: 'France',
  IT: 'Italy',
  JP: 'Japan',
  NL: 'Netherlands',
  NO: 'Norway',
  PL: 'Poland',
  PT: 'Portugal',
}

/** Mends what can be mended in the rows (spellings, decimal commas, German dates), and says of the others why not. */
export function cleanOrders(rows: readonly CsvRow[]): { orders: Order[]; rejected: Rejected[] } {
  const orders: Order[] = []
  const rejected: Rejected[] = []
  const seen = new Set<string>()
  for (const { line, fields } of rows) {
    try {
      const order = cleanOrder(fields)
      if (seen.has(order.order)) throw new Error('was exported twice')
      seen.add(order.order)
      orders.push(order)
    } catch (error) {
      rejected.push({ line, why: error instanceof Error ? error.message : String(error) })
    }
  }
  return { orders, rejected }
}

function cleanOrder(fields: readonly string[]): Order {
  if (fields.length !== 8) throw new Error('has fields missing')
  const [order = '', date = '', customer = '', email = '', country = '', product = '', quantity = '', price = ''] =
    fields.map((field) => field.trim())
  if (!/^[^@\s]+@[^@\s]+$/.test(email)) throw new Error('has no e-mail address')
  return {
    order,
    date: cleanDate(date),
    customer: customer.toLowerCase().replace(/\b\w/g, (letter) => letter.toUpperCase()),
    country: cleanCountry(country),
    product,
    quantity: cleanQuantity(quantity),
    cents: cleanPrice(price),
  }
}

function cleanDate(text: string): string {
  const iso = text.replace(/^(\d\d)\.(\d\d)\.(\d{4})$/, '$3-$2-$1')
  const time = Date.parse(`${iso}T00:00:00Z`)
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== iso) throw new Error('has no valid date')
  return iso
}

function cleanCountry(text: string): string {
  const known = COUNTRIES[text.toUpperCase()] ?? Object.values(COUNTRIES).find((name) => name === text)
  if (known === undefined) throw new Error('has no known country')
  return known
}

function cleanQuantity(text: string): number {
  if (text === '') throw new Error('has no quantity')
  const quantity = Number(text)
  if (!Number.isSafeInteger(quantity) || quantity < 1) throw new Error('has a quantity below 1')
  return quantity
}

function cleanPrice(text: string): number {
  const price = Number(text.replace(',', '.'))
  if (text === '' || !Number.isFinite(price) || price <= 0) throw new Error('has no price')
  return Math.round(price * 100)
}
