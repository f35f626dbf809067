import { messageOf, StateBackendError } from '../errors.js'

const MARKER = '$flujo-text:'

/**
 * A text that any database keeps. Some refuse NUL in text columns, some turn lone surrogates into U+FFFD: a string with either, or
 * one that begins with the marker itself, becomes the marker and the string as JSON. All others stay as they are.
 */
export function escapeText(text: string): string {
  return needsEscape(text) ? MARKER + JSON.stringify(text) : text
}

/**
 * The string that was given to `escapeText`.
 * @throws `DESERIALIZATION` if the text begins with the marker but is nothing that `escapeText` gives
 */
export function unescapeText(text: string): string {
  if (!text.startsWith(MARKER)) return text
  let original: unknown
  try {
    original = JSON.parse(text.slice(MARKER.length))
  } catch (cause) {
    throw new StateBackendError('DESERIALIZATION', `an escaped text cannot be read: ${messageOf(cause)}`, { cause })
  }
  if (typeof original !== 'string' || escapeText(original) !== text)
    throw new StateBackendError('DESERIALIZATION', 'an escaped text is not as it was written')
  return original
}

function needsEscape(text: string): boolean {
  return !text.isWellFormed() || text.includes('\0') || text.startsWith(MARKER)
}
