import { foreignBuiltinName } from '../realm.js'
import { binaryTags } from './binary.js'
import { arrayTag, mapTag, nullPrototypeTag, setTag } from './collections.js'
import { errorTag } from './error.js'
import { dateTag, regExpTag, urlTag } from './objects.js'
import { bigintTag, numberTag } from './primitives.js'
import type { Tag, TagReader } from './tag.js'

/** The built-in classes. A new one is one more entry. */
const CLASSES: readonly Tag[] = [dateTag, mapTag, setTag, regExpTag, urlTag, errorTag, ...binaryTags]

const READERS: ReadonlyMap<string, TagReader> = new Map(
  [...CLASSES, numberTag, bigintTag, nullPrototypeTag, arrayTag].map((tag) => [tag.name, tag]),
)

interface BuiltinClass {
  readonly tag: Tag
  /** The global name of its constructor. */
  readonly name: string
}

const BY_NAME = new Map<string, BuiltinClass>()
const BY_PROTOTYPE = new Map<unknown, BuiltinClass>()
for (const tag of CLASSES) {
  for (const name of tag.builtins) {
    const maker: unknown = Reflect.get(globalThis, name)
    if (typeof maker !== 'function') continue // not in this runtime
    BY_NAME.set(name, { tag, name })
    BY_PROTOTYPE.set(maker.prototype, { tag, name })
  }
}

/** The built-in class whose direct instances have this prototype, in this realm or another. */
export function builtinClass(prototype: object): BuiltinClass | undefined {
  return BY_PROTOTYPE.get(prototype) ?? BY_NAME.get(foreignBuiltinName(prototype) ?? '')
}

export function readerOf(tagName: string): TagReader | undefined {
  return READERS.get(tagName)
}
