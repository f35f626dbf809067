import { messageOf, StateBackendError } from '../errors.js'
import type { TagReader } from './tags/tag.js'

/** How the instances of a class are stored. */
export interface TypeRegistration<T, E> {
  /** Whether a value is of this type. Never asked about primitives, functions, plain objects and arrays. */
  is(value: unknown): value is T
  /** What is stored: any value that the codec can store, other registered types included. */
  encode(value: T): E
  /** Makes the value again; what it throws becomes the cause of a `DESERIALIZATION` error. */
  decode(encoded: E): T
}

type AnyRegistration = TypeRegistration<unknown, unknown>

const NAME = /^[\w.:-]{1,64}$/

/** Before the name of a registered type, in its tag. */
export const TYPE_PREFIX = 'type:'

/** The registered types of one codec, asked in the order of registration. */
export class TypeRegistry {
  readonly #types = new Map<string, AnyRegistration>()

  /** @throws `VALIDATION` if the name is malformed or taken, or a function is missing */
  add<T, E>(name: string, registration: TypeRegistration<T, E>): void {
    if (typeof name !== 'string' || !NAME.test(name))
      throw refusal('$.name', 'a name has 1 to 64 letters, digits or . _ : -')
    if (this.#types.has(name)) throw refusal('$.name', `the name ${JSON.stringify(name)} is taken`)
    for (const key of ['is', 'encode', 'decode'] as const)
      if (typeof registration?.[key] !== 'function') throw refusal(`$.registration.${key}`, 'expected a function')
    this.#types.set(name, registration as unknown as AnyRegistration)
  }

  /**
   * The tag and its payload, of the first type that takes the value; null if none does.
   * @throws `Error` if a registered function throws
   */
  encode(value: object): { readonly tag: TagReader; readonly payload: unknown } | null {
    for (const [name, registration] of this.#types) {
      try {
        if (registration.is(value)) return { tag: typeTag(name, registration), payload: registration.encode(value) }
      } catch (cause) {
        throw new Error(`the registered type ${JSON.stringify(name)} threw: ${messageOf(cause)}`, { cause })
      }
    }
    return null
  }

  /** What reads a registered type. */
  reader(name: string): TagReader | null {
    const registration = this.#types.get(name)
    return registration === undefined ? null : typeTag(name, registration)
  }
}

function typeTag(name: string, registration: AnyRegistration): TagReader {
  return { name: TYPE_PREFIX + name, decode: (payload) => registration.decode(payload) }
}

function refusal(path: string, message: string): StateBackendError {
  return new StateBackendError('VALIDATION', `codec.register: ${message}`, { path })
}
