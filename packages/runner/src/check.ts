import { identifierProblem, isStateBackendError, StateBackendError } from '@flujo-state/core'

/** @throws `VALIDATION` at `path` */
export function refuse(path: string, message: string): never {
  throw new StateBackendError('VALIDATION', `${path}: ${message}`, { path })
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** An object that has no fields but these: a misspelt option must not be taken for an absent one. */
export function checkFields(value: unknown, path: string, known: readonly string[]): Record<string, unknown> {
  if (!isObject(value)) return refuse(path, `expected an object with ${known.join(', ')}`)
  const unknown = Object.keys(value).find((key) => !known.includes(key))
  if (unknown !== undefined) refuse(`${path}.${unknown}`, `is not known here; known are ${known.join(', ')}`)
  return value
}

/** A name or id that every backend takes. */
export function checkName(value: unknown, path: string): void {
  if (typeof value !== 'string') refuse(path, 'expected a string')
  const problem = identifierProblem(value)
  if (problem !== null) refuse(path, problem)
}

/** A finite number of at least 0. */
export function checkAmount(value: unknown, path: string): void {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0)
    refuse(path, 'expected a finite number of at least 0')
}

export function checkFunction(value: unknown, path: string): void {
  if (typeof value !== 'function') refuse(path, 'expected a function')
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  try {
    return thrown instanceof Error ? thrown.message : String(thrown)
  } catch {
    return 'a value that cannot be shown was thrown'
  }
}

/** The error with its path in the words of our own caller: `names` gives, for the beginnings of paths, theirs. */
export function renamePath(error: unknown, names: Readonly<Record<string, string>>): unknown {
  if (!isStateBackendError(error) || error.path === undefined) return error
  for (const [stored, own] of Object.entries(names)) {
    if (!error.path.startsWith(stored)) continue
    const path = own + error.path.slice(stored.length)
    const message = error.message.replaceAll(error.path, path)
    return new StateBackendError(error.code, message, { runId: error.runId, path, cause: error })
  }
  return error
}
