import { UnstorableProperty } from '../members.js'
import type { PathSegment } from '../path.js'

/** The reserved key. An object that has it is a tag: `{"$flujo":"Map","value":["a",1]}`. */
export const TAG_KEY = '$flujo'

/** Stands for a user's object that has the reserved key itself: `{"$flujo":"object","value":{"$flujo":"theirs"}}`. */
export const OBJECT_TAG = 'object'

/** The one tag without a value: `{"$flujo":"undefined"}`. */
export const UNDEFINED_TAG = 'undefined'

/** What a tag begins with; its value and `}` follow. No name of a tag needs an escape. */
export function openTag(name: string): string {
  return `{"${TAG_KEY}":"${name}","value":`
}

/** How a tag becomes a value again. */
export interface TagReader {
  readonly name: string
  /**
   * The value again.
   * @throws anything if the payload is not exactly what was written
   */
  decode(payload: unknown): unknown
  /** How a path calls a part of the payload; null if it has no name of its own. Not needed where the keys say it. */
  locate?(key: string | number, payload: unknown): PathSegment | null
}

/** How objects of a built-in class are stored. To add a class, add one of these to the table. */
export interface Tag extends TagReader {
  /** The constructors whose direct instances it stores, by their global names. */
  readonly builtins: readonly string[]
  /**
   * What stands in the tag: anything that can be stored. Holds every piece of the value.
   * @throws anything if the value only looks like one of this type; `UnstorableProperty` if it holds something that would be lost
   */
  encode(value: object, builtin: string): unknown
}

/** @throws `UnstorableProperty` if an object has own properties beside these, which would be lost */
export function refuseExtraKeys(value: object, ...known: readonly PropertyKey[]): void {
  for (const key of Reflect.ownKeys(value))
    if (!known.includes(key)) throw new UnstorableProperty('a property of a built-in object', key)
}

/** Ends a `decode`: the text is not as `encode` writes it. */
export function malformed(expected: string): never {
  throw new Error(`expected ${expected}`)
}

export function isPlainObject(payload: unknown): payload is Record<string, unknown> {
  return typeof payload === 'object' && payload !== null && Object.getPrototypeOf(payload) === Object.prototype
}

/** A payload with exactly these keys. */
export function expectKeys<K extends string>(payload: unknown, ...keys: readonly K[]): Record<K, unknown> {
  if (!isPlainObject(payload) || Object.keys(payload).length !== keys.length)
    return malformed(`the keys ${keys.join(', ')}`)
  for (const key of keys) if (!Object.hasOwn(payload, key)) malformed(`the keys ${keys.join(', ')}`)
  return payload as Record<K, unknown>
}
