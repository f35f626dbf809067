/** What a value is, for a message: "a function", "an instance of Socket". Runs no code of the value. */
export function describe(value: unknown): string {
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'symbol') return 'a symbol'
  if (typeof value !== 'object' || value === null) return String(value)
  const name = className(value)
  if (name === null) return 'an object of an unknown class'
  return name.startsWith('an ') ? name : `an instance of ${name}`
}

/** What to do about a value that cannot be stored. */
export function adviceFor(value: unknown): string {
  if (typeof value !== 'object' || value === null)
    return 'only data can be stored; leave it out, or store what describes it'
  const name = className(value)
  if (name === 'Promise') return 'await it before saving'
  const example = JSON.stringify(name !== null && /^[\w.:-]{1,64}$/.test(name) ? name : 'name')
  return `register its class with codec.register(${example}, { is, encode, decode }), or store a plain object`
}

function className(value: object): string | null {
  try {
    const first = Object.getPrototypeOf(value)
    for (let prototype = first; prototype !== null; prototype = Object.getPrototypeOf(prototype)) {
      const name = constructorName(prototype) || ownText(prototype, Symbol.toStringTag)
      if (name) return prototype === first ? name : `an unnamed ${name}`
    }
  } catch {
    // a Proxy that refuses to be looked at
  }
  return null
}

function constructorName(prototype: object): string | null {
  const maker: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value
  return typeof maker === 'function' ? ownText(maker, 'name') : null
}

function ownText(object: object, key: PropertyKey): string | null {
  const text: unknown = Object.getOwnPropertyDescriptor(object, key)?.value
  return typeof text === 'string' ? text : null
}
