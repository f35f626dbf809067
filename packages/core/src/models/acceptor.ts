/**
 * What good input looks like, compiled once from the zod schemas: zod takes several microseconds for a record of twenty fields, and every write
 * has one. An acceptor gives what its schema would give, or `UNSURE` for all that is wrong or unusual: then zod judges, so that
 * every message is zod's. It reads each property once.
 */
import type { z } from 'zod'

export const UNSURE = Symbol('for zod to judge')

/** Gives the output of its schema, or `UNSURE`. May throw what a getter or proxy of the caller's throws. */
export type Acceptor = (input: unknown) => unknown

type Schema = z.core.$ZodType
type Def = z.core.$ZodTypes['_zod']['def']
type DefOf<T extends Def['type']> = Extract<Def, { type: T }>

const known = new WeakMap<Schema, Acceptor | null>()

/** The schema, with an acceptor written by hand: for what cannot be seen from outside, such as refinements and transforms. */
export function accepting<S extends Schema>(schema: S, accept: Acceptor): S {
  known.set(schema, accept)
  return schema
}

/** Null if the schema has a part that has no acceptor. */
export function acceptorOf(schema: Schema): Acceptor | null {
  const acceptor = known.get(schema)
  if (acceptor !== undefined) return acceptor
  const compiled = compile((schema as z.core.$ZodTypes)._zod.def)
  known.set(schema, compiled)
  return compiled
}

function compile(def: Def): Acceptor | null {
  if (def.type === 'object') return ofObject(def)
  // What else is asked of a value is only known to zod.
  if (def.checks !== undefined && def.checks.length > 0) return null
  switch (def.type) {
    case 'string':
    case 'boolean': {
      const { type } = def
      return (input) => (typeof input === type ? input : UNSURE)
    }
    case 'unknown':
      return (input) => input
    case 'enum': {
      const values = new Set<unknown>(Object.values(def.entries))
      return (input) => (values.has(input) ? input : UNSURE)
    }
    case 'custom': {
      const { fn } = def
      return (input) => (fn(input) === true ? input : UNSURE)
    }
    case 'optional':
      return orElse(undefined, def.innerType)
    case 'nullable':
      return orElse(null, def.innerType)
    case 'array':
      return ofArray(def)
    default:
      return null
  }
}

function orElse(absent: null | undefined, innerType: Schema): Acceptor | null {
  const inner = acceptorOf(innerType)
  return inner && ((input) => (input === absent ? input : inner(input)))
}

function ofArray({ element }: DefOf<'array'>): Acceptor | null {
  const accept = acceptorOf(element)
  if (accept === null) return null
  return (input) => {
    if (!Array.isArray(input)) return UNSURE
    const { length } = input
    const output: unknown[] = []
    for (let index = 0; index < length; index++) {
      const value = accept(input[index])
      if (value === UNSURE) return UNSURE
      output.push(value)
    }
    return output
  }
}

/** Only of strict objects: what others do with unknown keys is not asked for anywhere. */
function ofObject({ shape, catchall, checks = [] }: DefOf<'object'>): Acceptor | null {
  const fields = new Map<string, Acceptor>()
  for (const key of Object.keys(shape)) {
    const accept = acceptorOf(shape[key] as Schema)
    if (accept === null) return null
    fields.set(key, accept)
  }
  const refinements = refinementsOf(checks)
  if (catchall?._zod.def.type !== 'never' || refinements === null) return null
  const required = [...fields].filter(([, accept]) => accept(undefined) === UNSURE).map(([key]) => key)
  return (input) => {
    const output = acceptFields(input, fields)
    if (output === null) return UNSURE
    for (const key of required) if (output[key] === undefined) return UNSURE
    for (const refine of refinements) if (refine(output) !== true) return UNSURE
    return output
  }
}

/** The given fields, if the input is a plain object with these fields only. In the caller's order: that is how it is read fastest. */
function acceptFields(input: unknown, fields: ReadonlyMap<string, Acceptor>): Record<string, unknown> | null {
  if (typeof input !== 'object' || input === null || Object.getPrototypeOf(input) !== Object.prototype) return null
  const output: Record<string, unknown> = {}
  let count = 0
  for (const key in input) {
    const accept = fields.get(key)
    if (accept === undefined) return null
    const value = accept((input as Record<string, unknown>)[key])
    if (value === UNSURE) return null
    output[key] = value
    count++
  }
  // zod reads properties that do not enumerate, too.
  return Object.getOwnPropertyNames(input).length === count ? output : null
}

type Refinement = (output: unknown) => unknown

/** Null if there is a check that is no `refine`. */
function refinementsOf(checks: readonly z.core.$ZodCheck<never>[]): Refinement[] | null {
  const refinements: Refinement[] = []
  for (const check of checks) {
    const { fn } = check._zod.def as { fn?: Refinement }
    if (fn === undefined) return null
    refinements.push(fn)
  }
  return refinements
}
