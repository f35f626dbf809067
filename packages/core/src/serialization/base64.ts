/** Bytes as base64. `Buffer` where there is one (Node, Bun, Deno), else what browsers have. */

export function encodeBase64(bytes: Uint8Array): string {
  if (typeof Buffer === 'function') return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64')
  let binary = ''
  for (let at = 0; at < bytes.length; at += 0x2000) binary += String.fromCharCode(...bytes.subarray(at, at + 0x2000))
  return btoa(binary)
}

/**
 * The bytes, in a buffer of their own.
 * @throws anything if the text is not exactly what `encodeBase64` gives
 */
export function decodeBase64(text: unknown): Uint8Array<ArrayBuffer> {
  if (typeof text !== 'string') throw new Error('expected base64')
  const bytes =
    typeof Buffer === 'function'
      ? new Uint8Array(Buffer.from(text, 'base64'))
      : Uint8Array.from(atob(text), (char) => char.charCodeAt(0))
  if (encodeBase64(bytes) !== text) throw new Error('expected canonical base64')
  return bytes
}
