import type { z } from 'zod'
import { isStateBackendError, messageOf, StateBackendError } from '../errors.js'
import { acceptorOf, UNSURE } from '../models/acceptor.js'
import { identifier } from '../models/common.js'
import { formatPath } from '../serialization/path.js'

/** Where an input stands in what the caller gave; a function, because it is only asked for when something is wrong. */
type Path = () => readonly PropertyKey[]

/**
 * The input as the schema gives it: good input is read once, and not by zod.
 * @throws `VALIDATION` with the path of the first wrong field below `at`
 */
export function check<S extends z.ZodType>(schema: S, input: unknown, at: Path = () => []): z.output<S> {
  const output = accepted(schema, input)
  return output === UNSURE ? judged(schema, input, at) : (output as z.output<S>)
}

function accepted(schema: z.ZodType, input: unknown): unknown {
  const accept = acceptorOf(schema)
  try {
    return accept === null ? UNSURE : accept(input)
  } catch {
    return UNSURE // a getter or proxy that throws: zod meets it, too
  }
}

function judged<S extends z.ZodType>(schema: S, input: unknown, at: Path): z.output<S> {
  const { data, error } = reading(at, () => {
    const result = schema.safeParse(input)
    // zod makes the error, which looks at the input again, when it is asked for.
    return result.success ? { data: result.data, error: null } : { data: undefined, error: result.error }
  })
  if (error) throw asValidation(error, at())
  return data as z.output<S>
}

/**
 * What `read` gives, which reads the caller's input.
 * @throws `VALIDATION` at `at` if a getter or proxy of the caller's throws
 */
export function reading<T>(at: Path, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    if (isStateBackendError(cause)) throw cause
    const path = formatPath(at())
    throw new StateBackendError('VALIDATION', `${path} cannot be read: ${messageOf(cause)}`, { path, cause })
  }
}

/** A run id (or key) that is an argument of its own. */
export function checkId(input: unknown, name: string): string {
  return check(identifier, input, () => [name])
}

function asValidation(error: z.ZodError, at: readonly PropertyKey[]): StateBackendError {
  const issue = error.issues[0]
  if (issue === undefined)
    return new StateBackendError('VALIDATION', 'the input is not valid', { path: formatPath(at) })
  const unknownKey = issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : []
  const path = formatPath([...at, ...issue.path, ...unknownKey])
  const what = unknownKey.length > 0 ? 'is not a known field' : describe(issue.message)
  return new StateBackendError('VALIDATION', `${path}: ${what}`, { path })
}

function describe(message: string): string {
  const text = message.replace(/^Invalid input: /, '')
  return text.endsWith('received undefined') ? `is missing (${text.replace(/, received undefined$/, '')})` : text
}

/** @throws `VALIDATION` at `path` */
export function refuse(path: string, message: string): never {
  throw new StateBackendError('VALIDATION', `${path}: ${message}`, { path })
}
