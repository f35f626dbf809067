/**
 * Work that is synchronous unless somebody's codec or store is not: no promise is made where none is needed. What comes from a codec
 * or a store passes `adopt` first; here a promise is a `Promise`.
 */
import type { MaybePromise } from '../state-store.js'

/** A promise of a class of its own, as a codec or store may bring, as one of ours. Data with a key `then` stays what it is. */
export function adopt<T>(value: MaybePromise<T>): MaybePromise<T> {
  if (typeof value !== 'object' || value === null || value instanceof Promise) return value
  return 'then' in value && typeof value.then === 'function' ? Promise.resolve(value) : value
}

export function whenDone<T, U>(value: MaybePromise<T>, next: (value: T) => MaybePromise<U>): MaybePromise<U> {
  return value instanceof Promise ? value.then(next) : next(value)
}

/** All values, in order. */
export function all<T>(values: readonly MaybePromise<T>[]): MaybePromise<T[]> {
  for (const value of values) if (value instanceof Promise) return Promise.all(values)
  return values as T[]
}

type Pending<T> = { readonly [K in keyof T]: MaybePromise<T[K]> }

/** The object with every property settled. */
export function settle<T extends object>(record: Pending<T>): MaybePromise<T> {
  for (const key in record) if (record[key] instanceof Promise) return settleAsync(record)
  return record as unknown as T
}

async function settleAsync<T extends object>(record: Pending<T>): Promise<T> {
  const entries = Object.entries(record).map(async ([key, value]) => [key, await value] as const)
  return Object.fromEntries(await Promise.all(entries)) as T
}
