/** Equality of decoded values: same type, same content; `NaN` equals itself, `0` equals `-0`. */
export function deepEqual(a: unknown, b: unknown): boolean {
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false
  if (!sameContent(a, b)) return false
  return sameProperties(a, b)
}

function sameContent(a: object, b: object): boolean {
  if (a instanceof Date) return deepEqual(a.getTime(), (b as Date).getTime())
  if (a instanceof RegExp || a instanceof URL) return String(a) === String(b)
  if (a instanceof Error) return a.message === (b as Error).message && deepEqual(a.cause, (b as Error).cause)
  if (a instanceof Map) return sameEntries([...a], [...(b as Map<unknown, unknown>)])
  if (a instanceof Set) return sameEntries([...a], [...(b as Set<unknown>)])
  if (a instanceof ArrayBuffer) return sameBytes(new Uint8Array(a), new Uint8Array(b as ArrayBuffer))
  if (a instanceof DataView) return sameBytes(bytesOf(a), bytesOf(b as DataView))
  return !Array.isArray(a) || a.length === (b as unknown[]).length
}

const bytesOf = (view: ArrayBufferView) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength)

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}

function sameEntries(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((entry, index) => deepEqual(entry, b[index]))
}

function sameProperties(a: object, b: object): boolean {
  const keys = Object.keys(a)
  if (keys.length !== Object.keys(b).length) return false
  return keys.every(
    (key) =>
      Object.hasOwn(b, key) && deepEqual((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
  )
}
