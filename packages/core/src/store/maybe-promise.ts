/** Work that is synchronous unless somebody's codec or store is not: no promise is made where none is needed. */
import type { MaybePromise } from '../state-store.js'

function isPromise<T>(value: MaybePromise<T>): value is Promise<T> {
  return (
    value instanceof Promise ||
    (typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function')
  )
}

export function whenDone<T, U>(value: MaybePromise<T>, next: (value: T) => MaybePromise<U>): MaybePromise<U> {
  // Promise.resolve: a codec or store may bring a promise class of its own.
  return isPromise(value) ? Promise.resolve(value).then(next) : next(value)
}

/** All values, in order. */
export function all<T>(values: readonly MaybePromise<T>[]): MaybePromise<T[]> {
  return values.some(isPromise) ? Promise.all(values) : (values as T[])
}

type Pending<T> = { readonly [K in keyof T]: MaybePromise<T[K]> }

/** The object with every property settled. */
export function settle<T extends object>(record: Pending<T>): MaybePromise<T> {
  for (const key in record) if (isPromise(record[key])) return settleAsync(record)
  return record as unknown as T
}

async function settleAsync<T extends object>(record: Pending<T>): Promise<T> {
  const entries = Object.entries(record).map(async ([key, value]) => [key, await value] as const)
  return Object.fromEntries(await Promise.all(entries)) as T
}
