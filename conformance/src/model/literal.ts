/** A value as source text, for the program that a failure prints. Knows what the model's arguments are made of. */
export function literal(value: unknown): string {
  if (value instanceof Date) return `new Date('${value.toISOString()}')`
  if (value === undefined) return 'undefined'
  if (Object.is(value, -0)) return '-0'
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return String(value)
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'function') return '() => 1'
  if (value instanceof Map) return `new Map(${literal([...value])})`
  if (value instanceof Set) return `new Set(${literal([...value])})`
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`
  const entries = Object.entries(value as object).map(([key, item]) => `${keyText(key)}: ${literal(item)}`)
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`
}

function keyText(key: string): string {
  // As a plain key it would set the prototype.
  if (key === '__proto__') return "['__proto__']"
  return /^[A-Za-z_$][\w$]*$/.test(key) ? key : JSON.stringify(key)
}
