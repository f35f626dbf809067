import { z } from 'zod'

/**
 * Add the classes that you register with the codec, so that they may stand in payloads:
 * `declare module '@flujo-state/core' { interface StorableTypes { money: Money } }`.
 */
// biome-ignore lint/suspicious/noEmptyInterface: filled by users, by declaration merging
export interface StorableTypes {}

type TypedArray =
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array

/** What the codec stores and gives back as it was (see `docs/contract.md`, "Values"). */
export type Storable =
  | null
  | undefined
  | boolean
  | number
  | bigint
  | string
  | Date
  | RegExp
  | URL
  | Error
  | ArrayBuffer
  | DataView
  | TypedArray
  | readonly Storable[]
  | ReadonlyMap<Storable, Storable>
  | ReadonlySet<Storable>
  | StorableObject
  | StorableTypes[keyof StorableTypes]

/** A plain object of storable values: the "JSON object" of the contract. Use a `type`, not an `interface`, for your own. */
export type StorableObject = { readonly [key: string]: Storable }

/** A plain object as it comes back from a store: yours to change. Payloads are not typed by the store. */
// biome-ignore lint/suspicious/noExplicitAny: what was saved is known to the caller alone, as with JSON.parse
export type StoredObject = { [key: string]: any }

function isPlainObject(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype = Object.getPrototypeOf(value)
  // A prototype without a prototype is some realm's Object.prototype (jest and vm contexts have one of their own).
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null
}

/** A payload that must be a plain object. Only the shape is checked here: the codec judges what is inside. */
export const storableObject = z.custom<StorableObject>(isPlainObject, 'expected a plain object')

/** A payload that may be any storable value. */
export const storable = z.custom<Storable>(() => true)
