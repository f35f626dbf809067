/**
 * Reading never runs code of the value, builds classes that are not registered, or touches a prototype: `JSON.parse` defines own properties
 * only, and tags are built from a fixed table, each checked in full. Walks without recursion.
 */
import { messageOf, type StateBackendError } from '../errors.js'
import type { CodecContext } from './context.js'
import type { PathSegment } from './path.js'
import { unreadable } from './problems.js'
import { TYPE_PREFIX, type TypeRegistry } from './registry.js'
import { readerOf } from './tags/table.js'
import { OBJECT_TAG, TAG_KEY, type TagReader, UNDEFINED_TAG } from './tags/tag.js'

/**
 * The value of a text.
 * @throws `DESERIALIZATION`
 */
export function readText(text: string, registry: TypeRegistry, context: CodecContext | undefined): unknown {
  let tree: unknown
  try {
    if (typeof text !== 'string') throw new TypeError(`expected a text, not ${typeof text}`)
    tree = JSON.parse(text)
  } catch (cause) {
    throw unreadable(context, [], `the stored text is cut off or foreign (${messageOf(cause)})`, cause)
  }
  return mayHoldTags(text) ? new Reader(registry, context).read(tree) : tree
}

/** `JSON.stringify` escapes only control characters and surrogates; foreign JSON may escape the reserved key's letters too. */
function mayHoldTags(text: string): boolean {
  return text.includes(TAG_KEY) || text.includes('\\u00')
}

type Container = Record<string | number, unknown>

/** A container in the tree, and where it hangs. */
interface Place {
  readonly parent: Place | null
  readonly holder: Container
  readonly key: string | number
  readonly node: Container
  /** What makes the value out of the payload, if this is a tag. */
  tag: TagReader | null
}

const objectTag: TagReader = { name: OBJECT_TAG, decode: (payload) => payload }
const undefinedTag: TagReader = { name: UNDEFINED_TAG, decode: () => undefined }

class Reader {
  readonly #registry: TypeRegistry
  readonly #context: CodecContext | undefined
  /** Parents come before their children. */
  readonly #places: Place[] = []

  constructor(registry: TypeRegistry, context: CodecContext | undefined) {
    this.#registry = registry
    this.#context = context
  }

  read(tree: unknown): unknown {
    const root: Container = { value: tree }
    this.#find(null, root, 'value')
    for (let at = 0; at < this.#places.length; at++) this.#expand(this.#places[at] as Place)
    for (let at = this.#places.length - 1; at >= 0; at--) this.#build(this.#places[at] as Place)
    return root.value
  }

  /** Notes a container; everything else in the tree is what it is. */
  #find(parent: Place | null, holder: Container, key: string | number): void {
    const node = holder[key]
    if (typeof node === 'object' && node !== null)
      this.#places.push({ parent, holder, key, node: node as Container, tag: null })
  }

  #expand(place: Place): void {
    const { node } = place
    if (Array.isArray(node)) {
      for (let index = 0; index < node.length; index++) this.#find(place, node, index)
    } else if (Object.hasOwn(node, TAG_KEY) && place.parent?.tag !== objectTag) {
      place.tag = this.#tagOf(place)
      this.#find(place, node, 'value')
    } else {
      for (const key of Object.keys(node)) this.#find(place, node, key)
    }
  }

  #tagOf(place: Place): TagReader {
    const { node, parent } = place
    const name = node[TAG_KEY]
    const size = Object.keys(node).length
    if (name === UNDEFINED_TAG && size === 1) return undefinedTag
    if (typeof name !== 'string' || size !== 2 || !Object.hasOwn(node, 'value'))
      throw this.#failure(place, `an object with the key "${TAG_KEY}" that is no tag of this codec`)
    if (name === OBJECT_TAG) {
      if (!isEscapedObject(node.value)) throw this.#failure(place, 'a tag "object" around what needs none')
      return objectTag
    }
    // What a built-in tag holds is written as it is; only registered types are free in what they hold.
    if (parent?.tag && !parent.tag.name.startsWith(TYPE_PREFIX))
      throw this.#failure(place, `a tag ${JSON.stringify(name)} directly in a tag ${JSON.stringify(parent.tag.name)}`)
    return name.startsWith(TYPE_PREFIX)
      ? this.#typeOf(place, name.slice(TYPE_PREFIX.length))
      : this.#builtinOf(place, name)
  }

  #typeOf(place: Place, name: string): TagReader {
    const tag = this.#registry.reader(name)
    if (tag !== null) return tag
    const call = `codec.register(${JSON.stringify(name)}, { is, encode, decode })`
    throw this.#failure(place, `its type ${JSON.stringify(name)} is not registered; call ${call} before reading`)
  }

  #builtinOf(place: Place, name: string): TagReader {
    const tag = readerOf(name)
    if (tag !== undefined) return tag
    throw this.#failure(
      place,
      `the tag ${JSON.stringify(name)} is unknown; a newer version or another program wrote it`,
    )
  }

  /** Its children are built by now. */
  #build(place: Place): void {
    const { tag, holder, key, node } = place
    if (tag === null) return
    try {
      // The key is an own property that `JSON.parse` defined, so no setter and no prototype is touched, whatever its name.
      holder[key] = tag.decode(node.value)
    } catch (cause) {
      throw this.#failure(place, `the tag ${JSON.stringify(tag.name)}: ${messageOf(cause)}`, cause)
    }
  }

  #failure(place: Place, why: string, cause?: unknown): StateBackendError {
    const segments: PathSegment[] = []
    for (let here = place; here.parent !== null; here = here.parent) {
      if (here.parent.tag !== null) continue // a payload is the value itself
      const tag = here.parent.parent?.tag
      const segment = tag?.locate ? tag.locate(here.key, here.parent.node) : here.key
      if (segment !== null) segments.push(segment)
    }
    return unreadable(this.#context, segments.reverse(), why, cause)
  }
}

function isEscapedObject(payload: unknown): boolean {
  return typeof payload === 'object' && payload !== null && !Array.isArray(payload) && Object.hasOwn(payload, TAG_KEY)
}
