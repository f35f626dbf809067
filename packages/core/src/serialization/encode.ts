/**
 * The complete way: every property is read once, what JSON lacks becomes tags, and what cannot be stored is named with its path. Walks
 * with a stack of its own, so that depth costs no recursion. Parts that are plain JSON take the fast way.
 */
import { isStateBackendError, messageOf, type StateBackendError } from '../errors.js'
import type { CodecContext } from './context.js'
import { adviceFor, describe } from './describe.js'
import { fromMembers, type Members, readItems, readMembers, UnstorableProperty } from './members.js'
import type { PathSegment } from './path.js'
import { MAX_CONTAINERS, plainText } from './plain.js'
import { pathOf, tooLarge, unstorable } from './problems.js'
import { isArrayPrototype, isPlainPrototype } from './realm.js'
import type { TypeRegistry } from './registry.js'
import { arrayPayload, arrayTag, nullPrototypeTag } from './tags/collections.js'
import { primitiveText } from './tags/primitives.js'
import { builtinClass } from './tags/table.js'
import { OBJECT_TAG, openTag, TAG_KEY, type TagReader } from './tags/tag.js'
import { TextBuilder } from './text-builder.js'

/** Of tags and containers within each other. What can be written can be read: reading has no recursion either. */
const MAX_DEPTH = 10_000

/**
 * The text of a value.
 * @throws `SERIALIZATION`, `PAYLOAD_TOO_LARGE`
 */
export function writeText(value: unknown, registry: TypeRegistry, context: CodecContext | undefined): string {
  return new Writer(registry, context).write(value)
}

/** A container that is being written, its child `next - 1` at this moment. */
interface Frame {
  readonly parent: Frame | null
  readonly depth: number
  /** The object it was read from, to find cycles. */
  readonly source: object
  /** Null for arrays, and for a tag, whose one child is its payload. */
  readonly keys: readonly string[] | null
  readonly values: readonly unknown[]
  readonly close: string
  /** Only of a tag. */
  readonly tag: TagReader | null
  next: number
}

class Writer {
  readonly #registry: TypeRegistry
  readonly #context: CodecContext | undefined
  readonly #open = new Set<object>()
  /** Known not to be plain: to try the parts of a deep value from each level anew would cost its depth times over. */
  readonly #notPlain = new Set<object>()
  #top: Frame | null = null
  #containers = 0
  readonly #text = new TextBuilder()

  constructor(registry: TypeRegistry, context: CodecContext | undefined) {
    this.#registry = registry
    this.#context = context
  }

  write(value: unknown): string {
    try {
      // Whoever calls has tried the fast way for the whole of it.
      this.#writeValue(value, false)
      while (this.#top !== null) this.#proceed(this.#top)
      return this.#text.toString()
    } catch (error) {
      if (isStateBackendError(error)) throw error
      if (error instanceof RangeError && error.message.includes('string length'))
        throw tooLarge(this.#context, 'its text is longer than a string can be', error)
      throw this.#refusal('a value', messageOf(error), error)
    }
  }

  #proceed(frame: Frame): void {
    const at = frame.next++
    if (at === frame.values.length) {
      this.#text.add(frame.close)
      this.#open.delete(frame.source)
      this.#top = frame.parent
      return
    }
    if (at > 0) this.#text.add(',')
    if (frame.keys !== null) this.#text.add(`${JSON.stringify(frame.keys[at])}:`)
    this.#writeValue(frame.values[at], true)
  }

  #writeValue(value: unknown, tryPlain: boolean): void {
    const text = primitiveText(value) ?? (tryPlain ? this.#plainText(value) : null)
    if (text !== null) this.#text.add(text)
    else if (typeof value === 'object' && value !== null) this.#writeObject(value)
    else throw this.#refusal(describe(value), adviceFor(value))
  }

  #plainText(value: unknown): string | null {
    return this.#notPlain.has(value as object) ? null : plainText(value, this.#context, this.#notPlain)
  }

