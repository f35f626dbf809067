/**
 * Which built-in class a prototype belongs to, also when it is another realm's: in jest and in `vm` contexts, what Node itself makes
 * (errors of `fs`, results of `structuredClone`) comes from a realm with an `Object` and an `Error` of its own.
 */

/** Whether objects with this prototype are plain ones. */
export function isPlainPrototype(prototype: object): boolean {
  return (
    prototype === Object.prototype || (Object.getPrototypeOf(prototype) === null && nativeName(prototype) === 'Object')
  )
}

/** Whether arrays with this prototype are plain ones. */
export function isArrayPrototype(prototype: object | null): boolean {
  if (prototype === Array.prototype) return true
  return prototype !== null && Array.isArray(prototype) && foreignBuiltinName(prototype) === 'Array'
}

/** `'Date'` for the `Date.prototype` of another realm; null for prototypes of this one and for those of classes. */
export function foreignBuiltinName(prototype: object): string | null {
  let last = prototype
  for (let next = Object.getPrototypeOf(last); next !== null; next = Object.getPrototypeOf(last)) last = next
  return last === Object.prototype || last === prototype || !isPlainPrototype(last) ? null : nativeName(prototype)
}

/** The name of the native constructor whose prototype this is. No class, no function of a user's is native. */
function nativeName(prototype: object): string | null {
  const maker: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value
  if (typeof maker !== 'function' || maker.prototype !== prototype) return null
  const source = Function.prototype.toString.call(maker)
  return /^function (\w+)\(\) \{ \[native code\] \}$/.exec(source)?.[1] ?? null
}
