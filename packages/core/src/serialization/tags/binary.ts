/** Bytes. Views are stored as what they show, and come back with a buffer of their own. */
import { decodeBase64, encodeBase64 } from '../base64.js'
import { UnstorableProperty } from '../members.js'
import { malformed, refuseExtraKeys, type Tag } from './tag.js'

type TypedArray = ArrayBufferView & { readonly length: number }
type TypedArrayConstructor = new (buffer: ArrayBuffer) => object

const BYTES_PER_ELEMENT = {
  Int8Array: 1,
  Uint8Array: 1,
  Uint8ClampedArray: 1,
  Int16Array: 2,
  Uint16Array: 2,
  Float16Array: 2,
  Int32Array: 4,
  Uint32Array: 4,
  Float32Array: 4,
  Float64Array: 8,
  BigInt64Array: 8,
  BigUint64Array: 8,
}

/** Looking for own names beside the items takes 300 ns an item; beyond this many, only symbols are looked for. */
const MAX_SEARCHED_ITEMS = 1024

const typedArrayName = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  Symbol.toStringTag,
)?.get
const byteLengthOf = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, 'byteLength')?.get

const arrayBufferTag: Tag = {
  name: 'ArrayBuffer',
  builtins: ['ArrayBuffer'],
  encode(value) {
    refuseExtraKeys(value)
    return encodeBase64(new Uint8Array(fixedBuffer(value)))
  },
  decode: (payload) => decodeBase64(payload).buffer,
}

const dataViewTag: Tag = {
  name: 'DataView',
  builtins: ['DataView'],
  encode(value) {
    refuseExtraKeys(value)
    return encodeBase64(bytesOf(value as DataView))
  },
  decode: (payload) => new DataView(decodeBase64(payload).buffer),
}

const bufferTag: Tag = {
  name: 'Buffer',
  builtins: ['Buffer'],
  encode: (value) => encodeTypedArray(value, 'Uint8Array'),
  decode(payload) {
    if (typeof Buffer !== 'function') return malformed('to be read where there is a global Buffer')
    return Buffer.from(decodeBase64(payload).buffer)
  },
}

export const binaryTags: readonly Tag[] = [
  arrayBufferTag,
  dataViewTag,
  bufferTag,
  ...Object.entries(BYTES_PER_ELEMENT).map(([name, size]) => typedArrayTag(name, size)),
]

function typedArrayTag(name: string, bytesPerElement: number): Tag {
  return {
    name,
    builtins: [name],
    encode: (value) => encodeTypedArray(value, name),
    decode(payload) {
      const { buffer } = decodeBase64(payload)
      const maker: unknown = Reflect.get(globalThis, name)
      if (typeof maker !== 'function') return malformed(`to be read where there is ${name}`)
      if (buffer.byteLength % bytesPerElement !== 0) return malformed(`a multiple of ${bytesPerElement} bytes`)
      return new (maker as TypedArrayConstructor)(buffer)
    },
  }
}

function encodeTypedArray(value: object, name: string): string {
  if (typedArrayName?.call(value) !== name) return malformed(`a real ${name}`)
  const array = value as TypedArray
  const keys =
    array.length > MAX_SEARCHED_ITEMS ? Object.getOwnPropertySymbols(array) : Reflect.ownKeys(array).slice(array.length)
  for (const key of keys) throw new UnstorableProperty('a property of a built-in object', key)
  return encodeBase64(bytesOf(array))
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(fixedBuffer(view.buffer), view.byteOffset, view.byteLength)
}

/** @throws if it is shared with other threads, or can be resized: both would be lost */
function fixedBuffer(buffer: object): ArrayBuffer {
  byteLengthOf?.call(buffer) // throws for a SharedArrayBuffer
  if ((buffer as { resizable?: boolean }).resizable === true) return malformed('a buffer of a fixed length')
  return buffer as ArrayBuffer
}