  #writeObject(object: object): void {
    if (this.#open.has(object)) throw this.#cycle(object)
    try {
      const prototype: object | null = Reflect.getPrototypeOf(object)
      if (Array.isArray(object) && isArrayPrototype(prototype)) this.#writeArray(object)
      else if (prototype === null) this.#writeTag(nullPrototypeTag, fromMembers(readMembers(object)), object)
      else if (isPlainPrototype(prototype)) this.#writePlainObject(object, readMembers(object))
      else this.#writeInstance(object, prototype)
    } catch (error) {
      if (isStateBackendError(error)) throw error
      if (error instanceof UnstorableProperty) throw this.#refuseProperty(error)
      throw this.#refusal(describe(object), `it cannot be read: ${messageOf(error)}`, error)
    }
  }

  #writeArray(array: readonly unknown[]): void {
    const values = readItems(array)
    if (values !== null) {
      this.#push('[', ']', array, null, values, null)
      return
    }
    this.#writeTag(arrayTag, arrayPayload(array.length, readMembers(array, 'length')), array)
  }

  #writePlainObject(source: object, { keys, values }: Members): void {
    const isEscaped = keys.includes(TAG_KEY) // else it would be read as a tag
    const open = isEscaped ? `${openTag(OBJECT_TAG)}{` : '{'
    this.#push(open, isEscaped ? '}}' : '}', source, keys, values, null)
  }

  #writeInstance(object: object, prototype: object): void {
    const registered = this.#registry.encode(object)
    if (registered !== null) {
      this.#writeTag(registered.tag, registered.payload, object)
      return
    }
    const builtin = builtinClass(prototype)
    if (builtin === undefined) throw this.#refusal(describe(object), adviceFor(object))
    this.#writeTag(builtin.tag, builtin.tag.encode(object, builtin.name), object)
  }

  #writeTag(tag: TagReader, payload: unknown, source: object): void {
    const text = primitiveText(payload)
    if (text !== null) this.#text.add(`${openTag(tag.name)}${text}}`)
    else this.#push(openTag(tag.name), '}', source, null, [payload], tag)
  }

  #push(
    open: string,
    close: string,
    source: object,
    keys: readonly string[] | null,
    values: readonly unknown[],
    tag: TagReader | null,
  ): void {
    const parent = this.#top
    const depth = parent === null ? 1 : parent.depth + 1
    if (depth > MAX_DEPTH) throw this.#tooDeep()
    if (++this.#containers > MAX_CONTAINERS)
      throw tooLarge(this.#context, `it holds more than ${MAX_CONTAINERS} arrays and objects`)
    this.#text.add(open)
    this.#open.add(source)
    this.#top = { parent, depth, source, keys, values, close, tag, next: 0 }
  }

  #segments(frame: Frame | null): PathSegment[] {
    const segments: PathSegment[] = []
    for (let here = frame; here !== null; here = here.parent) {
      if (here.tag !== null) continue // its payload is the value itself
      const at = here.next - 1
      const key = here.keys?.[at] ?? at
      const segment = here.parent?.tag?.locate ? here.parent.tag.locate(key, here.source) : key
      if (segment !== null) segments.push(segment)
    }
    return segments.reverse()
  }

  #refusal(what: string, advice: string, cause?: unknown): StateBackendError {
    return unstorable(this.#context, this.#segments(this.#top), what, advice, cause)
  }

  #refuseProperty({ message, segment, cause }: UnstorableProperty): StateBackendError {
    const advice =
      cause === undefined ? 'it would be lost; leave it out, or store it under another key' : messageOf(cause)
    return unstorable(this.#context, [...this.#segments(this.#top), segment], message, advice, cause)
  }

  #cycle(object: object): StateBackendError {
    let frame = this.#top
    while (frame !== null && frame.source !== object) frame = frame.parent
    const back = pathOf(this.#context, this.#segments(frame?.parent ?? null))
    return this.#refusal(`a cycle back to ${back}`, 'store an id instead of the object itself')
  }

  #tooDeep(): StateBackendError {
    const segments = [...this.#segments(this.#top).slice(0, 20), { text: '…' }]
    return unstorable(this.#context, segments, 'a value', `it is nested more than ${MAX_DEPTH} levels deep`)
  }
}
