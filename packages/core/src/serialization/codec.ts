import type { CodecContext } from './context.js'
import { readText } from './decode.js'
import { writeText } from './encode.js'
import { plainText } from './plain.js'
import { type TypeRegistration, TypeRegistry } from './registry.js'

/**
 * Turns payloads into the texts that stores keep. Give your own as the option `codec`, most simply one that wraps
 * `createCodec()`: to encrypt, to compress. It may be asynchronous.
 */
export interface Codec {
  /** Whether its texts are JSON, so that a store may embed them readably. */
  readonly json: boolean
  encode(value: unknown, context?: CodecContext): string | Promise<string>
  decode(text: string, context?: CodecContext): unknown | Promise<unknown>
}

/** The codec that is used when no other is given. */
export interface DefaultCodec extends Codec {
  readonly json: true
  /**
   * The value as it is during this call, as JSON. Plain JSON becomes exactly what `JSON.stringify` gives; anything else stands in it as a
   * tag, such as `{"$flujo":"Date","value":"2026-01-01T00:00:00.000Z"}`.
   * @throws `SERIALIZATION` naming what cannot be stored and its path; `PAYLOAD_TOO_LARGE` if no string can hold the text
   */
  encode(value: unknown, context?: CodecContext): string
  /**
   * The value that `encode` was given, new at every call.
   * @throws `DESERIALIZATION` for anything that `encode` did not write, or that holds a type not registered here; never half a value
   */
  decode(text: string, context?: CodecContext): unknown
  /**
   * Stores instances of a class, also of a subclass of a built-in one. Keep the name: it is stored.
   * @throws `VALIDATION` if the name is malformed or taken
   */
  register<T, E>(name: string, registration: TypeRegistration<T, E>): this
}

const defaultCodecs = new WeakSet<Codec>()

/** Whether the codec was made by `createCodec`, and is not one that wraps such a codec: then it is known what its texts look like. */
export function isDefaultCodec(codec: Codec): boolean {
  return defaultCodecs.has(codec)
}

/** A codec of its own, without registered types. To change what it does, wrap it: it is frozen. */
export function createCodec(): DefaultCodec {
  const registry = new TypeRegistry()
  const codec: DefaultCodec = {
    json: true,
    encode: (value, context) => plainText(value, context) ?? writeText(value, registry, context),
    decode: (text, context) => readText(text, registry, context),
    register(name, registration) {
      registry.add(name, registration)
      return this
    },
  }
  defaultCodecs.add(codec)
  return Object.freeze(codec)
}
