import { StateBackendError } from '../errors.js'
import type { CodecContext } from './context.js'
import { contextSegments, formatPath, type PathSegment } from './path.js'

/** The error for a value that cannot be stored: what it is, where it is, what to do. */
export function unstorable(
  context: CodecContext | undefined,
  segments: readonly PathSegment[],
  what: string,
  advice: string,
  cause?: unknown,
): StateBackendError {
  const path = pathOf(context, segments)
  return new StateBackendError(
    'SERIALIZATION',
    `cannot store ${what} at ${path}: ${advice}`,
    details(context, path, cause),
  )
}

/** The error for a text that is not as `encode` writes it. */
export function unreadable(
  context: CodecContext | undefined,
  segments: readonly PathSegment[],
  why: string,
  cause?: unknown,
): StateBackendError {
  const path = pathOf(context, segments)
  return new StateBackendError(
    'DESERIALIZATION',
    `cannot read the value at ${path}: ${why}`,
    details(context, path, cause),
  )
}

export function tooLarge(context: CodecContext | undefined, why: string, cause?: unknown): StateBackendError {
  const path = pathOf(context, [])
  return new StateBackendError(
    'PAYLOAD_TOO_LARGE',
    `cannot store the value at ${path}: ${why}`,
    details(context, path, cause),
  )
}

export function pathOf(context: CodecContext | undefined, segments: readonly PathSegment[]): string {
  return formatPath([...contextSegments(context), ...segments])
}

function details(context: CodecContext | undefined, path: string, cause: unknown) {
  return { path, runId: context?.runId, ...(cause === undefined ? {} : { cause }) }
}
