export { type Codec, createCodec, type DefaultCodec } from './codec.js'
export type { CodecContext } from './context.js'
export { escapeText, unescapeText } from './escape-text.js'
export type { TypeRegistration } from './registry.js'
