const MAX_DEPTH = 4
const MAX_ITEMS = 12
const MAX_TEXT = 120

export const isPlainKey = (key: string) => /^[A-Za-z_$][\w$]*$/.test(key)

/** A value as short text for messages. Never throws, whatever it is given. */
export function show(value: unknown): string {
  try {
    return showAt(value, 0)
  } catch {
    return '(a value that cannot be shown)'
  }
}

function showAt(value: unknown, depth: number): string {
  if (typeof value === 'string') return showText(value)
  if (typeof value === 'bigint') return `${value}n`
  if (Object.is(value, -0)) return '-0'
  if (typeof value === 'function') return `function ${value.name}`
  if (typeof value !== 'object' || value === null) return String(value)
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Date(invalid)' : `Date(${value.toISOString()})`
  if (value instanceof Error) return showError(value)
  if (value instanceof RegExp || value instanceof URL) return String(value)
  if (depth >= MAX_DEPTH) return Array.isArray(value) ? '[…]' : '{…}'
  if (value instanceof Map) return `Map${showItems([...value], depth)}`
  if (value instanceof Set) return `Set${showItems([...value], depth)}`
  if (Array.isArray(value)) return showItems(value, depth)
  if (ArrayBuffer.isView(value)) return `${value.constructor.name}(${value.byteLength} bytes)`
  return showObject(value, depth)
}

function showText(text: string): string {
  if (text.length <= MAX_TEXT) return JSON.stringify(text)
  return `${JSON.stringify(text.slice(0, MAX_TEXT))}… (${text.length} units)`
}

function showError(error: Error): string {
  const code = 'code' in error ? ` ${String(error.code)}` : ''
  return `${error.name}${code}: ${error.message}`
}

function showItems(items: readonly unknown[], depth: number): string {
  const shown: string[] = []
  for (let i = 0; i < items.length && i < MAX_ITEMS; i++)
    shown.push(i in items ? showAt(items[i], depth + 1) : '<hole>')
  if (items.length > MAX_ITEMS) shown.push(`… ${items.length} items`)
  return `[${shown.join(', ')}]`
}

function showObject(value: object, depth: number): string {
  const keys = Reflect.ownKeys(value)
  const shown = keys.slice(0, MAX_ITEMS).map((key) => {
    const name = typeof key === 'symbol' ? String(key) : isPlainKey(key) ? key : JSON.stringify(key)
    const descriptor = Object.getOwnPropertyDescriptor(value, key)
    return `${name}: ${descriptor?.get ? '<accessor>' : showAt(descriptor?.value, depth + 1)}`
  })
  if (keys.length > MAX_ITEMS) shown.push(`… ${keys.length} keys`)
  const prototype = Object.getPrototypeOf(value)
  const name =
    prototype === null ? 'null-prototype ' : prototype === Object.prototype ? '' : `${prototype.constructor?.name} `
  return shown.length === 0 ? `${name}{}` : `${name}{ ${shown.join(', ')} }`
}
