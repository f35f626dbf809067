import type { CodecContext } from './context.js'

/** A step of a path: a key, or a text of its own for what no key leads to (an entry of a Map). */
export type PathSegment = PropertyKey | { readonly text: string }

const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u

/** `['a', 0, 'b c']` as `$.a[0]["b c"]`. */
export function formatPath(segments: readonly PathSegment[]): string {
  let path = '$'
  for (const segment of segments) path += formatSegment(segment)
  return path
}

function formatSegment(segment: PathSegment): string {
  switch (typeof segment) {
    case 'object':
      return segment.text
    case 'number':
      return `[${segment}]`
    case 'symbol':
      return `[${String(segment)}]`
    case 'string':
      return IDENTIFIER.test(segment) ? `.${segment}` : `[${JSON.stringify(segment)}]`
  }
}

/** The path of the value that a codec was given: `$.stepHistory[3]`, or `$` without a context. */
export function contextSegments(context: CodecContext | undefined): PathSegment[] {
  if (context === undefined) return []
  return context.index === undefined ? [context.field] : [context.field, context.index]
}
