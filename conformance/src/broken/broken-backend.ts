import type { Codec, StateBackend } from '@flujo-state/core'
import type { Harness, HarnessEnv } from '../harness.js'
import { type MakeStore, referenceHarness } from '../reference.js'
import type { ReferenceStore, Tables } from '../reference-store.js'

/** A backend that is wrong in exactly one way: what the suite must find. */
export interface BrokenBackend {
  /** What is wrong, in a few words. */
  readonly name: string
  /** The one thing that is wrong, as a sentence. */
  readonly wrong: string
  /** Rules, or single cases of them, of which each must fail, for what it asserts and not for an accident. */
  readonly breaks: readonly string[]
  /** Rules and areas that may fail too, because they cannot help but see it. From `collateral.ts`. */
  readonly mayAlsoBreak?: readonly string[] | undefined
  readonly harness: Harness
}

type Describe = (name: string, wrong: string, breaks: readonly string[]) => Omit<BrokenBackend, 'harness'>
const describe: Describe = (name, wrong, breaks) => ({ name, wrong, breaks })

/** A broken store under the real core. */
export function brokenStore(
  name: string,
  wrong: string,
  breaks: readonly string[],
  Store: new (tables: Tables) => ReferenceStore,
): BrokenBackend {
  const makeStore: MakeStore = (tables) => new Store(tables)
  return { ...describe(name, wrong, breaks), harness: referenceHarness(name, makeStore) }
}

/** A codec that is wrong, under everything else that is right. */
export function brokenCodec(name: string, wrong: string, breaks: readonly string[], codec: Codec): BrokenBackend {
  return { ...describe(name, wrong, breaks), harness: referenceHarness(name, undefined, { codec }) }
}

/** What a wrapper has for one instance: itself unbroken, its surroundings, and what the instances of one storage share. */
export interface Wrapped {
  readonly backend: StateBackend
  readonly env: HarnessEnv
  /** One map per storage, for what the broken backend remembers. */
  readonly memory: Map<string, unknown>
}

/** A wrapper around a backend that is right: the methods given replace its own. */
export function brokenBackend(
  name: string,
  wrong: string,
  breaks: readonly string[],
  methods: (wrapped: Wrapped) => Partial<StateBackend>,
): BrokenBackend {
  const reference = referenceHarness(name)
  const memories = new Map<string, Map<string, unknown>>()
  const wrap = async (env: HarnessEnv) => {
    const backend = await reference.create(env)
    const memory = memories.get(env.storageKey) ?? new Map<string, unknown>()
    memories.set(env.storageKey, memory)
    return replacing(backend, methods({ backend, env, memory }))
  }
  return { ...describe(name, wrong, breaks), harness: { ...reference, create: wrap, reopen: wrap, second: wrap } }
}

/** A backend with some methods of its own. */
export function replacing(backend: StateBackend, methods: Partial<StateBackend>): StateBackend {
  return new Proxy(backend, {
    get(target, key) {
      if (Object.hasOwn(methods, key)) return Reflect.get(methods, key)
      const member: unknown = Reflect.get(target, key, target)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
}
